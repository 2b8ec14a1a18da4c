"""Files between their preview and their import: kept under `var/uploads`, and dropped after."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile
from uuid import uuid4

from django.conf import settings

from review.sources.imports.tables.text_encoding import max_bytes, too_large
from web.errors import Refusal

KEEP_S = 24 * 3600
_NAME = re.compile(r"[0-9a-f]{32}")


def keep_upload(chunks: Iterable[bytes]) -> str:
    """Write an upload beside the others, the same bytes too: each request drops its own.

    Old uploads that were not imported are deleted.

    Returns:
        Its name, which `path_of` and `drop_upload` take.

    Raises:
        Refusal: `file_too_large` (413), or `disk_full` (507) with nothing left behind.
    """
    folder = _folder()
    _sweep(folder)
    size = 0
    with NamedTemporaryFile(dir=folder, prefix="part-", delete=False) as file:
        part = Path(file.name)
        try:
            for chunk in chunks:
                size += len(chunk)
                if size > max_bytes():
                    raise too_large()
                file.write(chunk)
        except OSError as error:
            part.unlink(missing_ok=True)
            message = f"The upload could not be kept: {error.strerror or error}."
            raise Refusal("disk_full", message, hint="Make room on the server's disk.", status=507) from error
        except Refusal:
            part.unlink(missing_ok=True)
            raise
    name = uuid4().hex
    part.replace(folder / name)
    return name


def path_of(name: str) -> Path:
    """Return the path of an upload.

    Raises:
        Refusal: `upload_gone` (409) when it was imported already, or is older than a day.
    """
    path = _folder() / name
    if not _NAME.fullmatch(name) or not path.is_file():
        message = "The uploaded file is no longer here: it was imported, or waited for more than a day."
        raise Refusal("upload_gone", message, hint="Choose the file again.", status=409)
    return path


def drop_upload(name: str) -> None:
    """Forget an upload; one that is gone is no mistake."""
    if _NAME.fullmatch(name):
        (_folder() / name).unlink(missing_ok=True)


def _folder() -> Path:
    folder = Path(settings.VAR_DIR) / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _sweep(folder: Path) -> None:
    oldest = time.time() - KEEP_S
    for path in folder.iterdir():
        # Another request may have dropped it since.
        with suppress(FileNotFoundError):
            if path.stat().st_mtime < oldest:
                path.unlink()
