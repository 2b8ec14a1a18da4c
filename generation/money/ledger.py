"""The ledger: what calls have cost, summed by order, task, teacher, member or day, and call by call.

Sums come from the sums of days, never from the calls themselves, so that a page costs the same at a million calls. All
amounts are whole millionths of a US dollar; nothing is rounded further, so that lines add up to their total exactly. A
member sees the orders of their tasks; an admin sees all, those of archived tasks included: what was paid is paid.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple, dataclass
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any, Final, Literal, get_args
from uuid import UUID

from django.db.models import Q, QuerySet, Sum, Value
from django.db.models.functions import Coalesce
from django.http import StreamingHttpResponse
from django.urls import reverse

from generation.models import Call, Order, SpendDay
from generation.money.budgets import held_in_batches_usd, midnight, month_bounds, this_month
from generation.money.daily_sums import AMOUNTS, launch_teacher_name
from generation.money.figures import millionths
from members.models import Member
from review.models import Task
from review.tasks.permissions import task_or_404, tasks_for
from web import csv
from web.errors import Refusal

Grouping = Literal["job", "task", "teacher", "member", "day"]
GROUPINGS: tuple[str, ...] = get_args(Grouping)
ALL = "all"
PER_PAGE = 50
CHUNK = 2_000
SYSTEM_LABEL = "The system"
# By what lines are grouped and told apart, and whether the newest comes first.
SORT_KEYS: dict[str, tuple[tuple[str, ...], bool]] = {
    "job": (("order__created_at", "order_id"), True),
    "task": (("order__task__slug",), False),
    "teacher": (("teacher_name",), False),
    "member": (("username",), False),
    "day": (("day",), True),
}


@dataclass(frozen=True)
class LedgerQuery:
    """Part of the ledger: grouped how, of which month (YYYY-MM, or "all"), of which task (None: every one)."""

    by: Grouping = "job"
    month: str = ALL
    task: Task | None = None


@dataclass(frozen=True)
class Amounts:
    """Sums over calls; money in US dollars, `possible_usd` beside and not within `cost_usd`."""

    calls: int
    input_tokens: int
    cached_tokens: int
    output_tokens: int
    cost_usd: Decimal
    possible_usd: Decimal


@dataclass(frozen=True)
class LedgerLine:
    """One line of the ledger: what it is called, where it leads, what it sums."""

    key: str
    label: str
    url: str
    amounts: Amounts


def parse_query(member: Member, *, by: str = "", month: str = "", task: str = "") -> LedgerQuery:
    """Read what was asked for; nothing said is the orders of the month that lasts.

    Raises:
        Refusal: `ledger_by` or `ledger_month`.
        Http404: No such task, or not this member's.
    """
    if by and by not in GROUPINGS:
        raise Refusal(
            "ledger_by", f"The ledger sums by {', '.join(GROUPINGS)}.", errors={"by": [f"'{by}' is not one of them."]}
        )
    month = month or this_month()
    try:
        month_bounds(month if month != ALL else this_month())
    except ValueError:
        message = "Write a month as YYYY-MM, or all."
        raise Refusal("ledger_month", message, errors={"month": [message]}) from None
    chosen: Any = by or "job"
    return LedgerQuery(chosen, month, task_or_404(member, task) if task else None)


def total(member: Member, query: LedgerQuery) -> Amounts:
    return _amounts(_days(member, query).aggregate(**_sums()))


def at_provider_usd(member: Member, query: LedgerQuery) -> Decimal:
    """Return what batches at providers now may still cost: no call of theirs is a line yet, and budgets hold it."""
    return held_in_batches_usd(_of_orders(member, query))


def page(member: Member, query: LedgerQuery, *, after: str = "", size: int = PER_PAGE) -> tuple[list[LedgerLine], str]:
    """One page of lines, and where the next begins; empty at the end.

    Raises:
        Refusal: `ledger_after`, this is no place in the ledger.
    """
    fields, is_falling = SORT_KEYS[query.by]
    days = _days(member, query)
    if after:
        days = days.filter(_after_cursor(fields, after, is_falling=is_falling))
    rows = list(_grouped(days, query.by)[: size + 1])
    following = "|".join(_cursor_text(rows[size - 1][name]) for name in fields) if len(rows) > size else ""
    return _lines(rows[:size], query.by), following


def all_lines(member: Member, query: LedgerQuery) -> Iterator[LedgerLine]:
    """Every line, page by page."""
    after = ""
    while True:
        lines, after = page(member, query, after=after, size=CHUNK)
        yield from lines
        if not after:
            return


def calls(member: Member, query: LedgerQuery) -> Iterator[Call]:
    """Every call of the part that was asked for, in the order of time; memory does not grow with their number."""
    rows = Call.objects.filter(_of_orders(member, query)).select_related("order__task", "order__created_by")
    rows = rows.order_by("created_at", "id").defer("fields", "excerpt", "order__record_ids", "order__estimate")
    if query.month != ALL:
        first, following = (midnight(day) for day in month_bounds(query.month))
        rows = rows.filter(created_at__gte=first, created_at__lt=following)
    last: Call | None = None
    while True:
        beyond = rows
        if last is not None:
            # The row after the last one, by the index; an offset would be counted again for each chunk.
            beyond = rows.filter(created_at__gte=last.created_at).exclude(created_at=last.created_at, id__lte=last.pk)
        chunk = list(beyond[:CHUNK])
        yield from chunk
        if len(chunk) < CHUNK:
            return
        last = chunk[-1]


def months(member: Member) -> list[str]:
    """Months in which anything was asked, the newest first; the one that lasts is always among them."""
    days = _days(member, LedgerQuery())
    months = {f"{day:%Y-%m}" for day in days.dates("day", "month")}
    return sorted(months | {this_month()}, reverse=True)


def _of_orders(member: Member, query: LedgerQuery) -> Q:
    """Match what belongs to orders that the member may see, of the task that was asked for."""
    visible = Q() if member.is_admin else Q(order__task__in=tasks_for(member))
    return visible if query.task is None else visible & Q(order__task=query.task)


def _days(member: Member, query: LedgerQuery) -> QuerySet[SpendDay]:
    days = SpendDay.objects.filter(_of_orders(member, query)).order_by()
    if query.month != ALL:
        first, following = month_bounds(query.month)
        days = days.filter(day__gte=first, day__lt=following)
    if query.by == "member":
        days = days.annotate(username=Coalesce("order__created_by__username", Value("")))
    return days


def _grouped(days: QuerySet[SpendDay], by: str) -> QuerySet[SpendDay, dict[str, Any]]:
    fields, is_falling = SORT_KEYS[by]
    order = [f"-{name}" if is_falling else name for name in fields]
    rows: QuerySet[SpendDay, dict[str, Any]] = days.values(*fields).annotate(**_sums()).order_by(*order)
    return rows


def _sums() -> dict[str, Sum]:
    return {f"sum_{name}": Sum(name) for name in AMOUNTS}


def _amounts(row: dict[str, Any]) -> Amounts:
    amounts: dict[str, Any] = {name: row[f"sum_{name}"] or 0 for name in AMOUNTS}
    for name in ("cost_usd", "possible_usd"):
        amounts[name] = millionths(row[f"sum_{name}"])
    return Amounts(**amounts)


def _after_cursor(fields: tuple[str, ...], after: str, *, is_falling: bool) -> Q:
    """Rows after a cursor: in the order of the first field, then of the second."""
    parts = after.split("|") if len(fields) > 1 else [after]
    try:
        values = [_cursor_value(name, part) for name, part in zip(fields, parts, strict=True)]
    except ValueError:
        raise Refusal("ledger_after", "`after` names no place in the ledger.", hint="Begin without `after`.") from None
    side = "lt" if is_falling else "gt"
    beyond = Q(**{f"{fields[0]}__{side}": values[0]})
    if len(fields) > 1:
        beyond |= Q(**{fields[0]: values[0], f"{fields[1]}__{side}": values[1]})
    return beyond


def _cursor_value(name: str, text: str) -> Any:
    if name == "day":
        return date.fromisoformat(text)
    if name.endswith("created_at"):
        return datetime.fromisoformat(text)
    return UUID(text) if name == "order_id" else text


def _cursor_text(value: object) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _lines(rows: list[dict[str, Any]], by: str) -> list[LedgerLine]:
    keys = [_cursor_text(row[SORT_KEYS[by][0][-1]]) for row in rows]
    named = _names(by, keys)
    return [
        LedgerLine(key, *named.get(key, (key or SYSTEM_LABEL, "")), _amounts(row))
        for key, row in zip(keys, rows, strict=True)
    ]


def _names(by: str, keys: list[str]) -> dict[str, tuple[str, str]]:
    """Names and URLs of lines by key; one query."""
    if by == "job":
        orders = Order.objects.filter(pk__in=keys).values_list("pk", "count", "job__title", "teacher_spec__name")
        return {
            str(pk): (title or f"{count} drafts by {teacher}", reverse("generation:detail", args=[pk]))
            for pk, count, title, teacher in orders
        }
    if by == "task":
        tasks = Task.objects.filter(slug__in=keys).values_list("slug", "name")
        return {slug: (name, reverse("generation:list", args=[slug])) for slug, name in tasks}
    if by == "member":
        return {each.username: (each.name, "") for each in Member.objects.filter(username__in=keys)}
    return {}


# What the file says of a call, by column: attributes by their names, and what is read off others.
CALL_COLUMNS: Final[dict[str, Callable[[Call], object]]] = {
    "at": lambda call: call.created_at.isoformat(timespec="seconds"),
    "call": attrgetter("pk"),
    "job": attrgetter("order.pk"),
    "task": attrgetter("order.task.slug"),
    "teacher": lambda call: call.teacher_name or launch_teacher_name(call.order),
    "model": attrgetter("model"),
    "member": lambda call: call.order.created_by.username if call.order.created_by else "",
    **{name: attrgetter(name) for name in ("way", "state", "settlement", "input_tokens", "cached_tokens")},
    **{name: attrgetter(name) for name in ("cache_write_tokens", "output_tokens", "cost_usd", "cost_is_estimate")},
    "possible_usd": attrgetter("possible_cost_usd"),
    **{name: attrgetter(name) for name in ("request_id", "is_repair", "is_corrected")},
    "claimed_usd": attrgetter("claimed_cost_usd"),
}


def grouped_rows(by: str, lines: Iterable[LedgerLine]) -> Iterator[str]:
    """A line of names, then one a line of the ledger."""
    yield csv.line((by, "name", *AMOUNTS))
    for line in lines:
        yield csv.line((line.key, line.label, *astuple(line.amounts)))


def call_rows(calls: Iterable[Call]) -> Iterator[str]:
    """A line of names, then one a call."""
    yield csv.line(CALL_COLUMNS)
    for call in calls:
        yield csv.line(read(call) for read in CALL_COLUMNS.values())


def csv_response(member: Member, query: LedgerQuery, *, is_by_call: bool) -> StreamingHttpResponse:
    """A part of the ledger as a file, streamed: grouped, or every call of it."""
    lines = call_rows(calls(member, query)) if is_by_call else grouped_rows(query.by, all_lines(member, query))
    sent = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"ledger-{'call' if is_by_call else query.by}-{query.month}.csv"
    sent["Content-Disposition"] = f'attachment; filename="{name}"'
    return sent
