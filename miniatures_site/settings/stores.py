"""Settings of Django for databases, caches and artefacts, each made from one address."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

import dj_database_url
from django.core.exceptions import ImproperlyConfigured

# Longer than any pause between two questions of one transaction.
IDLE_S = 60
# The library's own words may hold a part of the password.
NO_ADDRESS = "{} is not an address such as {}. In a password write %23 for #, %2F for /, %3F for ? and %40 for @."


def sqlite_url(path: Path) -> str:
    """The database URL of a file; a folder's name may hold what means something in an address, such as `#`."""
    return f"sqlite:///{quote(str(path))}"


def database(url: str) -> dict[str, Any]:
    """Django's settings for a database URL: SQLite tuned for one writer and many readers, or PostgreSQL.

    Raises:
        ImproperlyConfigured: The URL names neither.
    """
    try:
        _refuse_broken(url)
        parsed: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=600, conn_health_checks=True))
    except Exception:
        raise ImproperlyConfigured(NO_ADDRESS.format("DATABASE_URL", "postgres://user:password@db:5432/name")) from None
    if "sqlite" in parsed["ENGINE"]:
        parsed["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            # Without recursive triggers REPLACE would delete a row past the trigger that guards it.
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA busy_timeout=20000; "
            "PRAGMA recursive_triggers=ON;",
        }
        # The web's threads stay (`seats`), and opening a file costs more than a look at it would be worth.
        parsed["CONN_HEALTH_CHECKS"] = False
    elif "postgresql" not in parsed["ENGINE"]:
        raise ImproperlyConfigured("DATABASE_URL must begin with sqlite:// or postgres://.")
    else:
        # A host that is cut off in the middle of a transaction keeps its rows locked, a job's among them; the host that
        # takes over would wait for hours until TCP gives up.
        parsed.setdefault("OPTIONS", {}).setdefault("options", f"-c idle_in_transaction_session_timeout={IDLE_S}s")
    return parsed


def _refuse_broken(url: str) -> None:
    """Refuse an address that a sign of its password cut in two, also where digits before the sign pass for a port.

    Raises:
        ValueError: It is broken so.
    """
    parts = urlsplit(url)
    # The @ of credentials may follow such a sign, even after another @. A database's name may hold one, and a value.
    _, at, behind = parts.path.partition("@")
    is_in_path = at and ("@" not in parts.netloc or "/" in behind or parts.scheme in ("redis", "rediss"))
    is_cut = parts.netloc and (is_in_path or "@" in parts.query.partition("=")[0])
    if parts.port == 0 or parts.fragment or is_cut:
        raise ValueError


def redis_location(url: str, *, setting: str = "REDIS_URL") -> str:
    """The address of a Redis as Django's cache reads it: the broker's word for a socket is not the client's.

    Raises:
        ImproperlyConfigured: It is none of a Redis, or a sign of the password ends the host's name.
    """
    try:
        _refuse_broken(url)
        if url and urlsplit(url).scheme not in ("redis", "rediss", "unix", "redis+socket"):
            raise ValueError
    except ValueError:
        raise ImproperlyConfigured(NO_ADDRESS.format(setting, "redis://:password@redis:6379/0")) from None
    return url.replace("redis+socket://", "unix://", 1)


def storage(url: str, folder: Path) -> dict[str, Any]:
    """Django's settings for where artefacts lie: a folder, or S3 and what speaks its protocol.

    Args:
        url: Empty for the folder, else `s3://BUCKET/PREFIX?endpoint_url=…&region_name=…`. Credentials come from where
            AWS's own tools look for them: `AWS_ACCESS_KEY_ID`, `AWS_SECRET_ACCESS_KEY`, or the machine's role.
        folder: Where artefacts lie when the URL is empty.

    Raises:
        ImproperlyConfigured: The URL names neither.
    """
    if not url:
        return {"BACKEND": "web.disk.whole_files.WholeFileSystemStorage", "OPTIONS": {"location": str(folder)}}
    parts = urlsplit(url)
    parameters = dict(parse_qsl(parts.query))
    if parts.scheme != "s3" or not parts.netloc or set(parameters) - {"endpoint_url", "region_name"}:
        raise ImproperlyConfigured(
            f"STORAGE_URL is '{url}'; write s3://BUCKET/PREFIX, and perhaps ?endpoint_url=…&region_name=… after it."
        )
    options: dict[str, Any] = {
        "bucket_name": parts.netloc,
        "location": parts.path.strip("/"),
        "default_acl": None,
        "file_overwrite": False,
        # A file that is read whole waits on the disk, not in memory.
        "max_memory_size": 8 * 1024 * 1024,
        "signature_version": "s3v4",
        **parameters,
    }
    if "endpoint_url" in parameters:
        options["addressing_style"] = "path"
    return {"BACKEND": "storages.backends.s3.S3Storage", "OPTIONS": options}
