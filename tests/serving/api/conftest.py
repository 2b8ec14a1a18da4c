"""A teacher that is paid, and a worker that carries out its orders."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from generation.models import Teacher
from jobs.models import Job
from jobs.states import CLAIMABLE
from jobs.supervisor import run_job
from tests.generation.provider_server import Provider, Running


@pytest.fixture
def paid(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Teacher]:
    """A teacher that is paid, whose provider answers."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("OPENAI_API_KEY", "sk-canary-0123456789abcdefghij")
    running = Running(Provider())
    yield Teacher.objects.create(
        slug="gpt", name="GPT", provider="openai", model="gpt-4o", base_url=f"{running.url}/v1",
        secret_ref="OPENAI_API_KEY",
    )  # fmt: skip
    running.close()


@pytest.fixture
def worker() -> Iterator[None]:
    """A worker that takes every job that waits."""
    stop = threading.Event()

    def run() -> None:
        while not stop.wait(0.05):
            for job in list(Job.objects.filter(state__in=CLAIMABLE, kind="generation").values_list("pk", flat=True)):
                run_job(job, worker="w")
        connections.close_all()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    stop.set()
    thread.join(20)
