"""The demo's miniatures: of the mails, of tickets, and those that stages of its campaign's pipeline ask.

Each is tuned, evaluated once on its test split and put in service by the product's own services, on what the demo's members
judged; what would take engines minutes is played back.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, NamedTuple
from unittest.mock import patch

from django.conf import settings

from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.tasks import MAILS
from demo.data.ticket_routing import TICKET_ROUTING
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
from review.models import Dataset, DatasetVersion, Task
from review.states import Split
from serving.models import Promotion
from serving.promotions import promotion
from training.models import Miniature, Student, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest

SEED = 2026
# Planned of a test split; another number changes the level of the intervals that were recorded.
OPENINGS = 1
# Kept where something stands in the way of a promotion: the demo's students are very small.
WHY_PROMOTED = "A part of the demo. How good it is stands on its page."


class Round(NamedTuple):
    """One tuning of a task.

    Attributes:
        student: Its recipe has the same name, unless `recipe` gives another.
        filters: Of its dataset, beside the usual ones.
        held_out: Most records that the test split is opened on, whatever an installation allows itself.
        baselines: Compared with the run, beside the bare base.
    """

    student: str
    recipe: str = ""
    dataset: str = ""
    note: str = "What was judged"
    filters: Mapping[str, Any] = {}
    overrides: Mapping[str, Any] = {}
    held_out: int = 200
    baselines: tuple[Baseline, ...] = ()


ROUNDS = {
    MAILS: Round(
        "demo",
        dataset="Outreach golds",
        note="What two reviewers judged in a week",
        # More passes in larger steps than the recipe's three: so small a student learns to spell names last.
        overrides={
            "epochs": 6,
            "batch_size": 16,
            "eval_every_steps": 100,
            "checkpoint_every_steps": 100,
            "sample_every_steps": 200,
        },
        baselines=(Baseline.FULL_PROMPT, Baseline.EXAMPLES, Baseline.NEAREST),
    ),
    # Tickets accepted in bulk count, and so do those that share most of their words.
    TICKET_ROUTING.slug: Round(
        "demo-encoder", "demo-encoder-words", filters={"bulk": "all", "near_duplicates": None}, held_out=308
    ),
    CLAIM_CHECK.slug: Round("demo-encoder"),
    COMPANY_NEWS.slug: Round("demo"),
}
STAGES = tuple(slug for slug in ROUNDS if slug != MAILS)


def miniature_of(slug: str) -> Miniature | None:
    """The miniature of a task that is in service; None in a demo without it."""
    promoted = Promotion.objects.filter(miniature__task__slug=slug).values("miniature")
    return Miniature.objects.filter(pk__in=promoted).order_by("created_at").first()


def tune(slug: str, *, by: Member) -> bool:
    """Have a task's run and evaluation played back and its miniature put in service, once; returns whether it was missing."""
    failed = Job.objects.filter(task_slug=slug, kind__in=("training", "evaluation"), state="failed")
    if miniature_of(slug) is not None or failed.exists():
        return False
    run = do_round(slug, by=by)
    promotion.promote(run.miniature, by=by, override_reason=WHY_PROMOTED)
    return True


def do_round(
    slug: str, *, by: Member, live: frozenset[str] = frozenset(), then: play.Then = play.nothing
) -> TrainingRun:
    """Freeze what was judged of a task, launch the run, unless it was, and do what follows from it.

    Args:
        slug: A task of `ROUNDS`.
        live: Kinds of jobs that their own engines do.
        then: Told each job that is done.

    Raises:
        RuntimeError: A job did not succeed.
    """
    task, own = Task.objects.get(slug=slug), ROUNDS[slug]
    version = _frozen(task, own, by)
    # What was recorded is the evaluation on the test split: the demo's first opening of it.
    with patch.multiple(settings, EVALUATION_MAX_RECORDS=own.held_out, EVALUATE_AFTER_RUNS=False):
        _teacher_writes(task, limit=own.held_out)
        if not TrainingRun.objects.filter(task=task).exists():
            request = RunRequest(dataset_version=version, student=Student.objects.get(slug=own.student))
            launch_run.launch(request, recipe=own.recipe or own.student, by=by, overrides=own.overrides)
        play.do_waiting(task, live=live, then=then)
        run = TrainingRun.objects.get(task=task)
        if not SplitOpening.objects.filter(task=task).exists():
            open_test_split.open_test_split(run, by=by, planned=OPENINGS, baselines=own.baselines)
        play.do_waiting(task, live=live, then=then)
    return run


def _frozen(task: Task, own: Round, by: Member) -> DatasetVersion:
    name = own.dataset or f"{task.name} golds"
    dataset = Dataset.objects.filter(task=task, name=name).first()
    dataset = dataset or freezing.create(task, name=name, by=by, filters=dict(own.filters))
    version = dataset.versions.order_by("number").first() or freezing.freeze(dataset, by=by, note=own.note)
    if not version.is_frozen:
        assert version.job_id is not None
        run_job(version.job_id, worker="demo")
        version.refresh_from_db()
    return version


def _teacher_writes(task: Task, *, limit: int) -> None:
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


def first_version() -> DatasetVersion | None:
    """The frozen version of the mails' first week; None before it is frozen."""
    return DatasetVersion.objects.filter(
        dataset__task__slug=MAILS, dataset__name=ROUNDS[MAILS].dataset, number=1, frozen_at__isnull=False
    ).first()


def study(admin: Member) -> bool:
    """Register the recorded study of the mails' dataset, once; none where what was measured was other data."""
    version = first_version()
    if version is None or Study.objects.filter(task__slug=MAILS).exists():
        return False
    return recorded_study.play(version, Student.objects.get(slug="demo"), by=admin) is not None
