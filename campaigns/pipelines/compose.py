"""Compose pipelines: create one, and save its next version. All that is wrong is named at once, by field.

A version never changes once it is saved, so a campaign that was launched with it goes on as it began.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from audit import trail
from campaigns.models import Pipeline, PipelineVersion, Stage
from campaigns.pipelines import inputs, stage_checks
from campaigns.pipelines.inputs import StageShape
from campaigns.states import StageKind
from generation.models import Teacher
from generation.teachers import provided
from members.models import Member
from review.models import Task, TaskVersion
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from serving.models import RouterVersion
from serving.routing import promise
from web.db.keys import free_slug
from web.errors import Refusal

MOST_STAGES = 12
_NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
_ORDER = list(StageKind)
Errors = dict[str, list[str]]


@dataclass(frozen=True)
class StagePlan:
    """One stage as it is to be saved.

    Attributes:
        name: What later stages call it by: lower-case letters, digits and _.
        task: Whose latest version is asked; None with rules.
        teacher: Who is asked; None with rules, and with a router.
        inputs: Fact of its task → source, see `inputs`.
        condition: `{"field": …, "in": […]}`, which mails go on; empty: all.
        router: Whose thresholds say who is asked, as they are in this version of it; None where one model is.
    """

    name: str
    kind: StageKind
    task: Task | None = None
    teacher: Teacher | None = None
    inputs: Mapping[str, str] = field(default_factory=dict)
    condition: Mapping[str, Any] = field(default_factory=dict)
    router: RouterVersion | None = None

    @property
    def asked(self) -> Teacher | None:
        """Return the teacher; of a router its own, whom all goes to that no miniature takes."""
        return self.router.teacher if self.router is not None else self.teacher


def create(task: Task, *, name: str, slug: str = "", stages: Sequence[StagePlan], by: Member) -> PipelineVersion:
    """Create a pipeline for the mails of a task, with its first version; without a slug it gets a free one of its name.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `pipeline_invalid` with errors by field, such as `stages.1.inputs.claim`; 409 `slug_taken`.
    """
    permissions.require(by, task, Role.LEAD)
    errors: Errors = {} if name.strip() else {"name": ["Give the pipeline a name."]}
    _check(task, stages, by, errors)
    slug = slug or free_slug(Pipeline.objects.all(), slugify(name)[:70] or "pipeline")
    try:
        with transaction.atomic():
            pipeline = Pipeline.objects.create(task=task, name=name.strip()[:120], slug=slug, created_by=by)
    except IntegrityError:
        message = f"There is a pipeline '{slug}' already."
        raise Refusal("slug_taken", message, status=409, errors={"slug": [message]}) from None
    return _write(pipeline, 1, stages, by)


@transaction.atomic
def save_version(pipeline: Pipeline, *, stages: Sequence[StagePlan], by: Member) -> PipelineVersion:
    """Save the next version of a pipeline; saving the same stages again returns the version there is.

    Raises:
        PermissionDenied: The member does not lead the pipeline's task.
        Refusal: `pipeline_invalid` with errors by field.
    """
    permissions.require(by, pipeline.task, Role.LEAD)
    _check(pipeline.task, stages, by, {})
    held = Pipeline.objects.select_for_update(no_key=True).get(pk=pipeline.pk)
    newest = latest(held)
    if newest is not None and _as_saved(newest) == [_values(plan) for plan in stages]:
        return newest
    return _write(held, newest.number + 1 if newest else 1, stages, by)


def latest(pipeline: Pipeline) -> PipelineVersion | None:
    return PipelineVersion.objects.filter(pipeline=pipeline).order_by("-number").first()


def _write(pipeline: Pipeline, number: int, stages: Sequence[StagePlan], by: Member) -> PipelineVersion:
    with transaction.atomic():
        version = PipelineVersion.objects.create(pipeline=pipeline, number=number, created_by=by)
        Stage.objects.bulk_create(
            Stage(version=version, position=position, **_values(plan)) for position, plan in enumerate(stages)
        )
        trail.record("pipeline_saved", by=by, about=pipeline, pipeline=pipeline.slug, version=number)
    return version


def _values(plan: StagePlan) -> dict[str, Any]:
    return {
        "name": plan.name,
        "kind": StageKind(plan.kind),
        "task_version": _version(plan),
        "teacher": plan.asked,
        "router": plan.router,
        "inputs": dict(plan.inputs),
        "condition": dict(plan.condition),
    }


def _as_saved(version: PipelineVersion) -> list[dict[str, Any]]:
    names = ("name", "kind", "task_version", "teacher", "router", "inputs", "condition")
    rows = version.stages.select_related("task_version", "teacher", "router").order_by("position")
    return [{name: getattr(stage, name) for name in names} for stage in rows]


def _version(plan: StagePlan) -> TaskVersion | None:
    return latest_version(plan.task) if plan.task is not None else None


def _check(task: Task, stages: Sequence[StagePlan], by: Member, errors: Errors) -> None:
    _check_order(stages, errors)
    mail = latest_version(task).spec
    shapes: list[StageShape] = []
    for at, plan in enumerate(stages):
        where = f"stages.{at}"
        version = _version(plan)
        spec = version.spec if version else None
        if not _NAME.fullmatch(plan.name) or plan.name in (inputs.CONTACT, inputs.RECORD):
            errors[f"{where}.name"] = ["A name of lower-case letters, digits and _, not 'contact' or 'record'."]
        elif plan.name in [other.name for other in shapes]:
            errors[f"{where}.name"] = [f"There is a stage '{plan.name}' already."]
        _check_model(task, plan, by, where, errors)
        shapes.append(StageShape(plan.name, StageKind(plan.kind), spec, plan.inputs, plan.condition))
    for at, key, message in stage_checks.problems(mail, shapes):
        errors.setdefault(f"stages.{at}.{key}", []).append(message)
    if errors:
        raise Refusal(
            "pipeline_invalid",
            "This pipeline cannot be saved as it is.",
            hint="Correct the errors below.",
            errors=errors,
        )


def _check_order(stages: Sequence[StagePlan], errors: Errors) -> None:
    kinds = [_ORDER.index(StageKind(plan.kind)) for plan in stages]
    writers = sum(plan.kind == StageKind.WRITE for plan in stages)
    if not 1 <= len(stages) <= MOST_STAGES:
        errors["stages"] = [f"A pipeline has 1 to {MOST_STAGES} stages."]
    elif writers != 1:
        errors["stages"] = ["Exactly one stage writes the mail."]
    elif kinds != sorted(kinds):
        errors["stages"] = ["Stages must come in this order: research, verify, qualify, write, check."]


def _check_model(task: Task, plan: StagePlan, by: Member, where: str, errors: Errors) -> None:
    if plan.router is not None and plan.teacher is not None:
        errors[f"{where}.teacher"] = ["Choose a model or a router, not both."]
    elif (plan.task is None) != (plan.asked is None):
        missing = "task" if plan.task is None else "teacher"
        errors[f"{where}.{missing}"] = ["Choose a task and a model, or neither: then rules do it."]
    elif plan.task is None and plan.kind in (StageKind.RESEARCH, StageKind.WRITE):
        errors[f"{where}.teacher"] = ["Rules cannot do this: choose a task and a model."]
    elif plan.kind == StageKind.WRITE and plan.task != task:
        errors[f"{where}.task"] = [f"The stage that writes asks the task of the mails, {task.name}."]
    elif plan.task is not None and not permissions.may(by, plan.task, Role.LEAD):
        errors[f"{where}.task"] = [f"You do not lead {plan.task.name}."]
    elif plan.teacher is not None and not plan.teacher.is_active:
        errors[f"{where}.teacher"] = [f"{plan.teacher.name} is out of use."]
    elif plan.teacher is not None and plan.task is not None and not provided.writes_for(plan.task, [plan.teacher]):
        errors[f"{where}.teacher"] = [f"{plan.teacher.name} is a miniature of another task."]
    elif plan.router is not None and plan.task is not None:
        if plan.router.router.task_id != plan.task.pk:
            errors[f"{where}.teacher"] = [f"The router {plan.router.router.name} is of another task."]
        elif wrong := next(promise.problems(plan.router, latest_version(plan.task)), None):
            errors[f"{where}.teacher"] = [f"{wrong.message} {wrong.hint}"]
