"""A disk that fills up under a job: the job says so, and nothing is lost."""

from __future__ import annotations

import errno
import os

import pytest

from jobs.rundir import identity
from jobs.supervisor import run_job
from tests.jobs.conftest import state_of
from web.disk import full_disk

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_a_disk_that_fills_up_under_inline_work_is_told_with_the_way_out(launch, kinds, monkeypatch, number):
    def fill(job, attempt):
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(kinds["inline"], "run_inline", fill)
    job = launch("inline")

    run_job(job.pk, worker="worker-1")

    job.refresh_from_db()
    assert (job.state, job.error["code"]) == ("failed", "no_space")
    assert identity.host_id() in job.error["message"]
    assert "resume" in job.error["hint"]


@pytest.mark.slow
def test_results_that_a_full_disk_did_not_take_are_stored_by_the_next_attempt(launch, kinds, monkeypatch, ledger):
    collect = kinds["counting"].collect

    def fill(job, result, run_dir):
        monkeypatch.setattr(kinds["counting"], "collect", collect)
        raise full_disk.refusal("a file was stored", "/artefacts")

    monkeypatch.setattr(kinds["counting"], "collect", fill)
    job = launch(count=3)

    run_job(job.pk, worker="worker-1")
    run_job(job.pk, worker="worker-1")

    assert state_of(job) == "succeeded"
    assert ledger.read_text().split() == ["1", "2", "3"]
