"""Questions about the trail, for admins. Whoever asks has been let in before: views and API see to that."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from django.db.models import QuerySet

from audit import ports
from audit.acts import ACTS
from audit.canonical import row_hash
from audit.models import AuditDigest, AuditRow
from audit.words import WORDS

PAGE = 100
MEMBER = "member"


@dataclass(frozen=True, slots=True)
class Asked:
    """What a page or a program wants to see; empty members narrow nothing.

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
class Line:
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


def found(asked: Asked) -> QuerySet[AuditRow]:
    """Rows that fit, newest first."""
    rows = AuditRow.objects.order_by("-id")
    if asked.act:
        rows = rows.filter(act=asked.act)
    if asked.who:
        rows = rows.filter(actor__in=ports.ids_meant(asked.who))
    if asked.subject:
        rows = rows.filter(subject_id=asked.subject)
    if asked.since:
        rows = rows.filter(at__gte=beginning(asked.since))
    if asked.until:
        rows = rows.filter(at__lt=beginning(asked.until + timedelta(days=1)))
    return rows


def page(asked: Asked, *, before: int | None, size: int = PAGE) -> tuple[list[Line], int | None]:
    """Up to `size` lines older than row `before`, and the row after which the next page begins."""
    rows = found(asked)
    if before is not None:
        rows = rows.filter(id__lt=before)
    some = list(rows[: size + 1])
    return lines(some[:size]), some[size - 1].pk if len(some) > size else None


def lines(rows: list[AuditRow]) -> list[Line]:
    """Rows with the names of who acted and of what they acted on; a question for people and one for each kind."""
    names = ports.names_of({row.actor for row in rows if row.actor})
    things = _things(rows)
    return [
        Line(
            id=row.pk,
            at=row.at,
            who=names.get(row.actor, row.actor) or "–",
            act=row.act,
            label=ACTS.get(row.act, row.act),
            subject_kind=row.subject_kind,
            subject_id=row.subject_id,
            subject_word=WORDS.get(row.subject_kind, row.subject_kind),
            subject_name=things.get((row.subject_kind, row.subject_id), ""),
            detail=", ".join(f"{key}: {_shown(value)}" for key, value in sorted(row.detail.items())),
        )
        for row in rows
    ]


def all_lines(asked: Asked) -> Iterator[Line]:
    """Every line that fits, newest first, a page of rows in memory at a time."""
    before: int | None = None
    while True:
        some, before = page(asked, before=before, size=1000)
        yield from some
        if before is None:
            return


def hashes_of(day: date) -> Iterator[tuple[int, str]]:
    """(row id, row hash) of a UTC day's rows in the order of ids."""
    rows = AuditRow.objects.filter(at__gte=beginning(day), at__lt=beginning(day + timedelta(days=1))).order_by("id")
    for row in rows.iterator(chunk_size=1000):
        yield (
            row.pk,
            row_hash(
                row_id=row.pk, at=row.at, actor=row.actor, act=row.act,
                subject_kind=row.subject_kind, subject_id=row.subject_id, detail=row.detail,
            ),
        )  # fmt: skip


def last_seal() -> AuditDigest | None:
    """The newest seal."""
    return AuditDigest.objects.order_by("-day").first()


def beginning(day: date) -> datetime:
    """The first moment of a UTC day."""
    return datetime.combine(day, time.min, tzinfo=UTC)


def _things(rows: list[AuditRow]) -> dict[tuple[str, str], str]:
    """How what was acted on is called, by kind and id."""
    ids: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        ids[row.subject_kind].add(row.subject_id)
    found = {kind: ports.names_of(some) if kind == MEMBER else ports.called(kind, some) for kind, some in ids.items()}
    return {(kind, id): name for kind, names in found.items() for id, name in names.items()}


def _shown(value: object) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)
