"""No run of so many tokens twice in one answer: a logits processor that runs within vLLM's own process.

vLLM imports this file by its name from a folder on its path, under a Python that has none of our packages. A request
turns it on with `vllm_xargs: {"no_repeat_ngram": 16}`. After a run of the prompt every token stays free, as in our own
engine (`training.engine.model.generate.NGramHistory`), so that a long name can be written twice.
"""

from __future__ import annotations

from torch import Tensor
from vllm import SamplingParams
from vllm.v1.sample.logits_processor import AdapterLogitsProcessor

LENGTH = "no_repeat_ngram"


class NoRepeat(AdapterLogitsProcessor):
    """Hands each request that asks for it a history of its own."""

    @classmethod
    def validate_params(cls, params: SamplingParams) -> None:
        length = (params.extra_args or {}).get(LENGTH, 2)
        if not isinstance(length, int) or length < 2:
            raise ValueError(f"{LENGTH} must be a whole number of at least 2")

    def is_argmax_invariant(self) -> bool:
        return False

    def new_req_logits_processor(self, params: SamplingParams) -> _History | None:
        length = (params.extra_args or {}).get(LENGTH)
        return None if length is None else _History(length)


class _History:
    """Runs of `length` tokens in one answer; constant work a token."""

    def __init__(self, length: int) -> None:
        self._before = length - 1
        self._free: set[tuple[int, ...]] | None = None
        self._followers: dict[tuple[int, ...], set[int]] = {}
        self._read = 0

    def __call__(self, prompt: list[int], written: list[int], scores: Tensor) -> Tensor:
        """Put tokens out of reach, in place, that would end a run again. `scores` are of the next token, (V,)."""
        if self._free is None:
            self._free = set(zip(*(prompt[start:] for start in range(self._before)), strict=False))
        for at in range(max(self._read, self._before), len(written)):
            run = tuple(written[at - self._before : at])
            if run not in self._free:
                self._followers.setdefault(run, set()).add(written[at])
        self._read = len(written)
        forbidden = self._followers.get(tuple(written[-self._before :])) if len(written) >= self._before else None
        if forbidden:
            scores[list(forbidden)] = -float("inf")
        return scores
