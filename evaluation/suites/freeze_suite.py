"""Freeze a suite: choose its cases once, and keep which they are with the hash of what an engine will be given."""

from __future__ import annotations

from typing import Final

from django.conf import settings
from django.db import transaction

from audit import trail
from evaluation.models import Suite
from evaluation.states import SuiteKind
from evaluation.suites import choose, derive, slicing
from evaluation.suites.choose import SuiteRequest
from members.models import Member
from review.models import Task, TaskVersion
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

# What a single record says is no kind of records, and would name it.
LEAST_OF_A_SLICE: Final = 2


@transaction.atomic
def freeze_suite(task: Task, request: SuiteRequest, *, by: Member) -> Suite:
    """Freeze a suite of a task's validation records, under its newest version.

    Suites of one task are frozen one after the other: the task's row is locked.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 without a case, or a slice by what no record is sliced by; 409 where the name is taken.
    """
    require(by, task, Role.LEAD)
    task = Task.objects.select_for_update().get(pk=task.pk)
    version = TaskVersion.objects.filter(task=task).order_by("-number")[0]
    _check_column(version, request)
    cases = choose.cases(task, version.spec, request, limit=settings.EVALUATION_MAX_RECORDS)
    if len(cases) < (LEAST_OF_A_SLICE if request.kind == SuiteKind.SLICE else 1):
        raise _nothing_to_freeze(request)
    suite = Suite.objects.create(
        task=task,
        task_version=version,
        kind=request.kind,
        name=_free_name(task, request),
        choice=_choice(request),
        cases=[{"record": str(case.record), "rule": case.rule} for case in cases],
        content_hash=derive.content_hash([(str(case.record), case.rule, case.facts) for case in cases]),
        created_by=by,
    )
    trail.record("suite_frozen", by=by, about=suite, task=task.slug, kind=str(request.kind), cases=len(cases))
    return suite


def _choice(request: SuiteRequest) -> dict[str, str | int]:
    if request.kind == SuiteKind.SLICE:
        return {"column": request.column, "value": request.value}
    if request.kind == SuiteKind.ADVERSARIAL:
        return {"seed": request.seed, "edition": derive.EDITION}
    return {}


def _check_column(version: TaskVersion, request: SuiteRequest) -> None:
    columns = slicing.column_names(version.spec)
    if request.kind != SuiteKind.SLICE or request.column in columns:
        return
    raise Refusal(
        "bad_slice",
        f"Records cannot be sliced by '{request.column}'.",
        hint=f"Take one of: {', '.join(columns)}.",
        errors={"column": ["Records cannot be sliced by this."]},
    )


def _free_name(task: Task, request: SuiteRequest) -> str:
    """Requested name, else that of the kind (or of the slice) with the next number."""
    taken = set(Suite.objects.filter(task=task).values_list("name", flat=True))
    requested_name = " ".join(request.name.split())
    if requested_name in taken:
        raise Refusal(
            "suite_name_taken",
            f"The task has a suite '{requested_name}' already.",
            hint="Suites never change: freeze this one under another name.",
            status=409,
            errors={"name": ["A suite has this name."]},
        )
    stem = f"{request.column}: {request.value}"[:70] if request.kind == SuiteKind.SLICE else request.kind.label
    return requested_name or next(
        name for number in range(1, len(taken) + 2) if (name := f"{stem} {number}") not in taken
    )


def _nothing_to_freeze(request: SuiteRequest) -> Refusal:
    why = {
        SuiteKind.HELD_OUT: "the task has no record in its validation split",
        SuiteKind.HARD: "no draft of a validation record was rejected or edited heavily",
        SuiteKind.ADVERSARIAL: "no validation record has a text that a rule could change",
        SuiteKind.REGRESSION: "no validation record has both a rejected or edited draft and an approved example",
        SuiteKind.SLICE: (
            f"fewer than {LEAST_OF_A_SLICE} validation records are in the slice '{request.value}' of '{request.column}'"
        ),
    }[request.kind]
    return Refusal(
        "no_cases",
        f"There is nothing to freeze: {why}.",
        hint="Import or judge more records; only the validation split counts.",
    )
