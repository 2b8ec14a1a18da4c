"""One press trains: it freezes what is approved, tunes, evaluates on validation records, and says what changed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import PermissionDenied
from django.test import override_settings

from evaluation.models import Evaluation, SplitOpening
from evaluation.rounds import queries, start_round
from jobs.lifecycle import claim, control, reaper
from jobs.lifecycle.claim import Worker
from jobs.models import Job
from jobs.scheduling.clock import database_time_in
from members.models import Member
from review.models import DatasetVersion, Task
from review.states import Role, Split
from tests.evaluation.rounds.conftest import approve, end_run, look
from tests.review import factories
from training.models import TrainingRun
from web.errors import Refusal

pytestmark = pytest.mark.django_db(transaction=True)
Finish = Callable[..., Job]


def test_one_press_leads_to_a_miniature_measured_on_validation_records(
    task: Task, admin: Member, finish: Finish
) -> None:
    job = finish(start_round.start(task, by=admin), right=6)

    run = TrainingRun.objects.get()
    assert (job.state, job.result["run"]) == ("succeeded", str(run.pk))
    assert (run.student.slug, run.recipe_name, run.created_by) == ("demo-encoder", "demo-encoder", admin)
    evaluation = Evaluation.objects.get()
    assert (evaluation.split, len(evaluation.record_ids)) == (Split.VALIDATION, 8)
    assert not SplitOpening.objects.exists()
    found = queries.last(task)
    assert found is not None
    assert found.sentence == "This miniature is right in 75.0 % (65.0 % to 85.0 %) of 8 validation records."


@pytest.mark.slow
def test_a_second_round_says_what_the_new_examples_changed(task: Task, admin: Member, finish: Finish) -> None:
    approve(task, admin, {Split.VALIDATION: 52})
    finish(start_round.start(task, by=admin), right=20)
    approve(task, admin, {Split.TRAIN: 3})

    job = finish(start_round.start(task, by=admin), right=55)

    assert [version.number for version in DatasetVersion.objects.order_by("number")] == [1, 2]
    assert job.result["new_examples"] == 3
    assert job.result["change"]["low"] > 0.4
    found = queries.last(task)
    assert found is not None
    assert found.sentence == (
        "3 new examples moved it from 33.3 to 91.7 % (difference 43.6 to 69.3 points) on 60 validation records."
    )


@pytest.mark.slow
def test_where_nothing_was_approved_since_the_same_version_is_tuned_again(
    task: Task, admin: Member, finish: Finish
) -> None:
    finish(start_round.start(task, by=admin), right=6)

    finish(start_round.start(task, by=admin), right=7)

    assert DatasetVersion.objects.count() == 1
    assert TrainingRun.objects.count() == 2
    found = queries.last(task)
    assert found is not None
    assert found.sentence.startswith("No measurable change yet: 75.0 % before, 87.5 % now (difference −")
    assert found.sentence.endswith(" on 8 validation records, with the same examples.")


def test_a_second_press_while_it_runs_is_refused_plainly(task: Task, admin: Member) -> None:
    start_round.start(task, by=admin)

    with pytest.raises(Refusal, match="training already") as refused:
        start_round.start(task, by=admin)

    assert (refused.value.code, refused.value.status) == ("round_under_way", 409)
    assert Job.objects.filter(kind="round").count() == 1


@pytest.mark.slow
def test_looking_again_begins_nothing_twice(task: Task, admin: Member, step: Path) -> None:
    job = start_round.start(task, by=admin)
    look(DatasetVersion.objects.get().job)

    for worker in ("worker-1", "worker-2", "worker-3"):
        assert look(job, worker).waiting_reason == "Run 1 is under way"
    end_run(TrainingRun.objects.get(), step)
    for worker in ("worker-1", "worker-2"):
        assert look(job, worker).waiting_reason == "Evaluation of run 1 is under way"

    assert (TrainingRun.objects.count(), Evaluation.objects.count()) == (1, 1)


@pytest.mark.slow
def test_a_worker_that_dies_in_a_look_loses_nothing(task: Task, admin: Member, finish: Finish) -> None:
    job = start_round.start(task, by=admin)
    look(job)
    assert claim.claim(job.pk, worker=Worker("dead", "host", "boot")) is not None
    Job.objects.filter(pk=job.pk).update(lease_until=database_time_in(-1))

    assert reaper.reap()["expired"] == 1

    assert finish(job, right=6).state == "succeeded"
    assert (TrainingRun.objects.count(), Evaluation.objects.count()) == (1, 1)


@pytest.mark.slow
def test_the_end_of_a_step_rings_for_the_round(task: Task, admin: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    rings: list[object] = []
    job = look(start_round.start(task, by=admin))
    assert job.state == "waiting"
    monkeypatch.setattr("jobs.lifecycle.notify.send", lambda job_id, queue: rings.append((job_id, queue)) or True)

    look(DatasetVersion.objects.get().job)

    assert (job.pk, "evaluation") in rings


@pytest.mark.slow
def test_a_failed_run_ends_the_round_and_is_resumed_with_it(task: Task, admin: Member, finish: Finish) -> None:
    job = start_round.start(task, by=admin)
    look(DatasetVersion.objects.get().job)
    look(job)
    run = TrainingRun.objects.get()
    Job.objects.filter(pk=run.job_id).update(state="failed", error={"code": "oom", "message": "No memory is left."})

    failed = look(job)

    assert failed.state == "failed"
    assert "No memory is left." in failed.error["message"]
    control.resume(failed, by=admin)
    run.job.refresh_from_db()
    assert run.job.state == "queued"
    assert finish(job, right=6).state == "succeeded"
    assert TrainingRun.objects.count() == 1


@pytest.mark.slow
def test_cancelling_a_round_cancels_its_run_and_the_next_press_begins_another(task: Task, admin: Member) -> None:
    job = start_round.start(task, by=admin)
    look(DatasetVersion.objects.get().job)
    look(job)

    control.cancel(Job.objects.get(pk=job.pk), by=admin)

    assert TrainingRun.objects.get().job.state == "cancelled"
    again = start_round.start(task, by=admin)
    look(again)
    assert TrainingRun.objects.count() == 2


@pytest.mark.slow
@override_settings(EVALUATE_AFTER_RUNS=False)
def test_a_round_evaluates_where_runs_are_not_evaluated_by_themselves(
    task: Task, admin: Member, finish: Finish
) -> None:
    assert finish(start_round.start(task, by=admin), right=6).state == "succeeded"
    assert Evaluation.objects.count() == 1


@pytest.mark.slow
def test_the_run_before_is_evaluated_on_the_same_records_where_it_was_not(
    task: Task, admin: Member, finish: Finish
) -> None:
    finish(start_round.start(task, by=admin), right=6)
    Evaluation.objects.all().delete()

    job = finish(start_round.start(task, by=admin), right=6)

    assert job.result["change"]["records"] == 8
    assert [each.run.number for each in Evaluation.objects.order_by("run__number")] == [1, 2]


def test_only_a_lead_of_a_task_of_labels_with_something_approved_trains(
    admin: Member, make_member: Callable[..., Member]
) -> None:
    prose = factories.make_task(by=admin, slug="mails")
    reviewer = make_member("rosa")
    factories.join(reviewer, prose, Role.REVIEWER)

    with pytest.raises(PermissionDenied):
        start_round.start(prose, by=reviewer)
    with pytest.raises(Refusal, match="no field of this task is a choice") as refused:
        start_round.start(prose, by=admin)

    assert refused.value.code == "no_classifier"
    assert not Job.objects.exists()
