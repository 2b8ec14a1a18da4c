"""The ledger as CSV lines: grouped, or call by call. Amounts stand with six decimals, so that they add up exactly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import astuple

from django.http import StreamingHttpResponse

from generation.models import Call
from generation.money import ledger as selectors
from generation.money.daily_sums import AMOUNTS, launch_teacher_name
from generation.money.ledger import LedgerLine, LedgerQuery
from members.models import Member
from web import csv

CALL_COLUMNS = (
    "at",
    "call",
    "job",
    "task",
    "teacher",
    "model",
    "member",
    "way",
    "state",
    "settlement",
    "input_tokens",
    "cached_tokens",
    "cache_write_tokens",
    "output_tokens",
    "cost_usd",
    "cost_is_estimate",
    "possible_usd",
    "request_id",
    "is_repair",
    "is_corrected",
    "claimed_usd",
)


def grouped_rows(by: str, lines: Iterable[LedgerLine]) -> Iterator[str]:
    """A line of names, then one a line of the ledger."""
    yield csv.line((by, "name", *AMOUNTS))
    for line in lines:
        yield csv.line((line.key, line.label, *astuple(line.amounts)))


def call_rows(calls: Iterable[Call]) -> Iterator[str]:
    """A line of names, then one a call."""
    yield csv.line(CALL_COLUMNS)
    for call in calls:
        order = call.order
        yield csv.line(
            (
                call.created_at.isoformat(timespec="seconds"),
                str(call.pk),
                str(order.pk),
                order.task.slug,
                call.teacher_name or launch_teacher_name(order),
                call.model,
                order.created_by.username if order.created_by else "",
                call.way,
                call.state,
                call.settlement,
                call.input_tokens,
                call.cached_tokens,
                call.cache_write_tokens,
                call.output_tokens,
                call.cost_usd,
                call.cost_is_estimate,
                call.possible_cost_usd,
                call.request_id,
                call.is_repair,
                call.is_corrected,
                call.claimed_cost_usd,
            )
        )


def csv_response(member: Member, wanted: LedgerQuery, *, is_by_call: bool) -> StreamingHttpResponse:
    """A part of the ledger as a file, streamed: grouped, or every call of it."""
    if is_by_call:
        lines = call_rows(selectors.calls(member, wanted))
    else:
        lines = grouped_rows(wanted.by, selectors.all_lines(member, wanted))
    sent = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    name = f"ledger-{'call' if is_by_call else wanted.by}-{wanted.month}.csv"
    sent["Content-Disposition"] = f'attachment; filename="{name}"'
    return sent
