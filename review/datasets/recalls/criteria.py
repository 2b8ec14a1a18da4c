"""Criteria of a recall: an order, a teacher, a reviewer, a rule, a period, or several of these together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from members.models import Member
from review import ports
from review.models import Decision, Draft, Task
from review.states import DraftState, Verdict
from web import zones
from web.errors import Refusal

CRITERIA = ("order", "teacher", "reviewer", "rule", "since", "until")


@dataclass(frozen=True, slots=True)
class Criteria:
    """Criteria that recalled drafts have in common; at least one is set, and a draft meets all that are set.

    Attributes:
        order: The order that had them written.
        teacher: Who wrote them, by the name drafts carry.
        reviewer: Who gave a verdict that stands, by username.
        rule: The rule of acceptance by a judge under which they stand accepted.
        since: First day: of that verdict where a reviewer is named, else of the writing.
        until: Last day of the same.
        zone: Name of the time zone in which days are meant; UTC where empty.
    """

    order: UUID | None = None
    teacher: str = ""
    reviewer: str = ""
    rule: UUID | None = None
    since: date | None = None
    until: date | None = None
    zone: str = ""

    @classmethod
    def read(cls, values: Mapping[str, Any]) -> Criteria:
        """Read checked values of a form or a body; empty ones count as not set.

        Raises:
            Refusal: 422 when none is set, or the zone is none.
        """
        chosen = {name: values[name] for name in CRITERIA if values.get(name)}
        if not chosen:
            raise Refusal(
                "no_criteria",
                "No filter selects the drafts.",
                hint="Choose an order, a teacher, a reviewer, a rule or a period.",
            )
        zone = values.get("zone") or ""
        if zone and zones.named(zone) is None:
            words = f"'{zone[:80]}' is not a time zone; write one such as Europe/Vienna."
            raise Refusal("invalid", words, errors={"zone": [words]})
        has_days = "since" in chosen or "until" in chosen
        return cls(**chosen, zone=zone if has_days else "")

    def as_json(self) -> dict[str, str]:
        """Return the criteria that are set, by name, as a query string and the recall's row hold them."""
        return {name: str(value) for name in (*CRITERIA, "zone") if (value := getattr(self, name))}


def matching(task: Task, criteria: Criteria, *, by: Member) -> QuerySet[Draft]:
    """Drafts of a task that a recall takes: none erased or out of use already, none with a known answer.

    An order the member cannot see has no drafts.
    """
    drafts = Draft.objects.filter(task=task, erased_at__isnull=True, revocation__isnull=True, known_answer__isnull=True)
    if criteria.order:
        job_id = ports.job_of_order(criteria.order, by=by)
        drafts = drafts.filter(job_id=job_id) if job_id else drafts.none()
    if criteria.teacher:
        drafts = drafts.filter(teacher=criteria.teacher)
    if criteria.rule:
        drafts = drafts.filter(machine_acceptance__rule=criteria.rule, state=DraftState.MACHINE)
    if criteria.reviewer:
        verdicts = Decision.objects.filter(
            _period(criteria), draft=OuterRef("pk"), reviewer__username=criteria.reviewer, retracted_by__isnull=True
        )
        return drafts.filter(Exists(verdicts.exclude(verdict=Verdict.RETRACT).order_by()))
    return drafts.filter(_period(criteria))


def _period(criteria: Criteria) -> Q:
    period, zone = Q(), zones.named(criteria.zone) or ZoneInfo(zones.UTC_NAME)
    if criteria.since:
        period &= Q(created_at__gte=zones.start_of(criteria.since, zone))
    if criteria.until:
        period &= Q(created_at__lt=zones.end_of(criteria.until, zone))
    return period
