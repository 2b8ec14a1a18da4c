"""`manage.py up`: everything on one machine, what `make run` and `miniatures up` call."""

from __future__ import annotations

import gc
import hashlib
import multiprocessing
import signal
import sys
import threading
import time
import traceback
import urllib.request
import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connections
from django.urls import get_resolver
from django.utils.module_loading import import_string

from campaigns.replies import webhook_signatures
from demo.data import login_card
from jobs.scheduling import workers
from jobs.supervisor import left_over
from miniatures_site import before_up, celery_app, one_machine
from miniatures_site.alerts import channels
from miniatures_site.demo_snapshot import first_start
from miniatures_site.demo_snapshot.first_start import Steps
from web.process import forked as forking
from web.process import late_install
from web.process import lines as process_lines
from web.process.parent import end_with_parent
from web.process.procfile import STOPPING, ProcfileRunner


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
LOOK_EVERY_S = 0.1
ENGINES_END_WITHIN_S = 3.0
# They begin on the same imports; the others need few of them, or start when nobody waits any more.
FORKED = {"web": "uvicorn.main", "worker": "celery.bin.celery"}
# What the web server reads requests with, which it names in its command line.
HTTP = "miniatures_site.server.slow_connections"
# Twelve lines of advice on root would drown the login; in production they stay.
NO_ADVICE_ON_ROOT = "You're running the worker with superuser privileges"


class Command(BaseCommand):
    help = "Migrate, load the demo once, and start web, worker, beat and broker together. Ctrl-C stops all."
    # They load every address, as the web process does a moment later.
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--host", default=one_machine.HOST)
        parser.add_argument("--port", type=int, default=one_machine.PORT)

    def handle(self, *args: Any, host: str, port: int, **options: Any) -> None:
        # `one_machine.prepare` turned it off for the imports; a first demo that is loaded needs it.
        gc.enable()
        before_up.refuse_second_start()
        before_up.refuse_address(host, port)
        before_up.refuse_without_broker()
        before_up.refuse_without_sink()
        steps = Steps(self.tell, is_told=first_start.is_first(settings.VAR_DIR))
        steps.begin(1, "collecting styles and scripts")
        collect_if_changed()
        prepare = partial(self.prepare_data, f"{one_machine.address(host, port)}/", steps)
        announcer = threading.Thread(target=announce, args=(self, steps), daemon=True)
        # From the second start on there is little to do: it is done while the code of web and worker is imported.
        if one_machine.is_prepared(host, port) and forking.is_safe():
            status = run_processes(host, port, until_ready=begin_aside(prepare), when_started=announcer.start)
        else:
            prepare()
            status = run_processes(host, port, when_started=announcer.start)
        # A worker that was killed could not end its engines, which would go on for two leases.
        left_over.end_engines(within_s=ENGINES_END_WITHIN_S)
        sys.exit(status)

    def tell(self, text: str) -> None:
        """Write at once, whatever this process and those forked from it write to."""
        self.stdout.write(text)
        self.stdout.flush()

    def prepare_data(self, url: str, steps: Steps) -> None:
        if first_start.bring_in(steps, say=self.stderr.write):
            (settings.VAR_DIR / one_machine.DEMO_LOADED).touch()
        else:
            call_command("migrate", verbosity=0)
            if first_start.is_of_demo():
                self.load_demo()
        login_card.write(url=url)
        steps.begin(4, "starting the web server and the worker")

    def load_demo(self) -> None:
        """Load the demo by its loaders; where data of one's own stands in its way, say so and start all the same."""
        try:
            call_command("load_demo")
            (settings.VAR_DIR / one_machine.DEMO_LOADED).touch()
        except Exception as error:
            if not login_card.read().get("password"):
                raise
            log = settings.VAR_DIR / "demo-load.log"
            log.write_text(traceback.format_exc())
            self.stderr.write(
                f"The demo could not be loaded whole ({type(error).__name__}: {error}; all of it in {log}). What is "
                "there works; make demo-reset, or miniatures manage demo_reset, throws it away and loads it afresh."
            )


