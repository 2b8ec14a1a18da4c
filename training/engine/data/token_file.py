"""One file of token ids: written whole or not at all, verified when opened, read row by row from the page cache."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, overload
from uuid import uuid4

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from training.engine.data.sft_rows import TokenRow

FORMAT: Final = "1"
# Of every row: its tokens (int32), where they end, how many are prompt, its id in UTF-8, and where that ends.
PARTS: Final = ("tokens", "ends", "prompts", "names", "name_ends")


class TokenRows(Sequence[TokenRow]):
    """Rows of a file of tokens. A row is made when it is asked for: a hundred thousand cost no memory of this process.

    Attributes:
        lengths: Tokens of every row.
    """

    def __init__(self, parts: dict[str, Tensor]) -> None:
        """Rows over tensors named as in `PARTS`."""
        self._tokens, self._names = parts["tokens"].numpy(), parts["names"].numpy()
        self._prompts: list[int] = parts["prompts"].tolist()
        self._starts: list[int] = [0, *parts["ends"].tolist()]
        self._name_starts: list[int] = [0, *parts["name_ends"].tolist()]
        self.lengths: list[int] = np.diff(self._starts).tolist()

    def __len__(self) -> int:
        return len(self._prompts)

    @overload
    def __getitem__(self, index: int) -> TokenRow: ...
    @overload
    def __getitem__(self, index: slice) -> list[TokenRow]: ...
    def __getitem__(self, index: int | slice) -> TokenRow | list[TokenRow]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        at = range(len(self))[index]
        name = self._names[self._name_starts[at] : self._name_starts[at + 1]].tobytes().decode()
        return TokenRow(name, self._tokens[self._starts[at] : self._starts[at + 1]].tolist(), self._prompts[at])


def write(path: Path, rows: Iterable[TokenRow]) -> None:
    """Write rows under a name of their own, fsync, and rename: a reader finds the whole file or none.

    Raises:
        OSError: The disk is full or cannot be written to.
    """
    parts = _parts(rows)
    draft = path.with_name(f".{path.name}.{uuid4().hex}")
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        _save(parts, draft)
        with draft.open("rb") as file:
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def read(path: Path) -> TokenRows | None:
    """The rows of a file, mapped, or None when there is none or it is not what was written."""
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            parts = {name: file.get_tensor(name) for name in PARTS}
    except (OSError, SafetensorError, ValueError):
        return None
    if metadata.get("format") != FORMAT or metadata.get("sha256") != _digest(parts):
        return None
    return TokenRows(parts)


def _save(parts: dict[str, Tensor], path: Path) -> None:
    try:
        save_file(parts, path, metadata={"format": FORMAT, "sha256": _digest(parts)})
    except SafetensorError as error:
        # What the disk refuses comes as an error of the format.
        raise OSError(str(error)) from error


def _parts(rows: Iterable[TokenRow]) -> dict[str, Tensor]:
    tokens, names = [], []
    ends, name_ends, prompts = [0], [0], []
    for row in rows:
        name = row.id.encode()
        tokens.append(np.asarray(row.ids, dtype=np.int32))
        names.append(name)
        prompts.append(row.prompt_length)
        ends.append(ends[-1] + len(row.ids))
        name_ends.append(name_ends[-1] + len(name))
    return {
        "tokens": torch.from_numpy(np.concatenate(tokens)),
        "ends": torch.tensor(ends[1:]),
        "prompts": torch.tensor(prompts),
        "names": torch.from_numpy(np.frombuffer(b"".join(names), dtype=np.uint8).copy()),
        "name_ends": torch.tensor(name_ends[1:]),
    }


def _digest(parts: dict[str, Tensor]) -> str:
    digest = hashlib.sha256()
    for name in PARTS:
        digest.update(f"{name}:{parts[name].dtype}:{parts[name].numel()};".encode())
        digest.update(parts[name].numpy().view(np.uint8).data)
    return digest.hexdigest()
