"""Rows of a dataset file as token ids, and the order and shape in which a run reads them.

The order is a pure function of the rows' lengths, the seed and the epoch, so a resumed run reads what the uninterrupted
one would have read. Nothing is truncated: long rows are refused.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np
import torch
from torch import Tensor

from training.engine.contracts import TrainError
from training.engine.data.chat import Chat
from training.engine.data.control_tokens import RowRefusedError

# Rows are sorted by length within pools of this many batches: little padding, and still another mix each epoch.
POOL_BATCHES: Final = 100
NAMED_ROWS: Final = 10
ENCODED_AT_ONCE: Final = 2_000


class Item(Protocol):
    """One example of any objective."""

    @property
    def id(self) -> str:
        """Id in the dataset's file."""

    @property
    def length(self) -> int:
        """Tokens a model reads for it; items of like length share a batch."""

    @property
    def supervised(self) -> int:
        """Number of supervised tokens."""

    def identity(self) -> str:
        """All that tells it from another, as text: a checkpoint belongs to these very tokens."""


@dataclass(frozen=True)
class TokenRow:
    """One example: `ids[:prompt_length]` is given, the rest is supervised."""

    id: str
    ids: list[int]
    prompt_length: int

    @property
    def supervised(self) -> int:
        return len(self.ids) - self.prompt_length

    @property
    def length(self) -> int:
        return len(self.ids)

    def identity(self) -> str:
        tokens = hashlib.blake2b(np.asarray(self.ids, dtype=np.int32).tobytes(), digest_size=16).hexdigest()
        return f"{self.id}:{self.prompt_length}:{tokens};"


@dataclass(frozen=True)
class PaddedBatch:
    """Rows padded on the right.

    Attributes:
        input_ids: Token ids, int64 (B, T). A causal model needs no mask: padding stands behind all that is real.
        positions: Flat positions in (B*T) whose next token is supervised, int64 (N).
        targets: Those next tokens, int64 (N).
        tokens: Real tokens, padding not counted.
    """

    input_ids: Tensor
    positions: Tensor
    targets: Tensor
    tokens: int

    def inputs(self) -> dict[str, Any]:
        """Return what the forward pass is given beside token ids: nothing."""
        return {}

    def pinned(self) -> PaddedBatch:
        return PaddedBatch(
            self.input_ids.pin_memory(), self.positions.pin_memory(), self.targets.pin_memory(), self.tokens
        )

    def to(self, device: torch.device) -> PaddedBatch:
        """The same batch on another device; from pinned memory without waiting for it."""
        if device.type == "cpu":
            return self
        parts = (self.input_ids, self.positions, self.targets)
        input_ids, positions, targets = (each.to(device, non_blocking=True) for each in parts)
        return PaddedBatch(input_ids, positions, targets, self.tokens)


def read(path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None) -> list[TokenRow]:
    """Read and encode an `sft` file.

    Args:
        path: JSON lines `{"id", "prompt": [messages], "completion": [messages], ...}`.
        max_length: Longest row in tokens, prompt, completion and end of turn together.

    Raises:
        TrainError: The file is missing, empty or malformed; rows are too long (each is named; nothing is cut); the
            template cannot be supervised on the completion only.
    """
    rows = encoded(path, chat, max_rows=max_rows)
    require_fitting(rows, max_length)
    return rows


def encoded(path: Path, chat: Chat, *, max_rows: int | None = None) -> list[TokenRow]:
    """The rows of an `sft` file whatever their length, encoded in batches on all cores.

    Raises:
        TrainError: As `read`, but for rows that are too long.
    """
    raws = _raw_rows(path, max_rows)
    if not raws:
        raise TrainError("no_rows", f"{path.name} holds no rows", "Freeze a dataset version with rows in this split.")
    return [
        row for at in range(0, len(raws), ENCODED_AT_ONCE) for row in _encode(raws[at : at + ENCODED_AT_ONCE], chat)
    ]


def leave_out_too_long(path: Path, chat: Chat, *, max_length: int) -> tuple[Path, int]:
    """Write the rows of an `sft` file that fit beside it; nothing is cut.

    Returns:
        The new file, and how many rows it lacks.

    Raises:
        TrainError: As `encoded`; or no row fits.
    """
    rows = encoded(path, chat)
    # Only a line's end parts rows: texts may hold other breaks, which `splitlines` would cut at.
    with path.open(encoding="utf-8") as file:
        lines = [line for line in file if line.strip()]
    fitting = [line for line, row in zip(lines, rows, strict=True) if row.length <= max_length]
    if not fitting:
        raise _too_long(rows, max_length)
    target = path.with_suffix(".fitting.jsonl")
    # Processes of one run write the same bytes, each to a file of its own first.
    own = target.with_suffix(f".{os.getpid()}")
    own.write_text("".join(fitting), encoding="utf-8")
    own.replace(target)
    return target, len(rows) - len(fitting)


