"""Filters for lists of drafts: words, state, author, reviewer, verdict and day.

One set of names for the list page, the API and bulk acts. A filter reveals nothing to a reviewer that the desk keeps
from them: a verdict while another is sought, a colleague's verdicts, the author of a draft not judged yet.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from members.models import Member
from review import ports
from review.models import Comment, Decision, Draft, SearchText, Source, Task
from review.states import JUDGED, OPEN, DraftState, Role, Split, Verdict
from review.tasks.permissions import slugs_with, tasks_for
from review.text.search import query
from review.text.search.query import Query
from web import zones
from web.db.keys import uuid_or_none

FILTERS = (
    "source",
    "order",
    "state",
    "verdict",
    "split",
    "origin",
    "check",
    "label",
    "teacher",
    "model",
    "reviewer",
    "reason",
    "round",
    "commented",
    "bulk",
    "since",
    "until",
)
DAYS = ("since", "until")
# Beside the filters: the time zone in which days are meant.
ZONE = "zone"
# Written as the partial index of the newest drafts has it, so that databases see that it covers this question.
ON_DESK = ~Q(state=DraftState.KEPT)
# Of drafts with the words asked for, so many are looked through for the filters beside them, the newest first.
HITS_AT_MOST = 20_000
# Of the sources there are, so many are named where one is asked for that there is not.
SOURCES_NAMED = 5
# What an index of the drafts themselves answers; for all else they are looked through, the newest first.
_INDEXED = frozenset({"state"})
_FIELD = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Filters whose values are words of ours.
_WORDS = {
    "state": DraftState.values,
    "verdict": [Verdict.ACCEPT.value, Verdict.EDIT.value, Verdict.REJECT.value],
    "split": Split.values,
}


@dataclass(frozen=True, slots=True)
class DraftFilter:
    """Filter for a list of drafts.

    Attributes:
        words: The line of the search box.
        chosen: Values by filter, only those that are set.
    """

    words: str = ""
    chosen: Mapping[str, str] = field(default_factory=dict)

    @property
    def query(self) -> Query:
        return query.parse(self.words)

    @property
    def is_anything(self) -> bool:
        return bool(self.words.strip() or self.chosen)

    @property
    def is_walked(self) -> bool:
        """Return whether drafts must be scanned for this filter, because no index serves it."""
        is_by_id = "order" in self.chosen or self.chosen.get("bulk", "yes") not in ("yes", "no")
        return not self.query.is_askable and not is_by_id and bool(set(self.chosen) - _INDEXED)

    def as_json(self) -> dict[str, str]:
        return {**self.chosen, **({"q": self.words} if self.words.strip() else {})}


def parse(values: Mapping[str, Any], *, zone: str = zones.UTC_NAME) -> DraftFilter:
    """Parse the parameters of an address into a filter; names that are no filter are ignored.

    Args:
        zone: In which days are meant where the parameters name no zone.
    """
    chosen = {name: str(values[name]).strip() for name in FILTERS if str(values.get(name) or "").strip()}
    if chosen.keys() & set(DAYS):
        chosen[ZONE] = str(values.get(ZONE) or "").strip() or zone
    return DraftFilter(str(values.get("q") or "").strip()[: query.LONGEST_LINE], chosen)


def mistakes(values: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return messages for programs, which see no form: each invalid filter with the value found and those expected.

    Names that are no filter are mistakes too; a value that only happens to be nobody's, such as a teacher's, is none.
    """
    names = (*FILTERS, ZONE, "q")
    messages = {
        name: [f"There is no filter '{name}'. There are {', '.join(names)}."] for name in values if name not in names
    }
    zone = {ZONE: str(values[ZONE])} if values.get(ZONE) else {}
    for name, value in {**parse(values).chosen, **zone}.items():
        if expected := _wanted(name, value):
            messages[name] = [f"Found {value[:80]!r}; expected {expected}."]
    return messages


