"""Folder where tuning runs of this host share tokens of their datasets, and emptying it. Engines fill and prune it."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    return Path(settings.TOKEN_CACHE_DIR)


def empty() -> None:
    """Throw all of it away; runs that have some of it open keep what they have, and the next makes its own again."""
    shutil.rmtree(folder(), ignore_errors=True)


def empty_once(erased_at: datetime) -> None:
    """Throw all of it away where that was not done for the newest erasure, on whatever host that was."""
    mark, newest = folder().with_suffix(".emptied"), erased_at.isoformat()
    with suppress(OSError):
        if mark.exists() and mark.read_text(encoding="utf-8") == newest:
            return
        empty()
        mark.parent.mkdir(parents=True, exist_ok=True)
        mark.write_text(newest, encoding="utf-8")
