"""Generate for several requests at once with one network: rows join and leave between tokens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, NamedTuple

import torch
from torch import Tensor

from serving.engine.errors import RequestRefused
from serving.engine.row import Row
from serving.engine.row_states import RowStates
from training.engine.grammar.token_masks import mask_scores
from training.engine.memory.oom import is_out_of_memory
from training.engine.model import sampling
from training.engine.model.sampling import TokenSampling

# Of a token that the model's softmax leaves nothing; as OpenAI tells it.
LOWEST_LOG_PROB: Final = -9999.0


class DrawnToken(NamedTuple):
    """A row's next token, and its log probability by the model's own softmax.

    Before penalties, temperature, top-p and grammars.
    """

    token: int
    log_prob: float


def sample_rows(scores: Tensor, rows: Sequence[Row]) -> list[DrawnToken]:
    """Next tokens from scores (B, V), which may be changed in place.

    A row's draw depends on its own scores, seed and earlier tokens alone, whatever shares its batch.

    Raises:
        ValueError: Scores are no numbers.
    """
    # Before anything is changed or struck out.
    log_probs = scores.log_softmax(dim=1).clamp_(min=LOWEST_LOG_PROB)
    for number, row in enumerate(rows):
        if row.top_logprobs:
            row.likeliest[len(row.written)] = _likeliest(scores[number], log_probs[number], row.top_logprobs)
        if forbidden := row.said.forbidden:
            scores[number, list(forbidden)] = -torch.inf
        if row.changes is not None:
            row.changes.apply(scores[number], row.written)
    mask_scores(scores, [row.grammar for row in rows])
    tokens = sampling.draw_tokens(scores, [token_sampling(row) for row in rows])
    # In one tensor: the device is waited for once.
    drawn = torch.stack([tokens.double(), log_probs.gather(1, tokens.unsqueeze(1))[:, 0].double()], dim=1).tolist()
    return [DrawnToken(int(token), log_prob) for token, log_prob in drawn]


def _likeliest(scores: Tensor, log_probs: Tensor, count: int) -> list[tuple[int, float]]:
    tokens = scores.topk(min(count, len(scores))).indices
    return list(zip(tokens.tolist(), log_probs[tokens].tolist(), strict=True))


def token_sampling(row: Row) -> TokenSampling:
    sampling = row.sampling
    return TokenSampling(
        sampling.temperature, sampling.top_p, row.seed, len(row.written), sampling.top_k, sampling.min_p
    )


OUT_OF_MEMORY = RequestRefused(
    503,
    "out_of_memory",
    "Memory ran out while this was written, and it was the youngest. Try again in a moment; an admin may lower "
    "SERVING_MAX_KV_GIB or SERVING_MAX_BATCH.",
    retry_after_s=5,
)


class RunningBatch:
    """Rows being written with one network, on the compute thread alone."""

    def __init__(self, states: RowStates) -> None:
        self._states = states
        self.rows: list[Row] = []
        self._last: list[int] = []

    @torch.inference_mode()
    def step(self, newcomers: Sequence[Row]) -> list[tuple[Row, str]]:
        """One token for every row; returns what each may show of it.

        Rows that were cancelled leave first, rows that end leave last; both free their place in the cache. Where memory
        runs out, the youngest rows are given up (`Row.refusal`), one by one, until the others' token fits.
        """
        self._keep([at for at, row in enumerate(self.rows) if not row.is_cancelled])
        shown = self._decode_all()
        shown += self._join_all([row for row in newcomers if not row.is_cancelled])
        self._keep([at for at, row in enumerate(self.rows) if row.finish is None])
        return shown

    def clear(self) -> None:
        """Forget all rows, after a failure of the network."""
        self.rows, self._last = [], []
        self._states.clear()

    def _decode_all(self) -> list[tuple[Row, str]]:
        given_up: list[tuple[Row, str]] = []
        while self.rows:
            before = self._states.mark()
            shown = _unless_out_of_memory(self._decode)
            if shown is not None:
                return given_up + shown
            # Some layers may hold the token already.
            self._states.restore(len(self.rows), before)
            given_up.append(_given_up(self.rows.pop()))
            self._last.pop()
            if self.rows:
                self._states.restore(len(self.rows), before)
            else:
                self.clear()
        return given_up

    def _join_all(self, fresh: list[Row]) -> list[tuple[Row, str]]:
        given_up: list[tuple[Row, str]] = []
        while fresh:
            count, before = len(self.rows), self._states.mark()
            shown = _unless_out_of_memory(partial(self._join, fresh))
            if shown is not None:
                return given_up + shown
            # Some layers may hold the newcomers already.
            self._states.restore(count, before)
            given_up.append(_given_up(fresh.pop()))
        return given_up

    def _decode(self) -> list[tuple[Row, str]]:
        scores = self._states.next(self.rows, self._last)
        self._last, shown = _taken(self.rows, sample_rows(scores, self.rows))
        return shown

    def _join(self, fresh: Sequence[Row]) -> list[tuple[Row, str]]:
        scores, states = self._states.read(fresh)
        drawn = sample_rows(scores, fresh)
        # Before a row takes its token: what fails up to here can be done again.
        self._states.lay_beside(states)
        last, shown = _taken(fresh, drawn)
        self.rows, self._last = [*self.rows, *fresh], [*self._last, *last]
        return shown

    def _keep(self, staying: list[int]) -> None:
        if len(staying) == len(self.rows):
            return
        if not staying:
            self.clear()
            return
        self.rows, self._last = [self.rows[at] for at in staying], [self._last[at] for at in staying]
        self._states.keep(staying)


def _taken(rows: Sequence[Row], drawn: Sequence[DrawnToken]) -> tuple[list[int], list[tuple[Row, str]]]:
    shown = [(row, row.take(*each)) for row, each in zip(rows, drawn, strict=True)]
    return [each.token for each in drawn], shown


def _unless_out_of_memory(work: Callable[[], list[tuple[Row, str]]]) -> list[tuple[Row, str]] | None:
    try:
        return work()
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
    # Past the handler, so that nothing of the broken step is held any more.
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    return None


def _given_up(row: Row) -> tuple[Row, str]:
    row.refusal = OUT_OF_MEMORY
    return row, ""
