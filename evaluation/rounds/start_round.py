"""Order a round of a task of labels: freeze what is approved, tune an encoder on it, evaluate it on validation records.

The spec of its job names the version, the student and the recipe; how far it is stands in their rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from django.db import transaction
from django.urls import reverse

from evaluation.rounds import queries
from evaluation.rounds.queries import KIND
from jobs.lifecycle import control
from jobs.models import Job
from jobs.states import JobState
from members.models import Member
from review.datasets import freezing
from review.models import Dataset, Gold, Task
from review.states import POSITIVE, Role, Split
from review.tasks.permissions import require
from training.models import Student, TrainingRun
from training.recipes import presets
from training.recipes.architecture import kind_of_family
from training.runs.forms import first_choice
from training.runs.run_request import why_no_classifier
from training.states import RunPurpose
from training.students import queries as students
from training.students.shipped import SHIPPED
from web.errors import Refusal

# From so many approved examples on, the shipped encoder adds nothing to what their words tell.
ENOUGH_FOR_WORDS: Final = 1000
_DATASET: Final = "Approved examples"


@dataclass(frozen=True, slots=True)
class RoundPlan:
    """Student and recipe of the next round.

    Attributes:
        before: The last run that left a miniature, which the round is compared with; None in the first round.
    """

    student: Student
    recipe: str
    overrides: dict[str, Any]
    before: TrainingRun | None


@transaction.atomic
def start(task: Task, *, by: Member) -> Job:
    """Order a round; one at a time in a task.

    Args:
        by: A lead of the task.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, a round is under way; 422, nothing is approved, the task has no classifier, or no encoder is
            registered.
    """
    require(by, task, Role.LEAD)
    # The task's row is the lock under which rounds are begun.
    Task.objects.select_for_update().get(pk=task.pk)
    if queries.under_way(task) is not None:
        raise Refusal(
            "round_under_way",
            "This task is training already.",
            hint="Wait until it has ended, or cancel it.",
            status=409,
        )
    plan = plan_of(task)
    version = freezing.freeze(_dataset(task, plan, by), by=by)
    round_id = uuid4()
    return control.launch(
        kind=KIND,
        title=f"Train: {presets.PRESETS[plan.recipe].label} on {plan.student.name}",
        spec={
            "round": str(round_id),
            "version": str(version.pk),
            "student": plan.student.slug,
            "recipe": plan.recipe,
            "overrides": plan.overrides,
            "after_run": queries.newest_number(task),
            "before": str(plan.before.pk) if plan.before else None,
        },
        by=by,
        task_slug=task.slug,
        subject_id=round_id,
        subject_url=reverse("evaluation:round", args=[task.slug]),
    )


def plan_of(task: Task) -> RoundPlan:
    """Student and recipe of the next round: those of the last run with an encoder, else the encoder that fits.

    Raises:
        Refusal: 422, the task has no classifier, or no encoder is registered.
    """
    if why := why_no_classifier(task):
        raise Refusal("no_classifier", f"Train tunes a classifier, and {why}.", hint="Launch a run under Training.")
    before = _last_run(task)
    if before is not None:
        return RoundPlan(before.student, before.recipe_name, before.overrides, before)
    registered = list(students.all_students())
    choice = first_choice(registered, recipe="", student="", no_classifier="")
    student = next((each for each in registered if each.slug == choice["student"]), None)
    if student is None or kind_of_family(student.model_type) != "encoder":
        raise Refusal("no_encoder", "No encoder is registered to tune.", hint="Register one under Students.")
    approved = Gold.objects.filter(task=task, verdict__in=POSITIVE, draft__record__split=Split.TRAIN)
    of_many = SHIPPED[student.slug].of_many if student.slug in SHIPPED else ""
    is_large = bool(of_many) and approved.count() >= ENOUGH_FOR_WORDS
    return RoundPlan(student, of_many if is_large else choice["recipe"], {}, None)


def _last_run(task: Task) -> TrainingRun | None:
    runs = TrainingRun.objects.filter(
        task=task, purpose=RunPurpose.MINIATURE, job__state=JobState.SUCCEEDED, miniature__isnull=False
    )
    newest = runs.select_related("student", "dataset_version__dataset").order_by("-number")
    return next((run for run in newest[:20] if run.is_classifier and run.recipe_name in presets.PRESETS), None)


def _dataset(task: Task, plan: RoundPlan, by: Member) -> Dataset:
    """The dataset of the last run, else the task's first; a new one of all that is approved where there is none."""
    if plan.before is not None:
        return plan.before.dataset_version.dataset
    first = Dataset.objects.filter(task=task).order_by("created_at").first()
    return first or freezing.create(task, name=_DATASET, by=by)
