"""Rows of `sft` files by way of tokens that runs share. It does not know how an example is encoded."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from training.engine import data
from training.engine.chat import Chat
from training.engine.data import Row
from training.engine.tokens.cache import TokenCache, key_of


def read(
    path: Path, chat: Chat, *, max_length: int, max_rows: int | None = None, cache: TokenCache | None
) -> Sequence[Row]:
    """Rows of an `sft` file, as `data.read` gives them.

    Args:
        path: The file.
        chat: The student's tokenizer and template.
        max_length: Longest row in tokens.
        max_rows: Read only so many rows from the top.
        cache: Where tokens are kept for other runs; None keeps none.

    Raises:
        TrainError: As `data.read`.
    """
    # A file that is not there is refused with its name where files are read.
    key = key_of(path, chat, max_rows=max_rows) if cache and path.is_file() else None
    if cache is None or key is None:
        return data.read(path, chat, max_length=max_length, max_rows=max_rows)
    rows = cache.rows(key, lambda: data.encoded(path, chat, max_rows=max_rows))
    data.require_fitting(rows, max_length)
    return rows
