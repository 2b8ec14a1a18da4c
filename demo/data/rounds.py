"""Miniatures of the demo: for the mails, for tickets, and for stages of its campaign's pipeline.

Each is tuned on the demo members' verdicts, evaluated once on its test split and put in service by the product's own
services. Recordings replace minutes of engine work.
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
from evaluation.states import Baseline, StudyKind
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
# Planned openings of a test split; another number would change the level of the recorded intervals.
OPENINGS = 1
# Recorded reason for a promotion against a warning: the demo's students are very small.
WHY_PROMOTED = "A part of the demo. How good it is stands on its page."


class Round(NamedTuple):
    """Tuning of a task.

    Attributes:
        student: Slug of the student, and of its recipe unless `recipe` names another.
        filters: Filters of its dataset, in addition to the defaults.
        held_out: Largest number of records in the opening of the test split, whatever the installation's limit.
        baselines: Baselines of the evaluation, in addition to the bare base.
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
        # More epochs and larger batches than in the recipe, at a lower rate: at 5e-3 the student unlearns to copy.
        overrides={
            "learning_rate": 1e-3,
            "epochs": 5,
            "batch_size": 16,
            "dtype": "bf16",
            "eval_every_steps": 100,
            "checkpoint_every_steps": 100,
            "sample_every_steps": 200,
        },
        baselines=(Baseline.FULL_PROMPT, Baseline.EXAMPLES, Baseline.NEAREST),
    ),
    # Tickets accepted in bulk count, and so do near-duplicates.
    TICKET_ROUTING.slug: Round(
        "demo-encoder", "demo-encoder-words", filters={"bulk": "all", "near_duplicates": None}, held_out=308
    ),
    CLAIM_CHECK.slug: Round("demo-encoder"),
    COMPANY_NEWS.slug: Round("demo"),
}
STAGES = tuple(slug for slug in ROUNDS if slug != MAILS)


def miniature_of(slug: str) -> Miniature | None:
    """Return the miniature of a task that is in service; None in a demo without it."""
    promoted = Promotion.objects.filter(miniature__task__slug=slug).values("miniature")
    return Miniature.objects.filter(pk__in=promoted).order_by("created_at").first()


def tune(slug: str, *, by: Member) -> bool:
    """Play a task's run and evaluation back and put its miniature in service, once; return whether it was missing."""
    failed = Job.objects.filter(task_slug=slug, kind__in=("training", "evaluation"), state="failed")
    if miniature_of(slug) is not None or failed.exists():
        return False
    run = do_round(slug, by=by)
    promotion.promote(run.miniature, by=by, override_reason=WHY_PROMOTED)
    return True


def do_round(
    slug: str, *, by: Member, live: frozenset[str] = frozenset(), then: play.Then = play.nothing
) -> TrainingRun:
    """Freeze the verdicts of a task, launch the run unless there is one, and do the jobs that follow.

    Args:
        slug: Task in `ROUNDS`.
        live: Kinds of jobs to do by their own engines.
        then: Receiver of each job that is done.

    Raises:
        RuntimeError: A job did not succeed.
    """
    task, own = Task.objects.get(slug=slug), ROUNDS[slug]
    version = _frozen(task, own, by)
    # The recording is of the evaluation on the test split, the demo's first opening.
    with patch.multiple(settings, EVALUATION_MAX_RECORDS=own.held_out, EVALUATE_AFTER_RUNS=False):
        _teacher_writes(task, limit=own.held_out)
        if not TrainingRun.objects.filter(task=task).exists():
            request = RunRequest(dataset_version=version, student=Student.objects.get(slug=own.student))
            launch_run.launch(request, recipe=own.recipe or own.student, by=by, overrides=own.overrides)
        play.do_waiting(task, live=live, then=then)
        run = TrainingRun.objects.filter(task=task).earliest("created_at")
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
    """Order the teacher's drafts by a fixed seed: the evaluation finds them and orders no others."""
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


def first_version(slug: str = MAILS) -> DatasetVersion | None:
    """Return the first frozen version of a task, which its miniature is tuned on; None before it is frozen."""
    frozen = DatasetVersion.objects.filter(dataset__task__slug=slug, number=1, frozen_at__isnull=False)
    return frozen.order_by("frozen_at").first()


def study(admin: Member) -> bool:
    """Register the recorded studies of the mails' dataset, once, unless the recordings are of other data."""
    version = first_version()
    if version is None or Study.objects.filter(task__slug=MAILS).exists():
        return False
    student = Student.objects.get(slug="demo")
    played = [recorded_study.play(version, student, by=admin, request=each) for each in recorded_study.REQUESTS]
    return any(played)


def transfer(admin: Member) -> bool:
    """Register the recorded transfer between mails and company news, once, unless the recording is of other data."""
    version, news = first_version(), first_version(COMPANY_NEWS.slug)
    if version is None or news is None or Study.objects.filter(kind=StudyKind.TRANSFER, task__slug=MAILS).exists():
        return False
    student, request = Student.objects.get(slug="demo"), recorded_study.TRANSFER
    return recorded_study.play(version, student, by=admin, request=request, others=[news]) is not None
