"""A sweep that is paused and resumed: runs rest and wake with it, failed ones are tried again, what was spent stays."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jobs.lifecycle import control
from jobs.models import Job
from members.models import Member
from tests.training.sweeping import end, finish_all, hold, look, runs_of
from training.models import Sweep, TrainingRun
from training.sweeps import queries as selectors

pytestmark = pytest.mark.django_db(transaction=True)


def states(sweep: Sweep) -> list[str]:
    return [str(each.state) for each in selectors.cell_statuses(sweep)]


@pytest.mark.slow
def test_pausing_rests_the_runs_and_resuming_wakes_them_but_not_those_paused_by_hand(
    sweep_of: Callable[..., Sweep], admin: Member
) -> None:
    sweep = sweep_of(at_once=2)
    look(sweep)
    first, second = runs_of(sweep)
    control.pause(Job.objects.get(pk=first.job_id), by=admin)

    control.pause(Job.objects.get(pk=sweep.job_id), by=admin)
    resting = [Job.objects.get(pk=run.job_id).state for run in (first, second)]
    control.resume(Job.objects.get(pk=sweep.job_id), by=admin)
    look(sweep)

    assert resting == ["paused", "paused"]
    assert [Job.objects.get(pk=run.job_id).state for run in (first, second)] == ["queued", "queued"]


def test_a_run_paused_by_hand_alone_stays_so(sweep_of: Callable[..., Sweep], admin: Member) -> None:
    sweep = sweep_of()
    look(sweep)
    (run,) = runs_of(sweep)

    control.pause(Job.objects.get(pk=run.job_id), by=admin)
    job = look(sweep)

    assert states(sweep)[0] == "paused"
    assert job.waiting_reason == "No. 1 is paused"


@pytest.mark.slow
def test_resuming_tries_failed_runs_again_from_what_they_saved(
    sweep_of: Callable[..., Sweep], admin: Member, tmp_path: Path
) -> None:
    sweep = sweep_of()
    look(sweep)
    (run,) = runs_of(sweep)
    end(run.job, "failed", error={"code": "gpu_lost", "message": "the GPU is gone", "hint": ""})
    look(sweep)

    control.pause(Job.objects.get(pk=sweep.job_id), by=admin)
    control.resume(Job.objects.get(pk=sweep.job_id), by=admin)

    assert Job.objects.get(pk=run.job_id).state == "queued"
    assert finish_all(sweep, tmp_path).result["done"] == 4
    assert TrainingRun.objects.filter(sweep_cells__sweep=sweep).count() == 4


@pytest.mark.slow
def test_a_resumed_sweep_has_spent_what_a_cancelled_run_of_it_cost(
    sweep_of: Callable[..., Sweep], admin: Member, tmp_path: Path
) -> None:
    sweep = sweep_of()
    for _ in range(2):
        look(sweep)
        (run,) = runs_of(sweep)
        hold(run, 100)
        end(run.job, "cancelled")
        look(sweep)
        control.pause(Job.objects.get(pk=sweep.job_id), by=admin)
        control.resume(Job.objects.get(pk=sweep.job_id), by=admin)

    job = finish_all(sweep, tmp_path, seconds=10)

    assert job.result["spent_hours"] * 3600 == pytest.approx(2 * 100 + 4 * 10, abs=3)


@pytest.mark.slow
def test_a_run_that_fails_while_its_sweep_is_paused_is_tried_again_on_resume(
    sweep_of: Callable[..., Sweep], admin: Member
) -> None:
    sweep = sweep_of()
    look(sweep)
    (run,) = runs_of(sweep)
    control.pause(Job.objects.get(pk=sweep.job_id), by=admin)
    end(run.job, "failed", error={"code": "x", "message": "no room", "hint": ""})

    control.resume(Job.objects.get(pk=sweep.job_id), by=admin)

    assert states(sweep)[0] == "queued"
