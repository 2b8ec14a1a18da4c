"""Checks before a worker takes work: database, queue, storage, clock and GPUs.

Each fault has a name and a hint. The checks repeat until nothing keeps the worker from its work. No message holds a
password: addresses appear as host and port.
"""

from __future__ import annotations

import logging
import os
import shutil
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.storage import FileSystemStorage, default_storage
from django.db import connection
from kombu.connection import Connection

from jobs.rundir import machine
from web.db import database_clock

logger = logging.getLogger(__name__)
ANSWER_S: Final = 5
CLOCK_MAY_DIFFER_S: Final = 30
FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 30.0

# A word of a library's error, and what to do about it; the first that stands in the error counts.
WAYS_OUT: Final = (
    (("password authentication", "WRONGPASS", "NOAUTH", "Authentication", "invalid username-password",
        "InvalidAccessKeyId", "SignatureDoesNotMatch",
      "AccessDenied", "Forbidden", "403"), "Copy the user, the password or the keys from the home's .env."),
    (("certificate", "CERTIFICATE", "SSL", "ssl"),
        "Check the certificate and the file of its authority (docs/hosts.md, TLS)."),
    (("NoSuchBucket", "does not exist", "404"),
        "Check the name in the address: the server answers and has no such database or bucket."),
    (("RequestTimeTooSkewed",), "Set this host's clock (timedatectl set-ntp true)."),
    (("resolve", "Name or service", "name resolution", "getaddrinfo"),
        "Check the host's name, or write its private address."),
)  # fmt: skip
ELSE_WAY_OUT: Final = (
    "Check that the home runs, that its PRIVATE_ADDRESS is this address, and the firewall between the two."
)


@dataclass(frozen=True)
class Fault:
    """Something that a worker here cannot do.

    Attributes:
        part: What it is about, by name.
        keeps_from_work: Whether a worker without it could do nothing.
    """

    part: str
    message: str
    hint: str
    keeps_from_work: bool = True


def wait(*, sleep: Callable[[float], object] = time.sleep) -> None:
    """Return once database, queue and storage answer; until then say again and again what does not, and what to do."""
    pause_s = FIRST_PAUSE_S
    while current := faults():
        for fault in current:
            logger.error("%s: %s %s", fault.part, fault.message, fault.hint)
        if not any(fault.keeps_from_work for fault in current):
            return
        logger.error("This worker takes no jobs yet; it looks again in %.0f s.", pause_s)
        sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def faults() -> list[Fault]:
    """Return the present faults; each part takes some seconds at most."""
    return [*_database(), *_queue(), *_storage(), *_gpus()]


def _database() -> list[Fault]:
    own = connection.copy()
    options: dict[str, Any] = own.settings_dict.get("OPTIONS", {})
    if own.vendor == "postgresql":
        own.settings_dict = {**own.settings_dict, "OPTIONS": {**options, "connect_timeout": ANSWER_S}}
    place = f"{own.settings_dict['HOST']}:{own.settings_dict['PORT'] or 5432}"
    try:
        with own.cursor() as cursor:
            if own.vendor != "postgresql":
                cursor.execute("SELECT 1")
                return []
            cursor.execute(
                "SELECT EXTRACT(EPOCH FROM clock_timestamp()), ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
            )
            seconds, is_encrypted = cursor.fetchone()
    except Exception as error:
        return [_unreachable("Database", place, "DATABASE_URL", error)]
    finally:
        own.close()
    return [*_clock(float(seconds) - time.time()), *_exposed("Database", own.settings_dict["HOST"], bool(is_encrypted))]


def _clock(ahead_s: float) -> list[Fault]:
    if abs(ahead_s) <= CLOCK_MAY_DIFFER_S:
        return []
    message = f"This host's clock is {abs(ahead_s):.0f} s {'behind' if ahead_s > 0 else 'ahead of'} the database's."
    hint = (
        "Set it (timedatectl set-ntp true): storage refuses requests of another quarter of an hour, and logs mislead."
    )
    return [Fault("Clock", message, hint, keeps_from_work=abs(ahead_s) > database_clock.MAY_DIFFER.total_seconds())]


