"""The ledger as CSV lines: grouped, or call by call. Amounts stand with six decimals, so that they add up exactly."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import astuple
from operator import attrgetter
from typing import Final

from django.http import StreamingHttpResponse

from generation.models import Call
from generation.money import ledger as selectors
from generation.money.daily_sums import AMOUNTS, launch_teacher_name
from generation.money.ledger import LedgerLine, LedgerQuery
from members.models import Member
from web import csv

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
    if is_by_call:
        lines = call_rows(selectors.calls(member, query))
    else:
        lines = grouped_rows(query.by, selectors.all_lines(member, query))
    sent = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"ledger-{'call' if is_by_call else query.by}-{query.month}.csv"
    sent["Content-Disposition"] = f'attachment; filename="{name}"'
    return sent
