"""Names of the files in a storage, in a folder and below it."""

from __future__ import annotations

from collections.abc import Iterator

from django.core.files.storage import Storage


def stored_names(storage: Storage, folder: str = "") -> Iterator[str]:
    """Names of all files of a storage.

    Args:
        folder: List those below it alone; ends with a slash.
    """
    try:
        inner, names = storage.listdir(folder)
    except FileNotFoundError:
        return
    yield from (f"{folder}{name}" for name in names)
    for each in inner:
        yield from stored_names(storage, f"{folder}{each}/")
