"""An engine that waits for its events to be stored is answered although it never falls silent."""

from __future__ import annotations

import time

import pytest

from jobs.contracts import EngineEvent
from jobs.kinds import registry
from jobs.kinds.base import JobKind
from jobs.models import Job
from jobs.supervisor import run_job

pytestmark = pytest.mark.django_db(transaction=True)


class Chatting(JobKind):
    """Takes longer over what it is told than its engine does over the next."""

    name = "chatting"
    label = "Chatting"
    engine_module = "tests.jobs.engines.chatting"

    def __init__(self) -> None:
        self.stored: list[list[int]] = []

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        self.stored.append([event.seq for event in events])
        time.sleep(0.02)


def test_an_engine_that_reports_without_a_pause_is_heard_all_the_same(launch):
    kind = Chatting()
    registry.register_kind(kind)
    job = launch("chatting")

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert job.result == {"is_heard": True}, job.error
    assert kind.stored[0] == [1], "what it did not wait for was stored before it was answered"
    assert len(kind.stored) > 1
