from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from generation.models import Order, PriceEntry, Teacher
from jobs.kinds import registry
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.models import Source, Task
from review.spec.task_spec import TaskSpec
from review.tasks import authoring
from tests.generation.answering import Answering, Body, answering
from tests.generation.conftest import lead, offline, source, stranger, task, viewer
from tests.generation.engine.conftest import TASK
from tests.generation.test_ingest import run_engine

__all__ = ["lead", "offline", "source", "stranger", "task", "viewer"]

Serve = Callable[..., tuple[Teacher, Answering]]


@pytest.fixture
def serve(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Teachers behind local servers, each answering as it is told to."""
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    monkeypatch.setenv("LOCAL_KEY", "sk-canary-0123456789abcdefghij")
    with ExitStack() as stack:

        def made(
            slug: str, answer: Callable[[Body], str], *, usd: float = 1.0, **over: Any
        ) -> tuple[Teacher, Answering]:
            server = stack.enter_context(answering(answer))
            PriceEntry.objects.update_or_create(
                provider="openai-compatible", model=slug,
                defaults={"input_usd_per_million": usd, "output_usd_per_million": usd, "as_of": "2026-01-01"},
            )  # fmt: skip
            teacher = Teacher.objects.create(
                slug=slug, name=slug.capitalize(), provider="openai-compatible", model=slug, base_url=server.url,
                secret_ref="LOCAL_KEY", parameters={"max_tokens": 50}, **over,
            )  # fmt: skip
            return teacher, server

        yield made


@pytest.fixture
def carry_out(tmp_path: Path) -> Callable[[Order], None]:
    """Runs an order's engine, takes its events in, and tells the consumers of its end."""

    def carried(order: Order) -> None:
        events = run_engine(order, tmp_path)
        registry.KINDS["generation"].on_events(order.job, events)
        Job.objects.filter(pk=order.job_id).update(state=JobState.SUCCEEDED)
        job = Job.objects.get(pk=order.job_id)
        for kinds, consumer in registry.CONSUMERS.values():
            if job.kind in kinds:
                consumer(job)

    return carried


@pytest.fixture
def checked(task: Task, source: Source, lead: Member) -> Task:
    spec = TASK | {"checks": [{"kind": "placeholders"}, {"kind": "call_to_action"}]}
    authoring.new_version(task, spec=TaskSpec.model_validate(spec), by=lead)
    return task
