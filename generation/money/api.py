"""API of money: the price table and price maps, the ledger, budgets."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.money import budgets, ledger, limits, price_map, prices
from generation.money.serializers import (
    BudgetIn,
    BudgetOut,
    BudgetsOut,
    LedgerCsvQuery,
    LedgerOut,
    LedgerQuery,
    PriceImportOut,
    PriceIn,
    PriceLineOut,
    PriceMapIn,
    PriceQuery,
)
from generation.states import BudgetScope
from members.session import member_of
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems
from web.http.read_body import read_body


class PriceListView(APIView):
    """The price table."""

    scope_write = "admin"
    pagination_class = WholeList

    @lists(PriceLineOut, PriceQuery)
    def get(self, request: Request, filters: dict[str, Any]) -> Rows:
        """List prices that count today, or every row."""
        if filters.pop("every_row", False):
            return prices.price_rows(**filters)
        return prices.prices().filter(**filters)

    @extend_schema(request=PriceIn, responses={201: PriceLineOut, **problems(422)})
    def post(self, request: Request) -> Response:
        """Set a price from a day on."""
        body = read_body(PriceIn, request)
        lasting = prices.lasting_facts(body["provider"], body["model"], body.get("from_date"))
        values = {"as_of": timezone.localdate(), **lasting, **body}
        entry = prices.set_price(prices.new_price(**values), by=member_of(request))
        return Response(PriceLineOut(entry).data, status=201)


class PriceView(APIView):
    """One line of the table."""

    scope_write = "admin"

    @extend_schema(responses={204: None})
    def delete(self, request: Request, price_id: int) -> Response:
        """Take a line out; the one before it counts again."""
        prices.remove_price(prices.price_or_404(price_id), by=member_of(request))
        return Response(status=204)


class PriceImportView(APIView):
    """A price map."""

    scope_write = "admin"

    @extend_schema(request=PriceMapIn, responses={200: PriceImportOut, 201: PriceImportOut, **problems(422)})
    def post(self, request: Request) -> Response:
        """Tell what a map would change; with `confirm` write it, all or nothing."""
        values = read_body(PriceMapIn, request)
        read = price_map.read(values["map"], from_date=values.get("from_date"))
        outcome = price_map.import_map(
            read, by=member_of(request), is_confirmed=values["confirm"], skips_refused=values["skip_refused"]
        )
        return Response(PriceImportOut(outcome).data, status=201 if outcome.is_saved else 200)


class LedgerView(APIView):
    """Ledger of the costs of calls."""

    @extend_schema(responses={200: LedgerOut, **problems(400)}, operation_id="ledger_list", parameters=[LedgerQuery])
    def get(self, request: Request) -> Response:
        """List sums, 50 a page; lines add up to the total exactly."""
        member, filters = member_of(request), LedgerQuery.read(request)
        after = filters.pop("after", "")
        query = ledger.parse_query(member, **filters)
        lines, following = ledger.page(member, query, after=after)
        shown = {
            "by": query.by,
            "month": query.month,
            "total": ledger.total(member, query),
            "next": following or None,
            "results": lines,
        }
        return Response(LedgerOut(shown).data)


class LedgerCsvView(APIView):
    """The ledger as CSV."""

    @extend_schema(
        operation_id="ledger_csv",
        responses={(200, "text/csv"): OpenApiTypes.STR, **problems(400)},
        parameters=[LedgerCsvQuery],
    )
    def get(self, request: Request) -> StreamingHttpResponse:
        """Stream sums, or every call with `by=call`; amounts have six decimals and add up exactly."""
        member, filters = member_of(request), LedgerCsvQuery.read(request)
        by = filters.pop("by", "")
        query = ledger.parse_query(member, by="" if by == "call" else by, **filters)
        return ledger.csv_response(member, query, is_by_call=by == "call")


class BudgetListView(APIView):
    """The installation's budget, and those of tasks."""

    @extend_schema(responses={200: BudgetsOut, **problems(400)}, operation_id="budgets_list", parameters=[TaskQuery])
    def get(self, request: Request) -> Response:
        member, filters = member_of(request), TaskQuery.read(request)
        visible = budgets.visible(member, task=task_or_404(member, filters["task"]) if "task" in filters else None)
        return Response(BudgetsOut({"results": budgets.statuses_of(visible)}).data)

    @extend_schema(request=BudgetIn, responses=BudgetOut)
    def post(self, request: Request) -> Response:
        """Set a budget; the same scope and task replaces what was set."""
        values, member = read_body(BudgetIn, request), member_of(request)
        task = task_or_404(member, values["task"]) if values.get("task") else None
        saved = limits.set_limit(
            scope=BudgetScope(values["scope"]), task=task, limit_usd=values["limit_usd"], by=member
        )
        return Response(BudgetOut(budgets.status_of(saved)).data)


class BudgetView(APIView):
    """One budget."""

    @extend_schema(responses=BudgetOut)
    def get(self, request: Request, budget_id: UUID) -> Response:
        return Response(BudgetOut(budgets.status_of(budgets.budget_or_404(member_of(request), budget_id))).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, budget_id: UUID) -> Response:
        limits.remove_limit(budgets.budget_or_404(member_of(request), budget_id), by=member_of(request))
        return Response(status=204)