def _queue() -> list[Fault]:
    url = settings.CELERY_BROKER_URL
    parts = urlsplit(url)
    if not parts.scheme.startswith("redis"):
        return []
    place = f"{parts.hostname}:{parts.port or 6379}" if parts.hostname else parts.path
    limits = {"socket_connect_timeout": ANSWER_S, "socket_timeout": ANSWER_S}
    try:
        # As Celery will reach it, so that both read the address alike.
        with Connection(url, transport_options=limits) as queue:  # type: ignore[no-untyped-call]
            queue.connect()
    except Exception as error:
        return [_unreachable("Queue", place, "REDIS_URL", error)]
    return _exposed("Queue", parts.hostname or "", parts.scheme == "rediss")


def _storage() -> list[Fault]:
    if isinstance(default_storage, FileSystemStorage):
        return _folder(Path(default_storage.path("")))
    storage: Any = default_storage
    place = f"the bucket {storage.bucket_name} at {storage.endpoint_url or 'AWS'}"
    try:
        from botocore.config import Config  # type: ignore[import-untyped]

        limits = Config(connect_timeout=ANSWER_S, read_timeout=ANSWER_S, retries={"total_max_attempts": 1})
        client = storage._create_session().client(
            "s3",
            region_name=storage.region_name,
            endpoint_url=storage.endpoint_url,
            use_ssl=storage.use_ssl,
            verify=storage.verify,
            config=storage.client_config.merge(limits),
        )
        client.list_objects_v2(Bucket=storage.bucket_name, Prefix=storage.location, MaxKeys=1)
    except Exception as error:
        return [_unreachable("Storage", place, "STORAGE_URL", error)]
    host = urlsplit(storage.endpoint_url or "https://").hostname or ""
    return _exposed("Storage", host, not (storage.endpoint_url or "").startswith("http://"))


def _folder(folder: Path) -> list[Fault]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        return [
            Fault("Storage", f"The folder {folder} cannot be made: {error.strerror}.", "Give VAR_DIR to this user.")
        ]
    if os.access(folder, os.W_OK | os.X_OK):
        return []
    return [Fault("Storage", f"The folder {folder} cannot be written to.", "Give VAR_DIR to this user.")]


def _gpus() -> list[Fault]:
    """GPUs that this host was promised (by NVIDIA's variables for containers) and does not see."""
    promised = os.environ.get("NVIDIA_VISIBLE_DEVICES") or os.environ.get("NVIDIA_DRIVER_CAPABILITIES") or "none"
    if promised in ("none", "void"):
        return []
    if shutil.which("nvidia-smi") is None:
        message, hint = (
            "There is no driver here.",
            "Install NVIDIA's driver and its container toolkit, then restart Docker.",
        )
        return [Fault("GPUs", message, hint, keeps_from_work=False)]
    if machine.inspect_host().gpus:
        return []
    hint = (
        "Run nvidia-smi on this host: the driver and its library must be of one version; "
        "a restart after an update fixes it."
    )
    return [Fault("GPUs", "The driver names no GPU that this process may use.", hint, keeps_from_work=False)]


def _unreachable(part: str, place: str, setting: str, error: Exception) -> Fault:
    words = next((line for line in str(error).splitlines() if line.strip()), type(error).__name__).strip()
    hint = next((way for signs, way in WAYS_OUT if any(sign in str(error) for sign in signs)), ELSE_WAY_OUT)
    return Fault(part, f"{place} ({setting}) cannot be used: {words[:200].rstrip('.')}.", hint)


def _exposed(part: str, host: str, is_encrypted: bool) -> list[Fault]:
    """Return a fault where an unencrypted connection leads to a public address."""
    if is_encrypted or not host or host.startswith("/"):
        return []
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(host, None)}
    except OSError:
        return []
    if not any(ip_address(address).is_global for address in addresses):
        return []
    message = f"Passwords and texts go to the public address {host} unencrypted."
    return [Fault(part, message, "Use TLS or a private network (docs/hosts.md).", keeps_from_work=False)]
