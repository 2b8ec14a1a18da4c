"""Pairs of answers to one prompt, of which a person found one better. Read from `dpo` files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from training.engine.data import jsonl
from training.engine.data.chat import Chat
from training.engine.data.sft_rows import TokenRow


@dataclass(frozen=True)
class AnswerPair:
    """A better and a worse answer; both rows begin with the same prompt."""

    id: str
    chosen: TokenRow
    rejected: TokenRow

    @property
    def length(self) -> int:
        return self.chosen.length + self.rejected.length

    @property
    def supervised(self) -> int:
        return self.chosen.supervised + self.rejected.supervised

    def identity(self) -> str:
        return f"{self.chosen.identity()}>{self.rejected.identity()}"


def read(path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None) -> list[AnswerPair]:
    """Read and encode a `dpo` file: `{"id", "prompt": [messages], "chosen": [messages], "rejected": [messages]}`.

    A pair whose answers are the same to the student's tokenizer prefers nothing and is left out.

    Raises:
        TrainError: The file is missing, empty or malformed; answers are too long; the template cannot be supervised.
    """
    pairs = []
    for raw in jsonl.lines(path, format="dpo", texts=("chosen", "rejected"), max_rows=max_rows):
        id = str(raw["id"])
        chosen = jsonl.encode(chat, id, raw["prompt"], raw["chosen"])
        rejected = jsonl.encode(chat, id, raw["prompt"], raw["rejected"])
        pairs.append(AnswerPair(id, chosen, rejected))
    jsonl.require_fitting({pair.id: max(pair.chosen.length, pair.rejected.length) for pair in pairs}, max_length)
    return [pair for pair in pairs if pair.chosen.ids != pair.rejected.ids]