def unseen(values: Mapping[str, str], member: Member) -> dict[str, list[str]]:
    """Return what is wrong with a source or an order that the member does not see; says which sources there are."""
    messages = {}
    if source := values.get("source"):
        sources = Source.objects.filter(task__in=tasks_for(member))
        is_named = Q(pk=source) if uuid_or_none(source) else Q(slug=source)
        if not sources.filter(is_named).exists():
            newest = list(sources.order_by("-created_at", "-id").values_list("slug", flat=True)[:SOURCES_NAMED])
            words = f", such as {', '.join(newest)}" if newest else ""
            messages["source"] = [f"Found {source[:80]!r}; expected the slug or id of a source{words}."]
    order_id = uuid_or_none(values.get("order", ""))
    if order_id and ports.job_of_order(order_id, by=member) is None:
        messages["order"] = [f"Found {str(order_id)!r}; there is no such order that you can see."]
    return messages


def _wanted(name: str, value: str) -> str:
    """Return a description of the values that a filter takes; empty where this value is valid."""
    if name in _WORDS:
        return "" if value in _WORDS[name] else f"one of {', '.join(_WORDS[name])}"
    if name == "order":
        return "" if uuid_or_none(value) else "the id of an order"
    if name == "bulk":
        return "" if _in_bulk(value) is not None else "yes, no, or the id of an act"
    if name == "round":
        return "" if _round(value) is not None else "the number of a round"
    if name == "label":
        return "" if _labelled(value) is not None else "a field and its value, such as category:billing or urgent:true"
    if name == ZONE:
        return "" if zones.named(value) else "a time zone such as Europe/Vienna"
    if name in DAYS:
        return "" if _dated(name, value, zones.UTC_NAME) is not None else "a day such as 2026-05-31"
    return ""


def drafts_of(task: Task, draft_filter: DraftFilter) -> QuerySet[Draft]:
    """Return the drafts of a task, as the query that suits the filter."""
    return drafts_named_in(task) if draft_filter.query.is_askable else Draft.objects.filter(task=task)


def drafts_named_in(task: Task) -> QuerySet[Draft]:
    """Drafts of a task for a question that names them by id or by words.

    With the task as a plain column SQLite takes it for what narrows most, and walks through all drafts of the task.
    """
    return Draft.objects.alias(of_task=Coalesce("task_id", "task_id")).filter(of_task=task.pk)


def apply_filter(rows: QuerySet[Draft], criteria: DraftFilter, *, member: Member, task: Task | None) -> QuerySet[Draft]:
    """Return the drafts that pass the filter; unknown values narrow to nothing.

    Args:
        rows: Drafts the member sees, as `of` gives them.
        criteria: What is asked for; words need the task.
        task: The task that `rows` is of, if of one.
    """
    if "state" not in criteria.chosen:
        # Beside a state it would say nothing, and have SQLite walk the newest drafts for a state that few are in.
        rows = rows.filter(ON_DESK)
    led = slugs_with(member, Role.LEAD)
    zone = criteria.chosen.get(ZONE, zones.UTC_NAME)
    for name, value in criteria.chosen.items():
        if name == ZONE:
            continue
        condition = _dated(name, value, zone) if name in DAYS else _condition(name, value, member, led)
        if condition is None:
            return rows.none()
        rows = rows.filter(condition)
    if criteria.words and not criteria.query.is_askable:
        return rows.none()
    if criteria.words and task is not None:
        rows = rows.filter(pk__among=hits(task, criteria.query).values("draft_id")[:HITS_AT_MOST])
    return rows


def hits(task: Task, query: Query) -> QuerySet[SearchText]:
    """Texts of a task with these words, the latest indexed first."""
    return SearchText.objects.filter(task=task, words__matches=query).order_by("-id")


