"""A study goes on cell by cell: it holds no worker, survives what dies, passes stops on, and says what failed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from evaluation.models import Evaluation, Measurement, Study, StudyVerdict
from evaluation.states import CellState
from evaluation.studies import queries as selectors
from jobs.lifecycle import claim, control, reaper
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.scheduling.clock import database_time_in
from members.models import Member
from tests.evaluation.studies.conftest import end, finish_all, look, score, train
from training.models import TrainingRun

pytestmark = pytest.mark.django_db(transaction=True)


def states(study: Study) -> list[str]:
    return [str(selectors.cell_status(cell).state) for cell in selectors.cells(study)]


def runs_of(study: Study) -> list[TrainingRun]:
    return list(TrainingRun.objects.filter(measurement__cells__study=study).select_related("job").order_by("number"))


def test_two_cells_are_begun_at_once_and_no_worker_is_held_meanwhile(register: Callable[..., Study]) -> None:
    study = register()

    job = look(study)

    assert states(study) == ["queued", "queued", "open", "open"]
    assert (job.state, job.worker, job.lease_until) == ("waiting", "", None)
    assert job.waiting_reason == "cell 1 is under way, cell 2 is under way"
    assert job.progress == {"done": 0, "total": 4, "unit": "cells"}
    assert [run.sample["records"] for run in runs_of(study)] == [10, 10]


@pytest.mark.slow
def test_looking_again_begins_nothing_twice(register: Callable[..., Study]) -> None:
    study = register()

    for _ in range(3):
        look(study)

    assert len(runs_of(study)) == 2


@pytest.mark.slow
def test_a_run_that_ended_is_scored_and_the_next_cell_begins(register: Callable[..., Study], tmp_path: Path) -> None:
    study = register()
    look(study)
    first = study.cells.get(position=1).measurement

    train(first, tmp_path)
    look(study)
    score(first)
    look(study)

    assert states(study) == ["done", "queued", "queued", "open"]
    assert not Evaluation.objects.exists()


@pytest.mark.slow
def test_it_ends_with_a_verdict(register: Callable[..., Study], tmp_path: Path) -> None:
    study = register()

    job = finish_all(study, tmp_path)

    verdict = StudyVerdict.objects.get(study=study).body
    assert job.result["sentence"] == verdict["sentence"]
    assert verdict["missing"] == []
    assert [row["state"] for row in verdict["cells"]] == ["done"] * 4
    assert verdict["record_is_intact"]


@pytest.mark.slow
def test_what_another_study_measured_is_not_run_again(register: Callable[..., Study], tmp_path: Path) -> None:
    earlier = register()
    finish_all(earlier, tmp_path)
    before = TrainingRun.objects.count()

    again = register()
    job = look(again)

    assert job.state == "succeeded"
    assert TrainingRun.objects.count() == before
    assert all(again.cells.values_list("is_reused", flat=True))
    # Nor is it assumed how far losses scatter, once a study has told it.
    assert earlier.record["outlook"]["scatter"]["source"].startswith("assumed")
    assert again.record["outlook"]["scatter"]["source"].startswith("of the study registered on")


@pytest.mark.slow
def test_two_studies_at_once_train_a_shared_cell_once(register: Callable[..., Study], tmp_path: Path) -> None:
    one, other = register(), register()

    look(one)
    look(other)
    finish_all(one, tmp_path)

    assert look(other).state == "succeeded"
    assert TrainingRun.objects.count() == 4


@pytest.mark.slow
def test_a_failed_cell_is_said_and_the_others_go_on(register: Callable[..., Study], tmp_path: Path) -> None:
    study = register()
    look(study)
    end(runs_of(study)[0].job, "failed", error={"code": "diverged", "message": "step 3: the loss is NaN", "hint": ""})

    job = finish_all(study, tmp_path)

    missing = StudyVerdict.objects.get(study=study).body["missing"]
    assert job.state == "succeeded"
    assert job.result["ended_well"] == 3
    assert len(missing) == 1
    assert "step 3: the loss is NaN" in missing[0]["reason"]


@pytest.mark.slow
def test_a_study_none_of_whose_cells_ended_well_fails_and_tries_them_again_when_resumed(
    register: Callable[..., Study], admin: Member, tmp_path: Path
) -> None:
    study = register()
    while (job := look(study)).state == "waiting":
        for run in runs_of(study):
            if run.job.state == "queued":
                end(run.job, "failed", error={"code": "x", "message": "no room", "hint": ""})

    control.resume(job, by=admin)

    assert job.state == "failed"
    assert "no room" in job.error["message"]
    assert states(study) == ["open"] * 4
    assert finish_all(study, tmp_path).state == "succeeded"
    assert TrainingRun.objects.count() == 4


@pytest.mark.slow
def test_pausing_a_study_pauses_its_runs_and_resuming_sets_them_going(
    register: Callable[..., Study], admin: Member, tmp_path: Path
) -> None:
    study = register()
    look(study)
    running = runs_of(study)[0].job
    Job.objects.filter(pk=running.pk).update(state="running", lease_until=database_time_in(60), fence=1)

    control.pause(Job.objects.get(pk=study.job_id), by=admin)
    paused = [run.job.state for run in runs_of(study)]
    Job.objects.filter(pk=running.pk).update(state="paused", lease_until=None)
    control.resume(Job.objects.get(pk=study.job_id), by=admin)

    assert paused == ["pausing", "paused"]
    assert [run.job.state for run in runs_of(study)] == ["queued", "queued"]


@pytest.mark.slow
def test_a_run_that_was_still_stopping_when_the_study_was_resumed_is_woken_by_the_next_look(
    register: Callable[..., Study], admin: Member
) -> None:
    study = register()
    look(study)
    first = runs_of(study)[0].job
    Job.objects.filter(pk=first.pk).update(state="running", lease_until=database_time_in(60), fence=1)
    control.pause(Job.objects.get(pk=study.job_id), by=admin)
    control.resume(Job.objects.get(pk=study.job_id), by=admin)
    Job.objects.filter(pk=first.pk).update(state="paused", lease_until=None)

    look(study)

    assert runs_of(study)[0].job.state == "queued"


@pytest.mark.slow
def test_a_run_that_a_person_paused_stays_paused_until_the_study_is_resumed(
    register: Callable[..., Study], admin: Member
) -> None:
    study = register()
    look(study)
    control.pause(runs_of(study)[0].job, by=admin)

    look(study)

    assert states(study)[0] == "paused"
    assert "cell 1 is paused" in Job.objects.get(pk=study.job_id).waiting_reason


@pytest.mark.slow
def test_a_shared_run_goes_on_when_only_one_of_its_studies_is_paused(
    register: Callable[..., Study], admin: Member
) -> None:
    one, other = register(), register()
    look(one)
    look(other)

    control.pause(Job.objects.get(pk=one.job_id), by=admin)
    once = {run.job.state for run in runs_of(one)}
    control.cancel(Job.objects.get(pk=other.job_id), by=admin)

    assert once == {"queued"}
    assert {run.job.state for run in runs_of(one)} == {"cancelled"}


@pytest.mark.slow
def test_cancelling_a_study_cancels_its_runs_and_keeps_what_was_measured(
    register: Callable[..., Study], admin: Member, tmp_path: Path
) -> None:
    study = register()
    look(study)
    first = study.cells.get(position=1).measurement
    train(first, tmp_path)
    look(study)
    score(first)

    control.cancel(Job.objects.get(pk=study.job_id), by=admin)

    assert sorted(run.job.state for run in runs_of(study)) == ["cancelled", "succeeded"]
    assert states(study) == ["done", "failed", "open", "open"]
    again = register()
    assert again.cells.get(position=1).is_reused
    assert finish_all(again, tmp_path).state == "succeeded"


@pytest.mark.slow
def test_a_worker_that_dies_in_a_look_loses_nothing(register: Callable[..., Study], tmp_path: Path) -> None:
    study = register()
    look(study)
    dead = claim.claim(study.job_id, worker=Worker("dead", "host", "boot"))
    assert dead is not None
    Job.objects.filter(pk=study.job_id).update(lease_until=database_time_in(-1))

    found = reaper.reap()

    assert found["expired"] == 1
    assert finish_all(study, tmp_path).state == "succeeded"
    assert len(runs_of(study)) == 4


def test_a_look_whose_fence_has_passed_on_changes_nothing(register: Callable[..., Study]) -> None:
    from evaluation.studies import advance

    study = register()

    with pytest.raises(claim.AttemptLost):
        advance.look(study.pk, fence=7)

    assert states(study) == [str(CellState.OPEN)] * 4
    assert not TrainingRun.objects.exists()


@pytest.mark.slow
def test_the_end_of_a_cell_rings_for_the_study(register: Callable[..., Study], monkeypatch: Any) -> None:
    rings: list[Any] = []
    study = register()
    look(study)
    monkeypatch.setattr("jobs.lifecycle.notify.send", lambda job_id, queue: rings.append((job_id, queue)) or True)

    end(runs_of(study)[0].job, "failed", error={"code": "x", "message": "no", "hint": ""})

    assert (study.job_id, "evaluation") in rings


@pytest.mark.slow
def test_a_lost_ring_is_made_good_by_the_reaper(register: Callable[..., Study]) -> None:
    study = register()
    look(study)
    Job.objects.filter(pk=study.job_id).update(rung_at=database_time_in(-settings.JOB_RERING_S - 1))

    assert reaper.reap()["rung"] >= 1


def test_a_plan_whose_preset_has_changed_since_fails_its_cell_and_says_so(register: Callable[..., Study]) -> None:
    study = register()
    first = study.cells.get(position=1).measurement
    Measurement.objects.filter(pk=first.pk).update(plan={**first.plan, "recipe": {**first.plan["recipe"], "alpha": 1}})

    look(study)

    assert states(study)[:2] == ["failed", "queued"]
    assert "not what was registered" in study.cells.get(position=1).problem
    assert not TrainingRun.objects.filter(sample__seed=1, sample__records=10).exists()