def lengths_of(rows: Sequence[Any]) -> Sequence[int]:
    """Tokens of each item, without making those that lie in a file."""
    lengths: Sequence[int] | None = getattr(rows, "lengths", None)
    return [row.length for row in rows] if lengths is None else lengths


def require_fitting(rows: Sequence[TokenRow], max_length: int) -> None:
    """Refuse rows longer than `max_length` tokens; nothing is cut.

    Raises:
        TrainError: Names the longest of them.
    """
    too_long = [index for index, length in enumerate(lengths_of(rows)) if length > max_length]
    if too_long:
        raise _too_long([rows[index] for index in too_long], max_length)


def plan_batches(rows: Sequence[Any], *, batch_size: int, seed: int, epoch: int) -> list[list[int]]:
    """Batches of row numbers for one epoch: rows of like length together, batches in a seeded order."""
    chance = random.Random(f"{seed}:{epoch}")
    order = list(range(len(rows)))
    chance.shuffle(order)
    lengths, pool = lengths_of(rows), batch_size * POOL_BATCHES
    batches: list[list[int]] = []
    for start in range(0, len(order), pool):
        by_length = sorted(order[start : start + pool], key=lengths.__getitem__)
        batches += [by_length[at : at + batch_size] for at in range(0, len(by_length), batch_size)]
    chance.shuffle(batches)
    return batches


def collate(rows: Sequence[TokenRow], pad: int) -> PaddedBatch:
    """Pad rows to the longest of them and mark what is supervised.

    The last token of a row is a target and never an input, so inputs end one token early.
    """
    width = max(len(row.ids) for row in rows) - 1
    inputs = [row.ids[:-1] + [pad] * (width + 1 - len(row.ids)) for row in rows]
    positions = [
        index * width + at for index, row in enumerate(rows) for at in range(row.prompt_length - 1, len(row.ids) - 1)
    ]
    targets = [token for row in rows for token in row.ids[row.prompt_length :]]
    return PaddedBatch(
        torch.tensor(inputs), torch.tensor(positions), torch.tensor(targets), sum(len(row.ids) for row in rows)
    )


def _raw_rows(path: Path, max_rows: int | None) -> list[dict[str, Any]]:
    if not path.is_file():
        raise TrainError("no_data_file", f"the dataset file {path.name} is not in the run directory")
    rows: list[dict[str, Any]] = []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if max_rows is not None and len(rows) == max_rows:
                break
            if line.strip():
                rows.append(_raw_row(line, f"{path.name}, line {number}"))
    return rows


def _raw_row(line: str, where: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
        completion = row["completion"]
        shaped = bool(row["prompt"]) and completion[-1]["role"] == "assistant" and "id" in row
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise TrainError("bad_row", f"{where}: not an sft row ({error!r})", "Freeze the dataset again.") from error
    if not shaped or not completion[-1]["content"].strip():
        raise TrainError("bad_row", f"{where}: a row needs an id, a prompt and a completion that is not empty")
    return dict(row)


def _encode(raws: Sequence[dict[str, Any]], chat: Chat) -> list[TokenRow]:
    try:
        encoded_rows = chat.encode_many([(raw["prompt"], raw["completion"]) for raw in raws])
    except RowRefusedError as error:
        # One of them; encoded one by one rows can be named.
        raise (
            _refused({str(raw["id"]): refusal for raw in raws if (refusal := _refusal_of(raw, chat))}) or error
        ) from None
    return [TokenRow(str(raw["id"]), ids, prompt) for raw, (ids, prompt) in zip(raws, encoded_rows, strict=True)]


def _refusal_of(raw: dict[str, Any], chat: Chat) -> RowRefusedError | None:
    try:
        chat.encode(raw["prompt"], raw["completion"])
    except RowRefusedError as error:
        return error
    return None


def _refused(refusals: dict[str, RowRefusedError]) -> TrainError | None:
    """Name all refused rows in the first error."""
    if not refusals:
        return None
    first, *others = refusals
    named = f"; and {len(others)} more: {', '.join(others[:NAMED_ROWS])}" if others else ""
    refusal = refusals[first]
    return TrainError(refusal.code, f"row {first}: {refusal.message}{named}", refusal.hint)


def _too_long(rows: list[TokenRow], max_length: int) -> TrainError:
    rows = sorted(rows, key=lambda row: -len(row.ids))
    named = ", ".join(f"{row.id} ({len(row.ids)} tokens)" for row in rows[:NAMED_ROWS])
    more = f" and {len(rows) - NAMED_ROWS} more" if len(rows) > NAMED_ROWS else ""
    return TrainError(
        "rows_too_long",
        f"{len(rows)} rows are longer than {max_length} tokens and nothing is cut silently: {named}{more}",
        f"Raise max_length to {len(rows[0].ids)} if the student's context allows, or leave these rows out.",
    )