def _condition(name: str, value: str, member: Member, led: frozenset[str] | None) -> Q | None:
    """One filter as a condition; None where the value cannot be."""
    plain = {"state": "state", "split": "record__split"}
    if name == "source":
        return Q(record__source=value) if uuid_or_none(value) else Q(record__source__slug=value)
    if name == "order":
        return _of_order(value, member, led)
    if name in plain:
        return Q(**{plain[name]: value})
    if name in ("teacher", "model", "origin"):
        return Q(**{name: value}) & _told(led)
    if name == "verdict":
        return Q(gold__verdict=value) & ~Q(state__in=OPEN)
    if name == "reason":
        return Q(gold__decision__reasons__icontains=f'"{value}"') & ~Q(state__in=OPEN)
    if name == "check":
        # JSON containment differs between databases; the check's name within the stored marks does not.
        return Q(marks__icontains=f'"check": "{value}"')
    if name == "reviewer":
        return _judged_by(value, member, led)
    if name == "commented":
        return Q(Exists(Comment.objects.filter(draft=OuterRef("pk")))) & _told(led)
    if name == "bulk":
        return _in_bulk(value)
    kept_back = _round(value) if name == "round" else _labelled(value)
    return kept_back if kept_back is None else kept_back & _told(led)


def _round(value: str) -> Q | None:
    return Q(round=int(value)) if value.isdecimal() and len(value) < 6 else None


def _labelled(value: str) -> Q | None:
    """Drafts that give a field this label, or say yes or no: `category:billing`, `urgent:true`."""
    field, parted, label = value.partition(":")
    # Two underscores would name a lookup of the database.
    if not parted or not label or not _FIELD.fullmatch(field) or "__" in field:
        return None
    is_label = Q(**{f"fields__{field}": label})
    return is_label | Q(**{f"fields__{field}": label == "true"}) if label in ("true", "false") else is_label


def _led(led: frozenset[str] | None) -> Q:
    """Tasks in which nothing is kept from the member."""
    return Q() if led is None else Q(task__slug__in=led)


def _told(led: frozenset[str] | None) -> Q:
    """Drafts of which the member may know what would sway a verdict: where they lead, or once it is given."""
    return Q() if led is None else _led(led) | Q(state__in=JUDGED)


def _judged_by(value: str, member: Member, led: frozenset[str] | None) -> Q:
    reviewer = Member.objects.filter(username=value).values_list("pk", flat=True).first()
    # Not as a plain column: SQLite would go through all decisions of the reviewer for every draft.
    decisions = Decision.objects.annotate(who=Coalesce("reviewer_id", "reviewer_id"))
    decisions = decisions.filter(draft=OuterRef("pk"), who=reviewer, retracted_by__isnull=True)
    judged = Q(Exists(decisions.exclude(verdict=Verdict.RETRACT))) if reviewer else Q(pk__in=())
    return judged if value == member.username else judged & _led(led)


def _of_order(value: str, member: Member, led: frozenset[str] | None) -> Q | None:
    """Drafts that an order had written, of those whose author the member may know: an order tells its teacher."""
    order_id = uuid_or_none(value)
    job_id = ports.job_of_order(order_id, by=member) if order_id else None
    if job_id is None:
        return None
    return Q(pk__among=Draft.objects.filter(job_id=job_id).values("pk")) & _told(led)


def _in_bulk(value: str) -> Q | None:
    """Judged with many others or one by one, or within one certain act."""
    if value in ("yes", "no"):
        return Q(gold__decision__bulk__isnull=value == "no", gold__isnull=False)
    try:
        return Q(pk__among=Decision.objects.filter(bulk=UUID(value)).values("draft_id"))
    except ValueError:
        return None


def _dated(name: str, value: str, zone_name: str) -> Q | None:
    zone = zones.named(zone_name)
    if zone is None:
        return None
    try:
        day = date.fromisoformat(value)
        if name == "since":
            return Q(created_at__gte=zones.start_of(day, zone))
        return Q(created_at__lt=zones.end_of(day, zone))
    except ValueError:
        return None
