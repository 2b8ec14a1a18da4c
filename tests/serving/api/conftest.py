"""A teacher that is paid, a worker that carries out its orders, and routers."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connections

from generation.models import Teacher
from jobs.models import Job
from jobs.states import CLAIMABLE
from jobs.supervisor import run_job
from members.models import Member
from review.models import Task
from serving.models import Router, RouterVersion
from serving.routing import set_thresholds
from tests.generation.provider_server import Provider, Running
from training.models import Miniature


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


@pytest.fixture
def make_version(promoted: Miniature, task: Task, admin: Member) -> Callable[..., RouterVersion]:
    """A router whose miniature takes records of a size up to 100; thresholds as rows,
    for how they are set is not tested here.
    """

    def make(teacher: Teacher, **more: Any) -> RouterVersion:
        router = Router.objects.filter(task=task).first() or set_thresholds.create(task, name="Thrifty", by=admin)
        rule = {"feature": "fact", "fact": "size", "takes_low": True, "thresholds": [100.0], "audit_share": 0.0}
        shares = [{"share": 0.5, "cost_usd": 0.0}] * 2
        return RouterVersion.objects.create(
            router=router, number=router.versions.count() + 1, miniature=promoted, teacher=teacher, margin=0.02,
            confidence=0.95, level=0.95, attempt=1, pairs=9, lost=0, won=0, expected=shares, **rule | more,
        )  # fmt: skip

    return make
