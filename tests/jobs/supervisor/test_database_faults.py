"""A database that is away for a moment while a result is taken over: the result is kept, and taken over later."""

from __future__ import annotations

import pytest
from django.db import InterfaceError, OperationalError

from jobs.models import Job
from jobs.supervisor import run_job
from tests.jobs.conftest import state_of

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]


@pytest.mark.parametrize("fault", [OperationalError("database is locked"), InterfaceError("connection closed")])
def test_a_result_that_the_database_did_not_take_is_taken_by_the_next_attempt(
    launch, kinds, monkeypatch, ledger, fault
):
    take_over = kinds["counting"].on_finished

    def stumble(job, result, collected):
        monkeypatch.setattr(kinds["counting"], "on_finished", take_over)
        raise fault

    monkeypatch.setattr(kinds["counting"], "on_finished", stumble)
    job = launch(count=3)

    run_job(job.pk, worker="worker-1")
    between = state_of(job)
    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (between, job.state, job.result["total"]) == ("queued", "succeeded", 3)
    assert ledger.read_text().split() == ["1", "2", "3"]
    assert kinds["counting"].ends == ["succeeded"]


def test_a_database_that_never_takes_a_result_fails_the_job_in_the_end(launch, kinds, monkeypatch, settings):
    def refuse(job, result, collected):
        if result.outcome == "succeeded":
            raise OperationalError("database is locked")

    settings.JOB_MAX_ATTEMPTS = 2
    monkeypatch.setattr(kinds["counting"], "on_finished", refuse)
    job = launch(count=3)

    for _ in range(3):
        run_job(job.pk, worker="worker-1")

    job = Job.objects.get(pk=job.pk)
    assert (job.state, job.error["code"]) == ("failed", "database_away")
    assert "database is locked" in job.error["message"]
