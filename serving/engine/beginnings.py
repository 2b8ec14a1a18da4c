"""Keys and values of what the last two prompts through an adapter begin with alike, kept for the next one.

Requests to a miniature begin with its task's text, so that most of a prompt need not be read again. Knows no model.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from itertools import takewhile
from typing import Final, NamedTuple

from torch import Tensor

from serving.engine.row import Row

# Of one network; those that were used longest ago leave first.
KEPT_BYTES: Final = 64 << 20
# Fewer tokens are read as fast as they are copied; so many adapters are remembered.
_LEAST_TOKENS, _MOST_ADAPTERS = 16, 256


class Beginning(NamedTuple):
    """The last prompt, and states of the tokens that it shares with the one before, (layers, 2, Hkv, T, D)."""

    prompt: list[int]
    states: Tensor


class Beginnings:
    """Beginnings of prompts, by the adapter's slot and the fingerprint of its weights."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[int, str], Beginning] = OrderedDict()

    def of(self, row: Row) -> Tensor | None:
        """Return the states that a row's prompt begins with, less its last token; None where none are kept."""
        kept = self._kept.get((row.slot, row.fingerprint))
        return kept and kept.states[..., : alike(row.prompt[:-1], kept.prompt), :]

    def add(self, row: Row, states: Tensor) -> None:
        """Keep what this prompt and the last begin with alike.

        Args:
            states: Of the whole prompt, (layers, 2, Hkv, T, D).
        """
        key = (row.slot, row.fingerprint)
        last = self._kept.pop(key, None)
        shared = min(alike(row.prompt, last.prompt), KEPT_BYTES * states.shape[-2] // states.nbytes) if last else 0
        shared = shared if shared >= _LEAST_TOKENS else 0
        states = last.states if last and last.states.shape[-2] == shared else states[..., :shared, :].clone()
        self._kept[key] = Beginning(row.prompt, states)
        while sum(each.states.nbytes for each in self._kept.values()) > KEPT_BYTES or len(self._kept) > _MOST_ADAPTERS:
            self._kept.popitem(last=False)

    def clear(self) -> None:
        self._kept.clear()


def alike(tokens: Sequence[int], others: Sequence[int]) -> int:
    """Count the tokens that two prompts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(tokens, others, strict=False)))
