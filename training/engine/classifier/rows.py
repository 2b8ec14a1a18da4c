"""Rows of a dataset file as an encoder reads them: the prompt's tokens, and a target for each head."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from training.engine.classifier.fields import HeadSet
from training.engine.contracts import TrainError
from training.engine.data import jsonl
from training.engine.data.control_tokens import RowRefusedError, control_tokens

NAMED_ROWS = 10


@dataclass(frozen=True)
class TargetRow:
    """One example: the tokens of a prompt, and what is to be said of it.

    Attributes:
        targets: One a head: the number of a class, or a number as it is written; None where the row says nothing.
    """

    id: str
    ids: list[int]
    targets: tuple[float | None, ...]

    @property
    def length(self) -> int:
        return len(self.ids)

    @property
    def supervised(self) -> int:
        return sum(target is not None for target in self.targets)

    def identity(self) -> str:
        tokens = hashlib.blake2b(np.asarray(self.ids, dtype=np.int32).tobytes(), digest_size=16).hexdigest()
        return f"{self.id}:{self.targets}:{tokens};"


def prompt_text(messages: Sequence[Mapping[str, str]]) -> str:
    """A prompt as one text: an encoder knows no turns."""
    return "\n\n".join(message["content"] for message in messages)


def prompt_ids(tokenizer: Any, prompts: Sequence[Sequence[Mapping[str, str]]]) -> list[list[int]]:
    """Token ids of prompts, with the tokens that the tokenizer puts around every text.

    Raises:
        RowRefusedError: A prompt holds a control token as words, and the tokenizer cannot spell it otherwise.
    """
    if not prompts:
        return []
    control = control_tokens(tokenizer)
    return control.ids([control.guarded(prompt_text(prompt)) for prompt in prompts], truncation=False)


def read(
    path: Path, tokenizer: object, heads: HeadSet, *, max_length: int, max_rows: int | None = None
) -> list[TargetRow]:
    """Read and encode an `sft` file: `{"id", "prompt": [messages], "completion": [messages], ...}`.

    Raises:
        TrainError: The file is missing, empty or malformed; an answer is none of the task's (rows are named); rows are
            too long (each is named; nothing is cut).
    """
    raws = jsonl.lines(path, format="sft", texts=("completion",), max_rows=max_rows)
    targets = _targets(raws, heads, path.name)
    ids = _ids_of(tokenizer, raws)
    if empty := [str(raw["id"]) for raw, own in zip(raws, ids, strict=True) if not own]:
        raise TrainError("bad_row", f"{path.name}: the prompt of {empty[0]} has no tokens", "Freeze the dataset again.")
    rows = [TargetRow(str(raw["id"]), own, aims) for raw, own, aims in zip(raws, ids, targets, strict=True)]
    jsonl.require_fitting({row.id: row.length for row in rows}, max_length)
    return rows


def _ids_of(tokenizer: object, raws: Sequence[dict[str, Any]]) -> list[list[int]]:
    try:
        return prompt_ids(tokenizer, [raw["prompt"] for raw in raws])
    except RowRefusedError:
        # One of them; read one by one the row can be named.
        return [_ids_of_row(tokenizer, raw) for raw in raws]


def _ids_of_row(tokenizer: object, raw: dict[str, Any]) -> list[int]:
    try:
        return prompt_ids(tokenizer, [raw["prompt"]])[0]
    except RowRefusedError as error:
        raise TrainError(error.code, f"row {raw['id']}: {error.message}", error.hint) from error


def collate(rows: Sequence[Sequence[int]], pad: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """Token ids and attention mask of rows padded on the right, int64 (B, T) each."""
    width = max(len(ids) for ids in rows)
    input_ids = torch.tensor([[*ids, *[pad] * (width - len(ids))] for ids in rows], device=device)
    mask = torch.tensor([[1] * len(ids) + [0] * (width - len(ids)) for ids in rows], device=device)
    return input_ids, mask


def _targets(raws: Sequence[dict[str, Any]], heads: HeadSet, file: str) -> list[tuple[float | None, ...]]:
    targets, wrong = [], []
    for raw in raws:
        try:
            targets.append(tuple(heads.targets_of(raw["completion"][-1]["content"])))
        except ValueError as error:
            wrong.append(f"{raw['id']}: {error}")
    if wrong:
        more = f"; and {len(wrong) - NAMED_ROWS} more" if len(wrong) > NAMED_ROWS else ""
        raise TrainError(
            "no_target",
            f"{len(wrong)} rows of {file} have an answer that the heads cannot learn: "
            f"{'; '.join(wrong[:NAMED_ROWS])}{more}",
            "Freeze a version whose rows all have the labels and fields of the newest task version.",
        )
    return targets
