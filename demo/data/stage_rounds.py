"""The demo's miniatures beside the one that writes mails: of tickets, and those that stages of its campaign's pipeline ask.

Each is tuned, evaluated once on its test split and put in service by the product's own services, on what the demo's members
judged; what would take engines minutes is played back, as in the first round of the mails.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple
from unittest.mock import patch

from django.conf import settings

from demo.data import first_round
from demo.data.claim_check import CLAIM_CHECK
from demo.data.company_news import COMPANY_NEWS
from demo.data.ticket_routing import TICKET_ROUTING
from demo.recordings import play
from evaluation.evaluations import open_test_split
from evaluation.models import SplitOpening
from jobs.models import Job
from jobs.supervisor.run_job import run_job
from members.models import Member
from review.datasets import freezing
from review.models import Dataset, DatasetVersion, Task
from serving.models import Promotion
from serving.promotions import promotion
from training.models import Miniature, Student, TrainingRun
from training.runs import launch_run
from training.runs.run_request import RunRequest


class Round(NamedTuple):
    """One tuning of a task.

    Attributes:
        filters: Of its dataset, beside the usual ones.
        held_out: Most records that the test split is opened on.
    """

    student: str
    recipe: str
    filters: Mapping[str, Any] = {}
    held_out: int = first_round.HELD_OUT


# Tickets accepted in bulk count, and so do those that share most of their words.
TICKETS = {"bulk": "all", "near_duplicates": None}
ROUNDS = {
    TICKET_ROUTING.slug: Round("demo-encoder", "demo-encoder-words", TICKETS, held_out=308),
    CLAIM_CHECK.slug: Round("demo-encoder", "demo-encoder"),
    COMPANY_NEWS.slug: Round("demo", "demo"),
}


def tune_all(admin: Member) -> bool:
    """Have the runs and evaluations played back that are missing; returns whether any was."""
    tuned = [_tune(Task.objects.get(slug=slug), by=admin) for slug in ROUNDS]
    return any(tuned)


def miniature_of(slug: str) -> Miniature | None:
    """The miniature of a task that is in service; None in a demo without it."""
    promoted = Promotion.objects.filter(miniature__task__slug=slug).values("miniature")
    return Miniature.objects.filter(pk__in=promoted).order_by("created_at").first()


def _tune(task: Task, *, by: Member) -> bool:
    failed = Job.objects.filter(task_slug=task.slug, kind__in=("training", "evaluation"), state="failed")
    if miniature_of(task.slug) is not None or failed.exists():
        return False
    do_round(task, by=by)
    miniature = Miniature.objects.filter(run__task=task).order_by("created_at").first()
    assert miniature is not None
    promotion.promote(miniature, by=by, override_reason=first_round.WHY_PROMOTED)
    return True


def do_round(
    task: Task, *, by: Member, live: frozenset[str] = frozenset(), then: play.Then = play.nothing
) -> TrainingRun:
    """Freeze what was judged of a task, launch the run, unless it was, and do what follows from it.

    Args:
        task: A task of `ROUNDS`.
        live: Kinds of jobs that their own engines do.
        then: Told each job that is done.

    Raises:
        RuntimeError: A job did not succeed.
    """
    version = _frozen(task, by)
    own = ROUNDS[task.slug]
    with patch.multiple(settings, EVALUATION_MAX_RECORDS=own.held_out, EVALUATE_AFTER_RUNS=False):
        first_round.teacher_writes(task, limit=own.held_out)
        if not TrainingRun.objects.filter(task=task).exists():
            request = RunRequest(dataset_version=version, student=Student.objects.get(slug=own.student))
            launch_run.launch(request, recipe=own.recipe, by=by)
        play.do_waiting(task, live=live, then=then)
        run = TrainingRun.objects.get(task=task)
        if not SplitOpening.objects.filter(task=task).exists():
            open_test_split.open_test_split(run, by=by, planned=first_round.OPENINGS, baselines=())
        play.do_waiting(task, live=live, then=then)
    return run


def _frozen(task: Task, by: Member) -> DatasetVersion:
    name = f"{task.name} golds"
    filters = dict(ROUNDS[task.slug].filters)
    dataset = Dataset.objects.filter(task=task, name=name).first()
    dataset = dataset or freezing.create(task, name=name, by=by, filters=filters)
    version = dataset.versions.order_by("number").first() or freezing.freeze(dataset, by=by, note="What was judged")
    if not version.is_frozen:
        assert version.job_id is not None
        run_job(version.job_id, worker="demo")
        version.refresh_from_db()
    return version
