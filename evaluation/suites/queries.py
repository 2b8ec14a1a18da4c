"""Questions about suites: which there are, and what an engine is given of one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from evaluation.models import Suite
from evaluation.suites import derive
from members.models import Member
from review.models import Record, Task, TaskVersion
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.tasks.permissions import tasks_for
from web.db.keys import uuid_or_none
from web.errors import Refusal


def visible(member: Member, *, task: Task | None = None) -> QuerySet[Suite]:
    """Suites of tasks the member may see, newest first."""
    suites = Suite.objects.filter(task__in=tasks_for(member)).select_related("task", "task_version", "created_by")
    return (suites.filter(task=task) if task else suites).order_by("-created_at", "-id")


def names(task: Task) -> QuerySet[Suite, Any]:
    """Id and name of each suite of a task, the newest first: to choose from, without their cases."""
    return Suite.objects.filter(task=task).order_by("-created_at", "-id").values("pk", "name")


def of_task(task: Task, *, name: str) -> Suite:
    """A suite of a task by its name or its id.

    Raises:
        Refusal: 404, there is none.
    """
    called, pk = Q(name=name), uuid_or_none(name)
    suite = Suite.objects.filter(called | Q(pk=pk) if pk else called, task=task).select_related("task_version").first()
    if suite is not None:
        return suite
    raise _missing(name)


def require(task: Task, name: str) -> None:
    """Refuse a name that no suite of the task has.

    Raises:
        Refusal: 404, there is none.
    """
    if not Suite.objects.filter(task=task, name=name).exists():
        raise _missing(name)


def _missing(name: str) -> Refusal:
    return Refusal(
        "no_such_suite", f"The task has no suite '{name}'.", hint="Its page lists those that were frozen.", status=404
    )


def newest_spec(task: Task) -> TaskSpec:
    """Return what a task says now; suites are frozen by it."""
    return TaskVersion.objects.filter(task=task).order_by("-number")[0].spec


def rules_of(suite: Suite) -> dict[str, str]:
    """Return by record the rule that its facts are changed by; empty where they are not."""
    return {case["record"]: case["rule"] for case in suite.cases}


def changes_facts(suite: Suite) -> bool:
    return any(case["rule"] for case in suite.cases)


def facts_given(suite: Suite | None) -> Callable[[Record], Facts]:
    """Return a function that tells the facts that systems were given of a record, to read them beside their outputs.

    Without a suite these are its own; of an erased record those that remain.
    """
    rules = rules_of(suite) if suite else {}

    def derived(record: Record) -> Facts:
        rule = "" if record.erased_at else rules.get(str(record.pk), "")
        return (derive.derived(suite.task_version.spec, record.facts, rule) if suite else None) or dict(record.facts)

    return derived


def cases_left(suite: Suite) -> dict[str, Facts]:
    """Facts of a suite's cases in their order, but for records that were erased since.

    Raises:
        Refusal: 409, the cases are not what was frozen: a rule changed.
    """
    records = Record.objects.filter(
        pk__in=[UUID(case["record"]) for case in suite.cases], split=Split.VALIDATION, erased_at__isnull=True
    )
    kept, spec = {str(pk): facts for pk, facts in records.values_list("pk", "facts")}, suite.task_version.spec
    made = [
        (case["record"], case["rule"], derive.derived(spec, kept[case["record"]], case["rule"]))
        for case in suite.cases
        if case["record"] in kept
    ]
    cases = [(record, rule, facts) for record, rule, facts in made if facts is not None]
    is_whole = len(kept) == len(suite.cases)
    if len(cases) != len(made) or (is_whole and derive.content_hash(cases) != suite.content_hash):
        raise Refusal(
            "suite_differs",
            f"The cases of '{suite.name}' are not what was frozen: the rules that make them have changed since.",
            hint="Freeze a new suite.",
            status=409,
        )
    return {record: facts for record, _, facts in cases}
