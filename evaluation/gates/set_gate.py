"""Set the gate of a task. Each change is a row of its own, so that what was asked when stays."""

from __future__ import annotations

from collections.abc import Sequence

from django.db import transaction

from audit import trail
from evaluation.gates import rules as gate_rules
from evaluation.gates.rules import GateRule
from evaluation.models import Gate
from evaluation.suites import queries as suites
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal


@transaction.atomic
def set_gate(task: Task, *, rules: Sequence[GateRule], by: Member, base_number: int | None = None) -> Gate:
    """Ask these rules of a task's miniatures from now on; none lifts the gate. The same rules again change nothing.

    Changes of one task come one after the other: the task's row is locked, as promotions lock it.

    Args:
        base_number: Number of the gate that the change starts from, 0 of none; None where that does not matter.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, somebody set another gate meanwhile; 422, a rule cannot be judged; 404, it is of a suite that is
            not there.
    """
    require(by, task, Role.LEAD)
    gate_rules.check(rules)
    for rule in rules:
        if rule.suite:
            suites.require(task, rule.suite)
    task = Task.objects.select_for_update().get(pk=task.pk)
    rows = [rule.as_json() for rule in rules]
    newest = Gate.objects.filter(task=task).order_by("-number").first()
    if newest is not None and newest.rules == rows:
        return newest
    if base_number is not None and base_number != (newest.number if newest and newest.rules else 0):
        raise _changed_meanwhile(newest)
    gate = Gate.objects.create(task=task, number=newest.number + 1 if newest else 1, rules=rows, created_by=by)
    trail.record("gate_set", by=by, about=gate, task=task.slug, number=gate.number, rules=len(rows))
    return gate


def _changed_meanwhile(newest: Gate | None) -> Refusal:
    rules = gate_rules.read(newest.rules) if newest else []
    requirements = "; ".join(f"{rule.display.label}: {rule.wanted}" for rule in rules) or "nothing"
    return Refusal(
        "gate_changed",
        f"The gate was changed meanwhile. It now requires: {requirements}.",
        hint="Your rules are kept below: set them again to replace it.",
        status=409,
    )
