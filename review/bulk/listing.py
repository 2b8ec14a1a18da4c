"""The list page of one task: a page of drafts, what it can be narrowed to, and what it is narrowed to now.

Nothing here counts or looks through a whole table: pages go by where the last one ended, a filter that no index holds
looks through so many drafts a page, and the values offered are those of the newest drafts.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Q, QuerySet
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

from members.models import Member
from review.drafts import draft_filters, queries
from review.drafts.authorship import visible_to
from review.drafts.draft_filters import DAYS, FILTERS, ON_DESK, DraftFilter
from review.drafts.openings import openings
from review.models import Draft, Membership, Task
from review.spec.output_format import is_mail
from review.spec.readable import in_reading_order
from review.spec.task_spec import TaskSpec
from review.states import DraftState, Role, Split, Verdict
from review.tasks.permissions import may
from review.tasks.queries import latest_version
from review.text.search.query import passage
from review.text.search.words import texts_of_fields
from web.db import keyset
from web.whole_numbers import whole_number

PAGE_SIZE = 50
# How many drafts a page looks through for what no index holds.
LOOK_AT = 20_000
FEW_HITS = 300
# Whose teachers and models are offered as filters.
NEWEST = 500
# How many of those that wait are counted by their labels, and how many labels are shown.
COUNTED = 2000
GROUPS_SHOWN = 8
WORDS = {
    "bulk": [("no", _("One by one")), ("yes", _("Many at once"))],
    "commented": [("yes", _("With comments"))],
}
ORIGINS = [
    ("teacher", _("Teacher")),
    ("import", _("Import")),
    ("miniature", _("Miniature")),
    ("campaign", _("Campaign")),
    ("reply", _("Reply")),
]
LABELS = {
    "source": _("Source"),
    "order": _("Order"),
    "state": _("State"),
    "verdict": _("Verdict"),
    "split": _("Split"),
    "origin": _("Origin"),
    "check": _("Check"),
    "label": _("Label"),
    "teacher": _("Teacher"),
    "model": _("Model"),
    "reviewer": _("Reviewer"),
    "reason": _("Reason"),
    "round": _("Round"),
    "commented": _("Comments"),
    "bulk": _("Judged"),
    "since": _("Added since"),
    "until": _("Added until"),
    "q": _("Words"),
}
# Filters whose choices are words of ours, and not of the task or its members.
OWN_WORDS = frozenset({"bulk", "commented", "state", "verdict", "split", "origin", "check"})


@dataclass(frozen=True, slots=True)
class LabelGroup:
    """Drafts that wait and have one value in common.

    Attributes:
        filter: How the list is narrowed to them.
        field: The field, as pages say it.
    """

    filter: str
    field: str
    label: str
    count: int

    @property
    def address(self) -> str:
        return urlencode({"state": DraftState.PENDING, "label": self.filter})


@dataclass(frozen=True, slots=True)
class FilterControl:
    """One thing the list can be narrowed by; without choices it is a date."""

    name: str
    label: str
    choices: list[tuple[str, str]]
    chosen: str

    @property
    def has_own_words(self) -> bool:
        return self.name in OWN_WORDS

    @property
    def words(self) -> str:
        return dict(self.choices).get(self.chosen, self.chosen)


def page(
    member: Member, task: Task, draft_filter: DraftFilter, *, cursor: str, size: int = PAGE_SIZE, look_at: int = LOOK_AT
) -> keyset.Page:
    """Return one page of a task's drafts that pass the filter, newest first, each with `gold_verdict`.

    The member sees the task.

    With words the order is that of indexing, which is that of coming but for large imports.
    """
    if draft_filter.query.is_askable:
        return _page_of_hits(member, task, draft_filter, cursor=cursor, size=size)
    drafts = draft_filters.apply_filter(_of(task), draft_filter, member=member, task=task)
    among = _of(task).filter(_base(draft_filter)) if draft_filter.is_walked else None
    return keyset.page(_as_rows(drafts), cursor=cursor, size=size, among=among, look_at=look_at)


def _page_of_hits(member: Member, task: Task, draft_filter: DraftFilter, *, cursor: str, size: int) -> keyset.Page:
    """The same for words. Few hits are looked at first: most often they fill the page."""
    hits = draft_filters.hits(task, draft_filter.query)
    before = whole_number(cursor, otherwise=None)
    hits = hits if before is None else hits.filter(id__lt=before)
    matches = draft_filters.apply_filter(
        draft_filters.drafts_of(task, draft_filter), replace(draft_filter, words=""), member=member, task=task
    )
    page_rows: list[Any] = []
    for at_most in (FEW_HITS, draft_filters.HITS_AT_MOST):
        rows = _as_rows(matches.filter(pk__among=hits.values("draft_id")[:at_most]))
        page_rows = list(rows.annotate(place=F("search_text__id")).order_by("-place")[: size + 1])
        if len(page_rows) > size:
            return keyset.Page(rows=page_rows[:size], next=str(page_rows[size - 1].place), is_first=before is None)
    border = hits.values_list("id", flat=True)[draft_filters.HITS_AT_MOST - 1 : draft_filters.HITS_AT_MOST].first()
    return keyset.Page(rows=page_rows, next=str(border or ""), is_first=before is None, is_cut=border is not None)


def _as_rows(drafts: QuerySet[Draft]) -> QuerySet[Draft]:
    return queries.with_parts(drafts).defer("messages", "parameters", "labelled_defects", "marks", "task_version__body")


def list_rows(drafts: list[Draft], draft_filter: DraftFilter, *, member: Member, task: Task) -> list[dict[str, Any]]:
    """Drafts as rows of the list. Who wrote one is told to those who lead, and to others once they judged it."""
    may_review, visible = may(member, task, Role.REVIEWER), visible_to(member, drafts)
    names = [field.name for field in in_reading_order(latest_version(task).spec.output_schema)]
    lines = openings([draft.fields for draft in drafts], names)
    return [
        {**_line(draft, draft_filter, may_review=may_review, is_told=draft.pk in visible), "opening": opening}
        for draft, opening in zip(drafts, lines, strict=True)
    ]


def filters(member: Member, task: Task, draft_filter: DraftFilter) -> list[FilterControl]:
    """Everything the list can be narrowed by, with the values worth offering."""
    choices = _choices(member, task)
    return [
        FilterControl(name, LABELS[name], choices.get(name, []), draft_filter.chosen.get(name, ""))
        for name in FILTERS
        if name in choices or name in DAYS
    ]


def _of(task: Task) -> Any:
    return Draft.objects.filter(task=task)


def _base(draft_filter: DraftFilter) -> Q:
    """Return the part of the filter that an index serves; the drafts it selects are scanned for the rest."""
    state = draft_filter.chosen.get("state")
    return ON_DESK if state is None else Q(state=state)


def _line(draft: Draft, draft_filter: DraftFilter, *, may_review: bool, is_told: bool) -> dict[str, Any]:
    line = queries.list_row(draft, may_review=may_review, is_told=is_told)
    query = draft_filter.query
    text = texts_of_fields(draft.fields) if query.is_askable else ""
    return {
        **line,
        "id": draft.pk,
        "parts": passage(text, query) if text else (),
        "may_choose": may_review and draft.state == DraftState.PENDING,
    }


def _choices(member: Member, task: Task) -> dict[str, list[tuple[str, str]]]:
    spec = latest_version(task).spec
    checks = sorted({check.kind for check in spec.checks})
    offered: dict[str, list[tuple[str, str]]] = {
        **WORDS,
        "state": _pairs(DraftState.choices),
        "verdict": [choice for choice in _pairs(Verdict.choices) if choice[0] != Verdict.RETRACT],
        "split": _pairs(Split.choices),
        "check": [(kind, kind.replace("_", " ")) for kind in checks],
        "reason": [(reason.code, reason.label) for reason in spec.reasons],
        "source": list(task.sources.order_by("name").values_list("slug", "name")[:200]),
    }
    if may(member, task, Role.LEAD):
        # Mails come of campaigns, and what is sorted comes of replies to them.
        absent = "reply" if is_mail(spec) else "campaign"
        origins = [origin for origin in ORIGINS if origin[0] != absent]
        labels = [(f"{name}:{value}", f"{field}: {label}") for name, value, field, label in _labels(spec)]
        choices = {**offered, **_of_newest(task), "origin": origins, "reviewer": _reviewers(task)}
        return {**choices, "label": labels} if labels else choices
    return {**offered, "reviewer": [(member.username, gettext("Judged by me"))]}


def _labels(spec: TaskSpec) -> list[tuple[str, str, str, str]]:
    """Each value that a field with labels, or with yes and no, may have: name, value, and both as pages say them."""
    field_labels = {field.name: field.name.replace("_", " ") for field in spec.output_schema}
    of_choice = [
        (field.name, label.name, field_labels[field.name], label.name)
        for field in spec.output_schema
        if field.value_type.control == "label"
        for label in field.labels
    ]
    flags = [field.name for field in spec.output_schema if field.value_type.control == "flag"]
    return of_choice + [
        (name, value, field_labels[name], words)
        for name in flags
        for value, words in (("true", gettext("yes")), ("false", gettext("no")))
    ]


def same_label(member: Member, task: Task) -> list[LabelGroup]:
    """Drafts that wait with the same label, by label, the most first: what a lead may decide at once.

    Of the newest `COUNTED` that wait; only for who leads the task, since a label that is told sways a verdict.
    """
    labels = _labels(latest_version(task).spec)
    if not labels or not may(member, task, Role.LEAD):
        return []
    waiting = Draft.objects.filter(task=task, state=DraftState.PENDING).order_by("-created_at", "-id")
    counts: Counter[tuple[str, str]] = Counter()
    for fields in waiting.values_list("fields", flat=True)[:COUNTED]:
        counts.update((name, value) for name, value, _, _ in labels if _says(fields.get(name), value))
    groups = [
        LabelGroup(f"{name}:{value}", field, words, counts[name, value])
        for name, value, field, words in labels
        if counts[name, value] > 1
    ]
    return sorted(groups, key=lambda group: -group.count)[:GROUPS_SHOWN]


def _says(field_value: object, value: str) -> bool:
    return field_value == value or (isinstance(field_value, bool) and field_value == (value == "true"))


def _pairs(choices: Iterable[tuple[Any, Any]]) -> list[tuple[str, str]]:
    return [(str(value), str(label)) for value, label in choices]


def _reviewers(task: Task) -> list[tuple[str, str]]:
    judging = Membership.objects.filter(task=task, role__in=(Role.REVIEWER, Role.LEAD), member__is_service=False)
    of_task = judging.select_related("member")
    return sorted((row.member.username, row.member.name) for row in of_task[:200])


def _of_newest(task: Task) -> dict[str, list[tuple[str, str]]]:
    newest = _of(task).filter(ON_DESK).order_by("-created_at", "-id")
    rows = list(newest.values_list("teacher", "model", "round")[:NEWEST])
    columns = zip(("teacher", "model", "round"), zip(*rows, strict=True), strict=True) if rows else ()
    return {name: [(str(value), str(value)) for value in sorted(set(values)) if value] for name, values in columns}
