"""The heartbeat of a process goes on, whatever one beat meets: every job held there lives by it."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from django.db import connections

from jobs.lifecycle import claim
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.supervisor import heartbeat

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN_S = 60


def renewed_again(job: Job, *, within_s: float = WITHIN_S) -> bool:
    """Whether the row's lease ends later than it did."""
    deadline = time.monotonic() + within_s
    while time.monotonic() < deadline:
        if Job.objects.get(pk=job.pk).lease_until > job.lease_until:
            return True
        time.sleep(0.02)
    return False


@pytest.fixture
def held(launch) -> Job:
    job = claim.claim(launch().pk, worker=Worker("w", "host", "boot"))
    assert job is not None
    job.refresh_from_db()
    return job


def test_a_beat_whose_connection_fails_is_followed_by_the_next(held, monkeypatch):
    real, failed = heartbeat.close_old_connections, threading.Event()

    def fail_once() -> None:
        if not failed.is_set():
            failed.set()
            raise RuntimeError("The connection is in the middle of something.")
        real()

    monkeypatch.setattr(heartbeat, "close_old_connections", fail_once)

    with heartbeat.Heartbeat().holding(held.pk, held.fence):
        assert renewed_again(held)
    assert failed.is_set()


def test_a_job_whose_folder_is_gone_does_not_keep_others_from_their_beat(held, tmp_path: Path, launch):
    other = claim.claim(launch().pk, worker=Worker("w", "host", "boot"))
    assert other is not None
    beating = heartbeat.Heartbeat()

    with beating.holding(other.pk, other.fence) as gone, beating.holding(held.pk, held.fence):
        gone.run_dir = tmp_path / "gone"
        held.refresh_from_db()

        assert renewed_again(held)


def test_a_job_taken_while_the_last_beat_ends_has_its_beat(held, monkeypatch):
    ending, taken = threading.Event(), threading.Event()

    class SlowToClose:
        @staticmethod
        def close_all() -> None:
            ending.set()
            taken.wait(WITHIN_S)
            connections.close_all()

    monkeypatch.setattr(heartbeat, "connections", SlowToClose)
    beating = heartbeat.Heartbeat()
    with beating.holding(held.pk, held.fence):
        pass
    assert ending.wait(WITHIN_S)

    with beating.holding(held.pk, held.fence):
        held.refresh_from_db()
        is_renewed = renewed_again(held, within_s=5)
        taken.set()
    assert is_renewed
