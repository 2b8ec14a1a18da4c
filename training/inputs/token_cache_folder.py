"""Folder where tuning runs of this host share tokens of their datasets, and emptying it. Engines fill and prune it."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.conf import settings


def folder() -> Path:
    return Path(settings.TOKEN_CACHE_DIR)


def empty() -> None:
    """Throw all of it away; runs that have some of it open keep what they have, and the next makes its own again."""
    shutil.rmtree(folder(), ignore_errors=True)
