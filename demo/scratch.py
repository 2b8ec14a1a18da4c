"""Temporary database and folder for a benchmark or a recording. Import this module before any model."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from pathlib import Path


def prepare() -> Path:
    """Point Django at a fresh SQLite file in a temporary folder, migrate it, and return the folder."""
    folder = Path(tempfile.mkdtemp(prefix="miniatures-bench-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev",
        "VAR_DIR": str(folder),
        "BROKER_URL": "memory://",
        "LOG_LEVEL": "WARNING",
    }
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    return folder
