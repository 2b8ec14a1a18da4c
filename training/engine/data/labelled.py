"""Single answers a person found good or bad, each with another's answer to measure drift by. Read from `kto` files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from training.engine.contracts import TrainError
from training.engine.data import jsonl
from training.engine.data.chat import Chat
from training.engine.data.sft_rows import TokenRow


@dataclass(frozen=True)
class LabelledAnswer:
    """An answer and whether it is good.

    Attributes:
        stranger: The same prompt with an answer that was written for another: how far the model has drifted from the
            reference is estimated from answers written for other prompts.
    """

    id: str
    row: TokenRow
    is_good: bool
    stranger: TokenRow

    @property
    def length(self) -> int:
        return self.row.length + self.stranger.length

    @property
    def supervised(self) -> int:
        """Tokens of the answer; the stranger's teach nothing."""
        return self.row.supervised

    def identity(self) -> str:
        return f"{int(self.is_good)}{self.row.identity()}~{self.stranger.identity()}"


def read(
    path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None, lenders: Sequence[TokenRow] = ()
) -> list[LabelledAnswer]:
    """Read and encode a `kto` file: `{"id", "prompt": [messages], "completion": [messages], "label": bool}`.

    Each prompt is paired with the answer of the first row before it that answers another prompt and fits behind this
    one, so the pairs depend on the files and `max_length` alone.

    Args:
        lenders: Rows of another file, whose answers are taken where none of this one will do.

    Raises:
        TrainError: The file is missing, empty or malformed; answers are too long; all rows answer one prompt.
    """
    raws = jsonl.lines(path, format="kto", texts=("completion",), max_rows=max_rows)
    for raw in raws:
        if not isinstance(raw.get("label"), bool):
            raise TrainError(
                "bad_row",
                f"row {raw['id']} of {path.name} has no label that is true or false",
                "Freeze the dataset again.",
            )
    rows = [jsonl.encode(chat, str(raw["id"]), raw["prompt"], raw["completion"]) for raw in raws]
    strangers = _mismatched_answers(rows, lenders, path, max_length)
    answers = [
        LabelledAnswer(row.id, row, raw["label"], stranger)
        for row, raw, stranger in zip(rows, raws, strangers, strict=True)
    ]
    jsonl.require_fitting({each.id: max(each.row.length, each.stranger.length) for each in answers}, max_length)
    return answers


def _mismatched_answers(
    rows: Sequence[TokenRow], lenders: Sequence[TokenRow], path: Path, max_length: int
) -> list[TokenRow]:
    if len({tuple(row.ids[: row.prompt_length]) for row in (*rows, *lenders)}) < 2:
        raise TrainError(
            "one_prompt",
            f"all rows of {path.name} answer the same prompt, so drift cannot be estimated",
            "Freeze a version with drafts for more records.",
        )
    return [_mismatched_answer(rows, lenders, index, max_length) for index in range(len(rows))]


def _mismatched_answer(rows: Sequence[TokenRow], lenders: Sequence[TokenRow], index: int, max_length: int) -> TokenRow:
    own = rows[index]
    prompt = own.ids[: own.prompt_length]
    # Negative numbers count from the end: the first row is paired with the last.
    before = (rows[index - back] for back in range(1, len(rows)))
    others = (other for other in chain(before, lenders) if other.ids[: other.prompt_length] != prompt)
    shortest = None
    for other in others:
        if shortest is None or other.supervised < shortest.supervised:
            shortest = other
        if own.prompt_length + other.supervised <= max_length:
            return _behind(own, prompt, other)
    if shortest is None:
        raise AssertionError("rows of one prompt were refused before")
    return _behind(own, prompt, shortest)


def _behind(own: TokenRow, prompt: list[int], other: TokenRow) -> TokenRow:
    return TokenRow(f"{own.id}~{other.id}", [*prompt, *other.ids[other.prompt_length :]], own.prompt_length)
