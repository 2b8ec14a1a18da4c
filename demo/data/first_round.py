"""The demo's first round, so that a new user finds every page in use: a frozen version, a run, its evaluation, a miniature in service.

Done by the product's own services on what the demo's members judged; what would take engines minutes is played back.
"""

from __future__ import annotations

from decimal import Decimal
from unittest.mock import patch

from django.conf import settings
from django.db.models import Q, QuerySet

from demo.data.tasks import MAILS
from demo.recordings import play
from demo.recordings import study as recorded_study
from evaluation.evaluations import inputs, open_test_split
from evaluation.models import SplitOpening, Study
from evaluation.states import Baseline
from generation.models import Order, Teacher
from generation.orders import launch
from generation.states import Purpose
from generation.teachers.seeds import OFFLINE_SLUG
from jobs.models import Job
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.datasets import freezing
from review.models import Dataset, DatasetVersion, Decision, Task
from review.states import Split
from serving.models import Promotion
from serving.promotions import promotion
from training.models import Miniature, Student, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest

DATASET = "Outreach golds"
TUNING = "tuning a miniature and evaluating it, played back from a recording"
# All of the demo's held-out records, whatever an installation allows itself.
HELD_OUT = 200
SEED = 2026
# More passes in larger steps than the recipe's three: so small a student learns to spell names last.
LONGER = {
    "epochs": 6,
    "batch_size": 16,
    "eval_every_steps": 100,
    "checkpoint_every_steps": 100,
    "sample_every_steps": 200,
}
# Planned of its test split; another number changes the level of the intervals that were recorded.
OPENINGS = 1
# What the run is compared with beside the bare base: that base asked as well as it can be, and what costs nothing.
# Kept where something stands in the way of a promotion: the demo's students are very small.
WHY_PROMOTED = "A part of the demo. How good it is stands on its page."
BASELINES = (Baseline.FULL_PROMPT, Baseline.EXAMPLES, Baseline.NEAREST)
# Records that no evaluation asks about: the more of them are judged, the better the miniature writes.
FOR_TRAINING = "Further prospects, for training"
# How many drafts each demo member judges in the first week, alone: the same ones in every load.
FIRST_WEEK = (("rosa", 305), ("ben", 275))


def freeze(admin: Member) -> bool:
    """Freeze what was judged in the first week."""
    task = Task.objects.get(slug=MAILS)
    if Dataset.objects.filter(task=task).exists():
        return False
    version = freezing.freeze(
        freezing.create(task, name=DATASET, by=admin), by=admin, note="What two reviewers judged in a week"
    )
    assert version.job_id is not None
    run_job(version.job_id, worker="demo")
    return True


def decisions(task: Task) -> QuerySet[Decision]:
    """Verdicts on drafts of the first prospects: those that are for training alone do not count."""
    return Decision.objects.filter(task=task).exclude(draft__record__source__name=FOR_TRAINING)


def tune(admin: Member) -> bool:
    """Have a run and its evaluation played back, once."""
    task = Task.objects.get(slug=MAILS)
    round_jobs = Job.objects.filter(task_slug=task.slug, kind__in=("training", "evaluation"))
    if (
        first_version(task) is None
        or round_jobs.filter(Q(state="failed") | Q(kind="evaluation", state="succeeded")).exists()
    ):
        return False
    do_round(admin)
    return True


def first_version(task: Task) -> DatasetVersion | None:
    """The frozen version of the first week; None before it is frozen."""
    return DatasetVersion.objects.filter(
        dataset__task=task, dataset__name=DATASET, number=1, frozen_at__isnull=False
    ).first()


def do_round(admin: Member, *, live: frozenset[str] = frozenset(), then: play.Then = play.nothing) -> None:
    """Launch the run, unless it was, and do what follows from it.

    Args:
        live: Kinds of jobs that their own engines do.
        then: Told each job that is done.
    """
    task = Task.objects.get(slug=MAILS)
    # What was recorded is the evaluation on the test split: the demo's first opening of it.
    with patch.multiple(settings, EVALUATION_MAX_RECORDS=HELD_OUT, EVALUATE_AFTER_RUNS=False):
        teacher_writes(task)
        version = first_version(task)
        assert version is not None
        if not TrainingRun.objects.filter(task=task).exists():
            request = RunRequest(dataset_version=version, student=Student.objects.get(slug="demo"))
            launch_run.launch(request, recipe="demo", by=admin, overrides=LONGER)
        play.do_waiting(task, live=live, then=then)
        if not SplitOpening.objects.filter(task=task).exists():
            run = TrainingRun.objects.get(task=task)
            open_test_split.open_test_split(run, by=admin, planned=OPENINGS, baselines=BASELINES)
        play.do_waiting(task, live=live, then=then)


def teacher_writes(task: Task, *, limit: int = HELD_OUT) -> None:
    """Order what the evaluation compares with, by a seed of our own: the evaluation finds it and orders no other."""
    if Order.objects.filter(task=task, purpose=Purpose.EVALUATION).exists():
        return
    records = inputs.held_out(task, Split.TEST, limit=limit)
    launch.launch(
        launch.OrderRequest(
            task,
            teacher=Teacher.objects.get(slug=OFFLINE_SLUG),
            count=len(records),
            by=None,
            record_ids=records,
            purpose=Purpose.EVALUATION,
            max_cost_usd=Decimal(str(settings.EVALUATION_TEACHER_BUDGET_USD)),
            seed=SEED,
        )
    )


def promote(admin: Member) -> bool:
    """Put the round's miniature in service: the worker that starts first loads it."""
    version = first_version(Task.objects.get(slug=MAILS))
    miniature = Miniature.objects.filter(run__dataset_version=version, run__number=1).first()
    if version is None or miniature is None or Promotion.objects.filter(miniature=miniature).exists():
        return False
    promotion.promote(miniature, by=admin, override_reason=WHY_PROMOTED)
    return True


def study(admin: Member) -> bool:
    """Register the recorded study of the round's dataset, once; none where what was measured was other data."""
    task = Task.objects.get(slug=MAILS)
    version = first_version(task)
    if version is None or Study.objects.filter(task=task).exists():
        return False
    return recorded_study.play(version, Student.objects.get(slug="demo"), by=admin) is not None
