"""Settings of tests.

Fast hashes, leases that outlast a busy machine, a database named by TEST_DATABASE_URL or SQLite in a file of its own.
"""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

from miniatures_site.settings import env
from miniatures_site.settings.base import *  # noqa: F403
from miniatures_site.settings.stores import database, storage

if given := env.text("TEST_VAR_DIR"):
    VAR_DIR = Path(given)
else:
    VAR_DIR = Path(tempfile.mkdtemp(prefix="miniatures-test-"))
    atexit.register(shutil.rmtree, VAR_DIR, ignore_errors=True)
DEBUG = False
SECRET_KEY = "only-for-tests-" + "x" * 40
ALLOWED_HOSTS = ["*"]
DATABASES = {"default": database(env.text("TEST_DATABASE_URL", f"sqlite:///{VAR_DIR / 'db.sqlite3'}"))}
if "sqlite" in DATABASES["default"]["ENGINE"]:
    # A file, not memory: threads and subprocesses of the tests open it too.
    DATABASES["default"]["TEST"] = {"NAME": str(VAR_DIR / "test.sqlite3")}
    # What a failing machine may lose is no concern of tests; a killed process loses nothing.
    DATABASES["default"]["OPTIONS"]["init_command"] += " PRAGMA synchronous=OFF;"
else:
    # A question that takes this long is a fault, and is told as one.
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c statement_timeout=90s"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STATIC_ROOT = VAR_DIR / "static"
STORAGES = {
    "default": storage(env.text("TEST_STORAGE_URL"), VAR_DIR / "artefacts"),
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
RUNS_DIR = VAR_DIR / "runs"
TOKEN_CACHE_DIR = VAR_DIR / "cache" / "tokens"
RATE_LIMITS = {"read": 0, "write": 0, "files": 0}
STUDENT_ROOTS = [VAR_DIR / "students"]
CELERY_BROKER_URL = env.text("BROKER_URL", "memory://")
JOB_LEASE_S = env.number("JOB_LEASE_S", 30, minimum=0.2)
JOB_HEARTBEAT_S = env.number("JOB_HEARTBEAT_S", 0.2, minimum=0.05)
JOB_REAPER_EVERY_S = env.number("JOB_REAPER_EVERY_S", 0.3, minimum=0.1)
JOB_INGEST_EVERY_S = 0.1
JOB_STOP_GRACE_S = env.number("JOB_STOP_GRACE_S", 5, minimum=0.1)
JOB_RERING_S = env.number("JOB_RERING_S", 0.5, minimum=0.1)
WORKER_BEAT_S = env.number("WORKER_BEAT_S", 0.5, minimum=0.1)
SERVING_SPARE = False
# Tests choose a server of the field themselves, whatever is installed.
SERVING_BACKEND = "own"
# However slow the machine, a test sees what is so now.
SLOW_FIGURES_S = 1e9
MAILBOX_DIR = VAR_DIR / "mailbox"
CAMPAIGN_LINGER_S = 0.0
# Providers of tests listen on this host.
ALLOWED_SECRETS = ["teacher:*_KEY@127.0.0.1"]
