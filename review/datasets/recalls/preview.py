"""Criteria of a recall, and its consequences, previewed or made: its drafts and what depends on them. No writes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet

from members.models import Member
from review import ports
from review.datasets import removed_samples
from review.models import DatasetVersion, Decision, Draft, Gold, Recall, RecalledDraft, Task
from review.ports import Dependent
from review.states import OPEN, POSITIVE, DraftState, Verdict
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


# One act is about at most so many drafts.
AT_MOST = 100_000
LISTED = 100


@dataclass(frozen=True, slots=True)
class HoldingVersion:
    version: DatasetVersion
    rows: int


@dataclass(frozen=True, slots=True)
class Consequences:
    """Golds, versions and dependents that rest on a set of drafts.

    Attributes:
        accepted_or_edited: How many count as such now.
        rejected: How many count as rejected now.
        waiting: How many are on the desk.
        versions: Frozen versions that hold them, in a file apart too, the newest first; so many as are listed.
        dependents: What other rooms made of those versions or do with the drafts.
        tag: Names a preview in the act that follows it.
    """

    drafts: int
    accepted_or_edited: int
    rejected: int
    waiting: int
    versions: list[HoldingVersion]
    dependents: list[Dependent]
    tag: str = ""


def preview(task: Task, criteria: Criteria, *, by: Member) -> Consequences:
    """Look at what a recall would take out of use.

    Raises:
        Refusal: 413 when it is about more drafts than one act takes.
    """
    drafts = matching(task, criteria, by=by)
    ids = chosen_ids(drafts)
    return replace(consequences(drafts, by=by), tag=tag_of(criteria, ids))


def chosen_ids(drafts: QuerySet[Draft]) -> list[UUID]:
    """Ids of the drafts in one order for all.

    Raises:
        Refusal: 413 when they are more than one act takes.
    """
    ids = list(drafts.order_by("pk").values_list("pk", flat=True)[: AT_MOST + 1])
    if len(ids) > AT_MOST:
        message = f"One recall takes at most {AT_MOST:,} drafts; these filters match more."
        raise Refusal("too_many_drafts", message, hint="Narrow the period.", status=413)
    return ids


def tag_of(criteria: Criteria, ids: Iterable[UUID]) -> str:
    """Name what a preview showed: the criteria and the drafts that met them."""
    words = [*(f"{name}={value}" for name, value in sorted(criteria.as_json().items())), *map(str, ids)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:32]


def of_recall(recall: Recall, *, by: Member) -> Consequences:
    """Return the consequences of a recall that was made."""
    taken = RecalledDraft.objects.filter(recall=recall).values("draft")
    return consequences(Draft.objects.filter(pk__in=taken), by=by)


def consequences(drafts: QuerySet[Draft], *, by: Member) -> Consequences:
    """Count what rests on some drafts, here and in the rooms above."""
    ids = drafts.order_by().values("pk")
    golds = Gold.objects.filter(draft__in=ids)
    held = removed_samples.rows_by_version(ids)
    newest = removed_samples.newest(held, limit=LISTED)
    # Asked even of no version: a room may rest on the drafts themselves.
    dependents = ports.dependents(drafts, list(held), by)
    return Consequences(
        drafts=drafts.count(),
        accepted_or_edited=golds.filter(verdict__in=POSITIVE).count(),
        rejected=golds.exclude(verdict__in=POSITIVE).count(),
        waiting=drafts.filter(state__in=(*OPEN, DraftState.DISPUTED)).count(),
        versions=[HoldingVersion(version, held[version.pk]) for version in newest],
        dependents=[dependent for each in dependents for dependent in each],
    )
