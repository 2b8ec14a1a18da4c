"""The ledger's page, and the same as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from generation.budgets import queries
from generation.ledger import csv_export
from generation.ledger import queries as selectors
from generation.ledger.queries import LedgerQuery
from members.models import Member
from members.session import member_of
from review.tasks.permissions import tasks_for
from web.errors import Refusal

TITLES = {"job": "Order", "task": "Task", "teacher": "Teacher", "member": "Member", "day": "Day"}


@require_safe
def ledger_page(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    refusal, status = None, 200
    try:
        wanted = _query_of(request, member)
        lines, following = selectors.page(member, wanted, after=request.GET.get("after", ""))
    except Refusal as refused:
        refusal, status = refused, 400
        wanted = selectors.parse_query(member)
        lines, following = selectors.page(member, wanted)
    context = {
        "section": "generation",
        "task": wanted.task,
        "asked": wanted,
        "lines": lines,
        "next": following,
        "is_first": not request.GET.get("after"),
        "total": selectors.total(member, wanted),
        "lying_usd": selectors.at_provider_usd(member, wanted),
        "months": selectors.months(member),
        "tasks": tasks_for(member),
        "titles": TITLES,
        "title": TITLES[wanted.by],
        "near": [each for each in queries.statuses_of(queries.visible(member, task=wanted.task)) if each.is_near],
        "refusal": refusal,
    }
    return render(request, "generation/ledger.html", context, status=status)


@require_safe
def ledger_csv(request: HttpRequest) -> HttpResponse | StreamingHttpResponse:
    member, by = member_of(request), request.GET.get("by", "")
    try:
        wanted = _query_of(request, member, by="" if by == "call" else by)
    except Refusal as refusal:
        return HttpResponse(refusal.message, status=400, content_type="text/plain; charset=utf-8")
    return csv_export.csv_response(member, wanted, is_by_call=by == "call")


def _query_of(request: HttpRequest, member: Member, *, by: str | None = None) -> LedgerQuery:
    given = request.GET
    chosen = given.get("by", "") if by is None else by
    return selectors.parse_query(member, by=chosen, month=given.get("month", ""), task=given.get("task", ""))
