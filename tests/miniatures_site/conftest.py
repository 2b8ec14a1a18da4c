"""Production's variables, for tests that start the product's own commands."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytest_django import DjangoDbBlocker

from tests.migrated import template

# Production, with a limit that is soon reached, passwords that cost nothing, and pages without collected files.
STRICT = """
from miniatures_site.settings.prod import *
ACCOUNT_RATE_LIMITS = {"login_failed": "3/m/ip"}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {**STORAGES, "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
"""
REDIS_STARTS_WITHIN_S = 60


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """Production's variables, with a Redis of our own."""
    folder = tmp_path_factory.mktemp("deploy")
    socket = folder / "r.sock"
    redis = subprocess.Popen(
        ["redis-server", "--port", "0", "--unixsocket", str(socket), "--save", "", "--dir", str(folder)],
        stdout=subprocess.DEVNULL,
    )
    until = time.monotonic() + REDIS_STARTS_WITHIN_S
    while subprocess.run(["redis-cli", "-s", str(socket), "ping"], capture_output=True).returncode:
        assert redis.poll() is None and time.monotonic() < until, "Redis did not start."
        time.sleep(0.05)
    yield {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(folder), "VAR_DIR": str(folder),
        "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.prod", "SECRET_KEY": "k" * 60,
        "ALLOWED_HOSTS": ".example.org", "DATABASE_URL": f"sqlite:///{folder / 'db.sqlite3'}", "REDIS_URL": f"redis+socket://{socket}",
        "SECURE_SSL_REDIRECT": "0", "PYTHONUNBUFFERED": "1",
    }  # fmt: skip
    redis.terminate()
    redis.wait()


@pytest.fixture(scope="module")
def strict(
    environment: dict[str, str], pytestconfig: pytest.Config, django_db_blocker: DjangoDbBlocker
) -> dict[str, str]:
    """Variables of an installation on this machine that lets nobody guess long."""
    folder = Path(environment["VAR_DIR"])
    (folder / "strict.py").write_text(STRICT)
    with django_db_blocker.unblock():
        shutil.copy(template(pytestconfig.cache.mkdir("migrated")), folder / "db.sqlite3")
    changed = {"DJANGO_SETTINGS_MODULE": "strict", "PYTHONPATH": str(folder), "ALLOWED_HOSTS": "127.0.0.1"}
    return {**environment, **changed, "COOKIES_SECURE": "0"}
