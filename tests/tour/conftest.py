"""The whole product as a new user starts it: `manage.py up` in a copy of its own, once for all tours.

The copy lies in a folder whose name has a space in it, as folders of users do.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.postgres_server import free_port

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROOT = Path(__file__).resolve().parent.parent.parent
# Bytecode that another pass is writing has a number behind its name, and is gone before it could be copied.
NO_PART = (".git", "var", "tests", "docs", "benchmarks", ".*_cache", ".venv", "*.egg-info", "*.pyc.*")
STARTED_WITHIN_S = 600
# A dozen held-out records show the same as a hundred, and a job whose turn has come need not wait to be called again.
# A mail of a tour is clicked as soon as it has come; how a scanner is told from a reader is tested elsewhere. Everybody
# waits for the tours, so their engines give way to no other pass. How fast a killed one is back is a drill's question.
FASTER = {
    "EVALUATION_MAX_RECORDS": "12", "JOB_REAPER_EVERY_S": "2", "JOB_RERING_S": "1", "CLICK_TOO_SOON_S": "0",
    "JOB_ENGINE_NICE": "0", "SERVING_SPARE": "0", "SLOW_FIGURES_S": "3600",
}  # fmt: skip
PATIENCE_MS = 60_000
# `manage.py up` with the demo's first task alone, by its loaders: the loop goes through no other, and most of the
# loading is theirs.
FIRST_TASK_ALONE = """
import django, sys
django.setup()
from functools import partial
from pathlib import Path
from django.core.management import execute_from_command_line
from demo.data import load
from miniatures_site import one_machine
one_machine.DEMO_SNAPSHOT = Path("none")
load.load = partial(load.load, until="importing 40 drafts written by hand")
execute_from_command_line(["manage.py", "up", *sys.argv[1:]])
"""
TASK = "outreach-e-mail"
# What the desk shows a reviewer for whom no card is left: all are judged, or others have the rest.
NONE_LEFT = ":is([data-gap=done], [data-gap=others]):not([hidden])"
# A run's time is its rows times its epochs: with few of the rows, one epoch more teaches enough to write mails with.
FIRST_PROSPECTS = "demo-prospects"
ONE_OF_EACH_COMPANY = {"cap_per_group": 1, "sources": [FIRST_PROSPECTS]}
LEARNS_TO_WRITE = {"epochs": 4}


@dataclass
class Stack:
    """A running product."""

    url: str
    username: str
    password: str
    token: str
    var: Path
    process: subprocess.Popen[bytes]
    started_in_s: float

    def get(self, path: str) -> Any:
        """JSON of an API path, with the demo token."""
        return self.call("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """POST JSON with the demo token; returns the JSON answered."""
        return self.call("POST", path, body, **headers)

    def call(self, method: str, path: str, body: dict[str, Any] | None = None, **headers: str) -> Any:
        """One request of the API; an error status raises with the problem's text."""
        request = urllib.request.Request(
            f"{self.url.rstrip('/')}/api/v1/{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
                **{name.replace("_", "-"): value for name, value in headers.items()},
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=90) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.code} {error.read().decode()}") from error

    def row_of(self, version: dict[str, Any]) -> dict[str, Any]:
        """The first validation row of a frozen version, as a trainer reads it."""
        request = urllib.request.Request(
            f"{self.url}api/v1/dataset-versions/{version['id']}/rows.jsonl?format=sft&split=validation",
            headers={"Authorization": f"Bearer {self.token}"},
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return dict(json.loads(answer.readline()))

    def wait_for_job(self, job: str, *, timeout_s: float = 900) -> dict[str, Any]:
        """Wait until a job has ended; fails with its error unless it succeeded."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            found = self.get(f"jobs/{job}/")
            if found["state"] in ("succeeded", "failed", "cancelled"):
                assert found["state"] == "succeeded", found
                return dict(found)
            time.sleep(0.3)
        raise AssertionError(f"The job {job} has not ended in {timeout_s} s: {self.get(f'jobs/{job}/')}")


def copied(folder: Path) -> Path:
    """A copy of the product without its data."""
    checkout = folder / "my miniatures"
    shutil.copytree(ROOT, checkout, ignore=shutil.ignore_patterns(*NO_PART))
    return checkout


def start(
    checkout: Path,
    port: int,
    *,
    other_var: Path | None = None,
    line: tuple[str, ...] = (sys.executable, "manage.py", "up"),
) -> Stack:
    """Start everything in a copy of the product, on its own data unless told otherwise,
    and wait until it is healthy.
    """
    var = other_var or checkout / "var"
    var.mkdir(exist_ok=True)
    own = ("TEST_", "DJANGO_", "VAR_DIR", "MINIATURES_HOME", "PYTHONPATH")
    environment = {key: value for key, value in os.environ.items() if not key.startswith(own)}
    environment |= {"DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev", **FASTER}
    if other_var:
        environment["VAR_DIR"] = str(other_var)
    began = time.monotonic()
    log = (var / "up.log").open("ab")
    process = subprocess.Popen(
        [*line, "--port", str(port)],
        cwd=checkout,
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    while time.monotonic() - began < STARTED_WITHIN_S:
        if process.poll() is not None:
            raise AssertionError(f"It ended with {process.returncode}:\n{(var / 'up.log').read_text()[-4000:]}")
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as answer:
                assert json.loads(answer.read())["workers"] >= 1
                break
        except OSError:
            time.sleep(0.1)
    else:
        os.killpg(process.pid, signal.SIGKILL)
        raise AssertionError(f"Not healthy in {STARTED_WITHIN_S} s:\n{(var / 'up.log').read_text()[-4000:]}")
    card = json.loads((var / "demo-login.json").read_text())
    return Stack(var=var, process=process, started_in_s=time.monotonic() - began, **card)


def stop(stack: Stack) -> None:
    """Ctrl-C, then make sure that nothing is left."""
    stack.process.send_signal(signal.SIGINT)
    try:
        stack.process.wait(20)
    except subprocess.TimeoutExpired:
        os.killpg(stack.process.pid, signal.SIGKILL)
        stack.process.wait(5)


def a_frozen_version(stack: Stack) -> dict[str, Any]:
    found = stack.get(f"datasets/?task={TASK}")["results"]
    new = {"task": TASK, "name": "At work", "filters": ONE_OF_EACH_COMPANY}
    slug = found[0]["slug"] if found else stack.post("datasets/", new)["slug"]
    started = stack.post(f"datasets/{slug}/versions/", {"note": "for the campaign"})
    stack.wait_for_job(started["job"])
    return dict(stack.get(f"dataset-versions/{started['id']}/"))


def a_miniature(stack: Stack) -> dict[str, Any]:
    """The best taught: the demo's own, or one that an earlier tour left."""
    known = [one for one in stack.get("miniatures/")["results"] if one["method"] == "lora"]
    return dict(max(known, key=lambda one: one["summary"]["steps"]))


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running demo, until the last tour of this process."""
    running = start(copied(tmp_path_factory.mktemp("tour")), free_port())
    yield running
    stop(running)


@pytest.fixture(scope="module")
def page(stack: Stack, browser: Browser) -> Iterator[Page]:
    """A tab of a signed-in admin; an error of a script on any page fails the module."""
    from playwright.sync_api import expect

    expect.set_options(timeout=PATIENCE_MS)
    context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    # Collected and not raised: an exception inside the handler would end Playwright's own loop.
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.goto("/")
    tab.fill("[name=login]", stack.username)
    tab.fill("[name=password]", stack.password)
    tab.keyboard.press("Enter")
    tab.wait_for_url(stack.url)
    yield tab
    context.close()
    assert errors == []
