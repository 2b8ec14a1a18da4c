"""A disk that has filled up, wherever a write meets it: recognised here, and told as one refusal. Pure Python."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from web.errors import Refusal

CODE: Final = "no_space"
HINT: Final = "Free some room there, then try again."
# A quota or a limit on file sizes ends a write as a full disk does.
FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# PostgreSQL's code, whose words are in the server's language.
DISK_FULL: Final = "53100"
# Of programs and libraries that pass the system's error on as a text: pg_dump, SQLite, torch, safetensors.
WORDS: Final = ("no space left on device", "disk quota exceeded", "file too large", "database or disk is full")


def is_full(error: BaseException) -> bool:
    """Return whether a write failed for lack of space, also where a library hides the system's error behind its own."""
    cause: BaseException | None = error
    while cause is not None:
        is_disk_full = getattr(cause, "sqlstate", None) == DISK_FULL
        if is_disk_full or (isinstance(cause, OSError) and cause.errno in FULL):
            return True
        cause = cause.__cause__ or cause.__context__
    words = str(error).lower()
    return any(word in words for word in WORDS)


def refusal(what: str, where: str | Path, *, hint: str = HINT) -> Refusal:
    """The refusal of work whose disk filled up.

    Args:
        what: What was being done, such as "the backup was written".
        where: The folder, or another name of the disk.
    """
    return Refusal(CODE, f"The disk of '{where}' filled up while {what}.", hint=hint, status=507)


@contextmanager
def refused(what: str, where: str | Path, *, hint: str = HINT) -> Iterator[None]:
    """Tell of a disk that fills up within the block; arguments as of `refusal`.

    Raises:
        Refusal: It did. One that names a disk already goes through as it is.
    """
    try:
        yield
    except Exception as error:
        is_told = isinstance(error, Refusal) and error.code == CODE
        if is_told or not is_full(error):
            raise
        # Only the product's own connection raises these, and its disk may be another than that of the file.
        is_database = type(error).__module__.startswith(("django.db.", "psycopg."))
        raise refusal(what, "the database" if is_database else where, hint=hint) from error
