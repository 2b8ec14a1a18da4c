"""Queries on the trail, for admins. Views and API check permissions first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet

from audit.browse import ports
from audit.models import AuditRow
from audit.seals.queries import first_day
from audit.trail import ACTS, KIND_NAMES
from web import csv, zones

PAGE = 100
MEMBER = "member"


@dataclass(frozen=True, slots=True)
class TrailFilter:
    """Filter of the audit trail; an empty attribute filters nothing.

    Attributes:
        act: One of the acts.
        who: A member's user name, name or id, or a part of them.
        subject: An id of what was acted on.
        since: First UTC day.
        until: Last UTC day.
    """

    act: str = ""
    who: str = ""
    subject: str = ""
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class TrailLine:
    """One row as pages and files show it; `subject_word` and `subject_name` are how pages call the thing."""

    id: int
    at: datetime
    who: str
    act: str
    label: str
    subject_kind: str
    subject_id: str
    subject_word: str
    subject_name: str
    detail: str


def rows_matching(criteria: TrailFilter) -> QuerySet[AuditRow]:
    """Rows that fit, newest first."""
    rows = AuditRow.objects.order_by("-id")
    if criteria.act:
        rows = rows.filter(act=criteria.act)
    if criteria.who:
        rows = rows.filter(actor__in=ports.member_ids_matching(criteria.who))
    if criteria.subject:
        rows = rows.filter(subject_id=criteria.subject)
    if criteria.since:
        rows = rows.filter(at__gte=first_day(criteria.since))
    if criteria.until:
        rows = rows.filter(at__lt=zones.end_of(criteria.until, ZoneInfo("UTC")))
    return rows


def page(criteria: TrailFilter, *, before: int | None, size: int = PAGE) -> tuple[list[TrailLine], int | None]:
    """Up to `size` lines older than row `before`, and the row after which the next page begins."""
    rows = rows_matching(criteria)
    if before is not None:
        rows = rows.filter(id__lt=before)
    some = list(rows[: size + 1])
    return lines(some[:size]), some[size - 1].pk if len(some) > size else None


def lines(rows: list[AuditRow]) -> list[TrailLine]:
    """Rows with the names of who acted and of what they acted on; a question for people and one for each kind."""
    names = ports.member_names({row.actor for row in rows if row.actor})
    things = _names_of_subjects(rows)
    return [
        TrailLine(
            id=row.pk,
            at=row.at,
            who=names.get(row.actor, row.actor) or "–",
            act=row.act,
            label=ACTS.get(row.act, row.act),
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            subject_word=KIND_NAMES.get(row.subject_kind, row.subject_kind),
            subject_name=things.get((row.subject_kind, row.subject_id), ""),
            detail=", ".join(f"{key}: {_to_line(value)}" for key, value in sorted(row.detail.items())),
        )
        for row in rows
    ]


def all_lines(criteria: TrailFilter) -> Iterator[TrailLine]:
    """Every line that fits, newest first, a page of rows in memory at a time."""
    before: int | None = None
    while True:
        some, before = page(criteria, before=before, size=1000)
        yield from some
        if before is None:
            return


def _names_of_subjects(rows: list[AuditRow]) -> dict[tuple[str, str], str]:
    ids: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        ids[row.subject_kind].add(row.subject_id)
    name_by_id = {
        kind: ports.member_names(some) if kind == MEMBER else ports.subject_names(kind, some)
        for kind, some in ids.items()
    }
    return {(kind, id): name for kind, names in name_by_id.items() for id, name in names.items()}


def _to_line(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


CSV_COLUMNS = ("id", "at", "who", "act", "subject_kind", "subject_id", "detail")


def trail_csv(lines: Iterable[TrailLine]) -> Iterator[str]:
    """A line of names, then one a row; quoted as RFC 4180 has it."""
    yield csv.line(CSV_COLUMNS)
    for line in lines:
        at = line.at.isoformat(timespec="microseconds")
        yield csv.line((str(line.id), at, line.who, line.act, line.subject_kind, line.subject_id, line.detail))


def require_admin(user: object) -> None:
    """Refuse everybody but admins.

    Raises:
        PermissionDenied: This is no admin.
    """
    if not getattr(user, "may_administer", False):
        raise PermissionDenied("Only an admin can see the audit trail.")
