"""Single answers a person found good or bad, each with another's answer to measure drift by. Read from `kto` files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from training.engine.chat import Chat
from training.engine.contracts import TrainError
from training.engine.data import Row
from training.engine.objectives import files


@dataclass(frozen=True)
class Verdict:
    """An answer and whether it is good.

    Attributes:
        id: Its id in the file.
        row: Prompt and answer.
        is_good: What was decided.
        stranger: The same prompt with an answer that was written for another: how far the model has drifted from the
            reference is told by answers nobody judged for this prompt.
    """

    id: str
    row: Row
    is_good: bool
    stranger: Row

    @property
    def length(self) -> int:
        """Tokens of the answer and of the stranger's, each with the prompt."""
        return self.row.length + self.stranger.length

    @property
    def supervised(self) -> int:
        """Tokens of the answer; the stranger's teach nothing."""
        return self.row.supervised

    def identity(self) -> str:
        """All that tells it from another."""
        return f"{int(self.is_good)}{self.row.identity()}~{self.stranger.identity()}"


def read(path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None) -> list[Verdict]:
    """Read and encode a `kto` file: `{"id", "prompt": [messages], "completion": [messages], "label": bool}`.

    Each prompt is paired with the answer of the first row before it that answers another prompt and fits behind this
    one, so the pairs depend on the file and `max_length` alone.

    Raises:
        TrainError: The file is missing, empty or malformed; answers are too long; all rows answer one prompt.
    """
    raws = files.lines(path, format="kto", texts=("completion",), max_rows=max_rows)
    for raw in raws:
        if not isinstance(raw.get("label"), bool):
            raise TrainError("bad_row", f"row {raw['id']} of {path.name} has no label that is true or false",
                             "Freeze the dataset again.")  # fmt: skip
    rows = [files.encode(chat, str(raw["id"]), raw["prompt"], raw["completion"]) for raw in raws]
    strangers = _strangers(rows, path, max_length)
    found = [
        Verdict(row.id, row, raw["label"], stranger) for row, raw, stranger in zip(rows, raws, strangers, strict=True)
    ]
    files.require_fitting({each.id: max(each.row.length, each.stranger.length) for each in found}, max_length)
    return found


def _strangers(rows: Sequence[Row], path: Path, max_length: int) -> list[Row]:
    if len({tuple(row.ids[: row.prompt_length]) for row in rows}) < 2:
        raise TrainError("one_prompt", f"all rows of {path.name} answer one prompt, so drift cannot be told from it",
                         "Freeze a version with drafts for more records.")  # fmt: skip
    return [_stranger(rows, index, max_length) for index in range(len(rows))]


def _stranger(rows: Sequence[Row], index: int, max_length: int) -> Row:
    own = rows[index]
    prompt = own.ids[: own.prompt_length]
    # Negative numbers count from the end: the first row is paired with the last.
    before = (rows[index - back] for back in range(1, len(rows)))
    others = (other for other in before if other.ids[: other.prompt_length] != prompt)
    shortest = None
    for other in others:
        if shortest is None or other.supervised < shortest.supervised:
            shortest = other
        if own.prompt_length + other.supervised <= max_length:
            return _behind(own, prompt, other)
    if shortest is None:
        raise AssertionError("rows of one prompt were refused before")
    return _behind(own, prompt, shortest)


def _behind(own: Row, prompt: list[int], other: Row) -> Row:
    return Row(f"{own.id}~{other.id}", [*prompt, *other.ids[other.prompt_length :]], own.prompt_length)
