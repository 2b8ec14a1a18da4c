"""Tokens that several runs share, kept under a hash of all they depend on.

A key is the hash of the dataset's file, of the tokenizer, of its chat template with its day, of how many tokens the
student knows, and of how this engine encodes. A row's length is no part of it: nothing is cut, so the same tokens
serve every `max_length`. A file that is not what was written is made again; one unused for a while, or beyond the
limit, is deleted.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from training.engine.data import sft_rows, token_file
from training.engine.data.chat import Chat
from training.engine.data.sft_rows import TokenRow

# Raised when the same file, tokenizer and template come to be encoded otherwise.
ENCODING: Final = 3
SUFFIX: Final = ".tokens"
LIMIT_BYTES: Final = 4 << 30
# They hold what the rows hold, so they do not lie about for ever.
UNUSED_DAYS: Final = 14


@dataclass(frozen=True)
class TokenCache:
    """A folder of token files, shared by the runs of a host."""

    folder: Path
    limit_bytes: int = LIMIT_BYTES

    def rows(self, key: str, make: Callable[[], Sequence[TokenRow]]) -> Sequence[TokenRow]:
        """The rows kept under a key; made and kept where there are none, or what is kept is damaged.

        Of several processes that ask for the same key at once one makes them and the others wait for it. A folder that
        cannot be used costs time, never a run: then the rows are made and not kept.

        Args:
            key: From `key_of`.
            make: Encodes the rows; what it raises passes through, and nothing is kept.
        """
        path, made = self.folder / f"{key}{SUFFIX}", _Once(make)
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            prune(self.folder, keep=path, limit_bytes=self.limit_bytes)
            with _locked(self.folder / f".{key}.lock"):
                return self._kept(path) or self._keep(path, made)
        except OSError:
            return made()

    def _kept(self, path: Path) -> Sequence[TokenRow] | None:
        rows = token_file.read(path)
        if rows is not None:
            os.utime(path)
        return rows

    def _keep(self, path: Path, made: Callable[[], Sequence[TokenRow]]) -> Sequence[TokenRow]:
        token_file.write(path, made())
        prune(self.folder, keep=path, limit_bytes=self.limit_bytes)
        return token_file.read(path) or made()


def key_of(dataset: Path, chat: Chat, *, max_rows: int | None) -> str | None:
    """Key of the tokens of a dataset's file; None for a tokenizer whose whole state cannot be hashed.

    Raises:
        OSError: The file cannot be read.
    """
    tokenizer = _tokenizer_state(chat)
    if tokenizer is None:
        return None
    with dataset.open("rb") as file:
        data = hashlib.file_digest(file, "sha256").hexdigest()
    parts = [ENCODING, data, max_rows, tokenizer, _hash(str(chat.tokenizer.chat_template)), chat.end_of_turn]
    parts += [chat.ways.model_dump_json(), chat.folds_system]
    parts += ["apart"] if chat.is_apart else []
    # Rows are kept once they are known to have an embedding each.
    parts += [chat.vocabulary]
    return _hash(json.dumps(parts))


def prune(folder: Path, *, keep: Path | None = None, limit_bytes: int = LIMIT_BYTES) -> int:
    """Throw away files unused for long, then the least recently used until the rest fits; returns how many went.

    Readers of a file that goes keep what they have mapped.

    Args:
        keep: A file that stays whatever its size.
        limit_bytes: Of all files together.
    """
    newest_first = sorted(
        ((path.stat(), path) for path in folder.glob(f"*{SUFFIX}")), key=lambda each: -each[0].st_mtime
    )
    oldest = time.time() - UNUSED_DAYS * 86_400
    held = gone = 0
    for stat, path in newest_first:
        held += stat.st_size
        if path != keep and (held > limit_bytes or stat.st_mtime < oldest):
            held -= stat.st_size
            path.unlink(missing_ok=True)
            (folder / f".{path.stem}.lock").unlink(missing_ok=True)
            gone += 1
    return gone


class _Once:
    """Makes rows once, however often they are asked for."""

    def __init__(self, make: Callable[[], Sequence[TokenRow]]) -> None:
        self._make = make
        self._rows: Sequence[TokenRow] | None = None

    def __call__(self) -> Sequence[TokenRow]:
        if self._rows is None:
            self._rows = self._make()
        return self._rows


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock that the system releases with the process, however that ends."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _tokenizer_state(chat: Chat) -> str | None:
    """Hash a tokenizer's whole state: vocabulary, merges, normaliser, added tokens, and the special ones by name."""
    backend: Any = getattr(chat.tokenizer, "backend_tokenizer", None)
    if backend is None:
        return None
    # How a tokenizer cuts and pads changes with every call, and is no part of what it makes of a text.
    state = {name: part for name, part in json.loads(backend.to_str()).items() if name not in ("truncation", "padding")}
    special = {name: str(token) for name, token in chat.tokenizer.special_tokens_map.items()}
    return _hash(json.dumps([type(chat.tokenizer).__name__, state, special], sort_keys=True))


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def read_cached(
    path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None, cache: TokenCache | None
) -> Sequence[TokenRow]:
    """Rows of an `sft` file, as `sft_rows.read` gives them.

    Args:
        max_length: Longest row in tokens.
        cache: Where tokens are kept for other runs; None keeps none.

    Raises:
        TrainError: As `sft_rows.read`.
    """
    # A file that is not there is refused with its name where files are read.
    key = key_of(path, chat, max_rows=max_rows) if cache and path.is_file() else None
    if cache is None or key is None:
        return sft_rows.read(path, chat, max_length=max_length, max_rows=max_rows)
    rows = cache.rows(key, lambda: sft_rows.encoded(path, chat, max_rows=max_rows))
    sft_rows.require_fitting(rows, max_length)
    return rows