def begin_aside(work: Callable[[], None]) -> Callable[[], None]:
    """Do the work in a process forked from this one.

    Returns:
        A function that waits for it, and raises SystemExit when it has failed or was stopped.
    """
    connections.close_all()
    process = multiprocessing.get_context("fork").Process(target=_without_traceback, args=(work,), daemon=True)
    process.start()

    def wait() -> None:
        process.join()
        if process.exitcode == -signal.SIGINT:
            sys.exit(0)
        if process.exitcode:
            # Why, it has printed itself, unless it was killed.
            sys.exit(process.exitcode if process.exitcode > 0 else f"Preparing ended with {process.exitcode}.")

    return wait


def _without_traceback(work: Callable[[], None]) -> None:
    end_with_parent(signal.SIGTERM)
    # A Ctrl-C is meant for this process, too: its parent has its own way to heed it.
    for number in STOPPING:
        signal.signal(number, signal.SIG_DFL)
    try:
        work()
    except CommandError as error:
        sys.exit(f"CommandError: {error}")


def run_processes(
    host: str,
    port: int,
    *,
    until_ready: Callable[[], None] = lambda: None,
    when_started: Callable[[], None] = lambda: None,
) -> int:
    """Start what the Procfile names, start again what ends, and stay until all have stopped.

    Args:
        until_ready: Called before web and worker are forked, if they are; it waits until their data are there.
        when_started: Called when the first processes have been started.

    Returns:
        0 after Ctrl-C; else the exit status of the process that could not be kept up.
    """

    def before_fork() -> None:
        preload()
        until_ready()

    lines = process_lines.parse(PROCFILE.read_text())
    if channels.configured():
        # A process of its own: it tells of a beat that is dead, too.
        lines["alerts"] = WATCH
    return ProcfileRunner(
        lines,
        environment=child_environment(host, port),
        folder=settings.BASE_DIR,
        tell=process_lines.printer(lines),
        later=("beat", "sink", "alerts"),
        forked=FORKED if one_machine.is_prepared(host, port) else (),
        before_fork=before_fork,
        when_started=when_started,
    ).run()


def preload() -> None:
    """Import what the web server and the worker begin with; no connection is left for them to share."""
    gc.disable()
    for module in (*FORKED.values(), HTTP):
        import_module(module)
    for name in settings.MIDDLEWARE:
        import_string(name)
    get_resolver().url_patterns  # noqa: B018 (loads every page's code)
    celery_app.finalize()
    celery_app.loader.import_default_modules()
    warnings.filterwarnings("ignore", message=NO_ADVICE_ON_ROOT)
    connections.close_all()
    # What is loaded by now stays, and its memory is shared: the collector would touch, and so copy, all of it.
    gc.collect()
    gc.freeze()
    gc.enable()


def child_environment(host: str, port: int) -> dict[str, str]:
    return {
        **one_machine.inherited(),
        **one_machine.environment(host, port, settings.VAR_DIR),
        "INBOUND_KEY": webhook_signatures.key().decode(),
        "PYTHONWARNINGS": f"ignore:{NO_ADVICE_ON_ROOT}",
    }


def announce(command: Command, steps: Steps) -> None:
    """Print the address and the login as soon as the site and its worker are up."""
    card = login_card.read()
    deadline = time.monotonic() + STARTED_WITHIN_S
    while time.monotonic() < deadline:
        try:
            urllib.request.urlopen(f"{card['url']}livez", timeout=1).close()  # noqa: S310 (our own address)
        except OSError:
            time.sleep(LOOK_EVERY_S)
            continue
        # Workers say in the database that they are there: asking /healthz would fill the log until they do.
        if not workers.present():
            time.sleep(LOOK_EVERY_S)
            continue
        steps.begin(5, "ready")
        command.tell(f"\n  Miniatures is running at {card['url']}\n{login_of(card)}{late_install.without_torch()}\n")
        return


def login_of(card: dict[str, str]) -> str:
    """Return what a start says of signing in: the demo's login, or that members of other data have theirs."""
    if "password" not in card:
        return "  Log in as one of its members. Ctrl-C stops it.\n"
    return (
        f"  Log in as {card['username']} with the password {card['password']}\n"
        f"  The login and an API token are in {settings.VAR_DIR / 'demo-login.json'}. Ctrl-C stops it.\n"
    )
