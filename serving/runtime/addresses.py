"""Addresses at which the engine listens and programs reach us. Reads settings; knows no rows."""

from __future__ import annotations

import hashlib
import os
import tempfile
from pathlib import Path

from django.conf import settings

# What a unix socket's address holds on every system we run on.
LONGEST_PATH = 100


def socket_path() -> Path:
    """The engine's socket: below `VAR_DIR`, or in a private folder of the system's where that path is too long."""
    if settings.SERVING_SOCKET:
        return Path(settings.SERVING_SOCKET)
    path = Path(settings.VAR_DIR) / "serving" / "engine.sock"
    if len(os.fsencode(path)) <= LONGEST_PATH:
        return path
    name = hashlib.sha256(os.fsencode(path)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"miniatures-{os.getuid()}-{name}" / "engine.sock"


def base_url() -> str:
    """Return where this product's own engines reach `/v1`: `SERVING_BASE_URL`, else the address it was started with."""
    if settings.SERVING_BASE_URL:
        return str(settings.SERVING_BASE_URL)
    host, port = os.environ.get("HOST", "127.0.0.1"), os.environ.get("PORT", "8000")
    return f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}/v1"  # noqa: S104 (it is left out)


def models_folder() -> Path:
    """Return where miniatures' files lie for the engine; safe to delete while it is stopped."""
    return Path(settings.VAR_DIR) / "serving" / "models"
