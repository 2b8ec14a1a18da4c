"""Production's variables, for tests that start the product's own commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Production's variables, with a Redis of our own."""
    folder = tmp_path_factory.mktemp("deploy")
    socket = folder / "r.sock"
    redis = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    yield {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", "SECRET_KEY": "k" * 60, "ALLOWED_HOSTS": ".example.org",
        "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}", "REDIS_URL": f"redis+socket://{socket}",
        "SECURE_SSL_REDIRECT": "0", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    redis.terminate()
    redis.wait()
