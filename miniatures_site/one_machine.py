"""The environment of everything that runs on one machine with `up`; known before Django's settings are read.

`up` forks the web server and the worker from itself, so its own settings must be theirs. Does not know Django's
settings.
"""

from __future__ import annotations

import argparse
import gc
import os
import socket
import sys
from collections.abc import Sequence
from pathlib import Path

from miniatures_site.settings import env
from web.process import embedded_redis

HOST, PORT = "127.0.0.1", 8000
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (told apart, not bound to)
# Left in the folder of data once the demo has been loaded to its end.
DEMO_LOADED = "demo-loaded"
# The demo as a backup, in a checkout and in a wheel.
DEMO_SNAPSHOT = Path(__file__).resolve().parent.parent / "demo" / "snapshot.tar.zst"
# Read when numpy is first imported: a thread of its library would not be in the processes that are forked.
WITHOUT_THREADS = {"OPENBLAS_NUM_THREADS": "1"}
_prepared: dict[str, str] = {}
_own: dict[str, str] = {}


def prepare(words: Sequence[str]) -> None:
    """Take on the environment of `up`, if that is the command and the demo is here or comes from its snapshot.

    A start that loads the demo by its loaders heeds the settings of a process by itself, and takes long whatever is
    shared.
    """
    var_dir = env.var_dir()
    if words[:1] != ["up"] or not ((var_dir / DEMO_LOADED).exists() or has_snapshot()):
        return
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--host", default=HOST)
    parser.add_argument("--port", default=str(PORT))
    try:
        options, _ = parser.parse_known_args(words[1:])
    except SystemExit:  # The command itself says what is wrong with its words.
        return
    # Thousands of modules that stay: not looked through again and again while they are loaded.
    gc.disable()
    _prepared.update(environment(options.host, options.port, var_dir))
    os.environ.update(_prepared)
    _own.update({name: value for name, value in WITHOUT_THREADS.items() if name not in os.environ})
    os.environ.update(_own)


def has_snapshot() -> bool:
    """Return whether the demo is shipped as a snapshot."""
    return DEMO_SNAPSHOT.exists()


def is_prepared(host: str, port: int) -> bool:
    """Return whether the settings of this process are those of the processes that `up` starts for this address."""
    return (_prepared.get("HOST"), _prepared.get("PORT")) == (host, str(port))


def inherited() -> dict[str, str]:
    """Return the environment of this process for those it starts, without what is meant for this one alone."""
    return {name: value for name, value in os.environ.items() if name not in _own}


def environment(host: str, port: int | str, var_dir: Path) -> dict[str, str]:
    """Return the variables that every process on this machine has beside the environment of `up`."""
    site = address(host, port)
    sink_port = os.environ.get("SINK_PORT") or str(free_port())
    return {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOST": host,
        "PORT": str(port),
        "VAR_DIR": str(var_dir),
        "WORKER_THREADS": os.environ.get("WORKER_THREADS", "8"),
        "BROKER_URL": os.environ.get("BROKER_URL") or embedded_redis.broker_url(var_dir),
        # Ctrl-C is meant for all: engines save and end with their worker, and go on at the next start.
        "JOB_ENGINES_OUTLIVE_WORKERS": os.environ.get("JOB_ENGINES_OUTLIVE_WORKERS") or "0",
        "SITE_URL": os.environ.get("SITE_URL") or site,
        # Mails go to the local sink, which keeps them and hands answers on, unless a mail server is named.
        "SINK_PORT": sink_port,
        **({} if os.environ.get("EMAIL_HOST") else {"EMAIL_HOST": "127.0.0.1", "EMAIL_PORT": sink_port}),
        "INBOUND_URL": f"{site}/api/v1/inbound/miniatures/",
        "PYTHONUNBUFFERED": "1",
    }


def address(host: str, port: int | str) -> str:
    """Return the address at which this machine reaches a site that listens there."""
    # Who listens everywhere is reached nowhere under that name.
    name = "127.0.0.1" if host in EVERYWHERE else f"[{host}]" if ":" in host else host
    return f"http://{name}:{port}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
