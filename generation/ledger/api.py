"""API of the ledger: sums by order, task, teacher, member or day, and the same or every call as CSV."""

from __future__ import annotations

from typing import Any

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.ledger import csv_export
from generation.ledger import queries as selectors
from members.session import member_of
from web.http.lists import ListQuery, one_of
from web.http.problem_shape import problems

USD: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class AmountsOut(serializers.Serializer[Any]):
    """Sums over calls; US dollars, exact to the millionth."""

    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.DecimalField(**USD)
    possible_usd = serializers.DecimalField(
        **USD,
        help_text="Possible cost of calls with an unknown outcome, in addition to cost_usd.",
    )


class LedgerLineOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField(source="label")
    url = serializers.CharField()
    amounts = AmountsOut()


class LedgerOut(serializers.Serializer[Any]):
    by = serializers.CharField()
    month = serializers.CharField()
    total = AmountsOut()
    next = serializers.CharField(allow_null=True, help_text="Value of `after` for the next page; null at the end.")
    results = LedgerLineOut(many=True)


class LedgerPartQuery(ListQuery):
    month = serializers.CharField(required=False, help_text="YYYY-MM, or all; by default the month that lasts.")
    task = serializers.CharField(required=False, help_text="Only of this task.")


class LedgerQuery(LedgerPartQuery):
    by = one_of(selectors.GROUPINGS)
    after = serializers.CharField(required=False, help_text="`next` of the page before.")


class LedgerCsvQuery(LedgerPartQuery):
    by = one_of([*selectors.GROUPINGS, "call"])


class LedgerView(APIView):
    """What calls have cost."""

    @extend_schema(responses={200: LedgerOut, **problems(400)}, operation_id="ledger_list", parameters=[LedgerQuery])
    def get(self, request: Request) -> Response:
        """List sums, 50 a page; lines add up to the total exactly."""
        member, asked = member_of(request), LedgerQuery.read(request)
        after = asked.pop("after", "")
        wanted = selectors.parse_query(member, **asked)
        lines, following = selectors.page(member, wanted, after=after)
        shown = {
            "by": wanted.by,
            "month": wanted.month,
            "total": selectors.total(member, wanted),
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
        member, asked = member_of(request), LedgerCsvQuery.read(request)
        by = asked.pop("by", "")
        wanted = selectors.parse_query(member, by="" if by == "call" else by, **asked)
        return csv_export.csv_response(member, wanted, is_by_call=by == "call")
