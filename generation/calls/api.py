"""API of an order's calls: settle uncertain ones, correct what one cost."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.calls import uncertain
from generation.money import corrections
from generation.orders import queries as orders_queries
from members.session import member_of
from members.tokens.idempotency import idempotent
from web.http.read_body import read_body


class CallSettleIn(serializers.Serializer[Any]):
    verb = serializers.ChoiceField(
        choices=["retry", "drop", "paid", "not-paid"],
        help_text="Ask again; give up, possible cost kept; book it as cost; take it off the books",
    )
    calls = serializers.ListField(
        child=serializers.UUIDField(), required=False, help_text="None means all that are open"
    )


class SettledOut(serializers.Serializer[Any]):
    settled = serializers.IntegerField()
    id = serializers.UUIDField(allow_null=True, help_text="The new order, if the calls are made again")
    job = serializers.UUIDField(allow_null=True)


class CorrectionIn(serializers.Serializer[Any]):
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6, min_value=0)
    reason = serializers.CharField(max_length=300)


class CorrectionOut(serializers.Serializer[Any]):
    """Correction of a call's cost: the cost before and after."""

    call = serializers.UUIDField(source="call_id")
    was_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6)
    reason = serializers.CharField()
    by = serializers.CharField(source="by.name")
    at = serializers.DateTimeField()


class SettleCallsView(APIView):
    """Uncertain calls: take them as paid or not paid, drop them, or ask again under a new order."""

    @extend_schema(request=CallSettleIn, responses={200: SettledOut, 202: SettledOut})
    @idempotent
    def post(self, request: Request, order_id: UUID) -> Response:
        order = orders_queries.get(member_of(request), order_id)
        body = read_body(CallSettleIn, request)
        ids = body.get("calls")
        if settlement := uncertain.SETTLEMENTS.get(body["verb"]):
            count = uncertain.settle(order, settlement, call_ids=ids, by=member_of(request))
            return Response(SettledOut({"settled": count, "id": None, "job": None}).data)
        again = uncertain.ask_again(order, call_ids=ids, by=member_of(request))
        return Response(SettledOut({"settled": again.count, "id": again.pk, "job": again.job_id}).data, status=202)


class CorrectCallView(APIView):
    """Correction of one call's cost by an admin, where the provider's invoice differs."""

    scope_write = "admin"

    @extend_schema(request=CorrectionIn, responses=CorrectionOut)
    @idempotent
    def post(self, request: Request, order_id: UUID, call_id: UUID) -> Response:
        order = orders_queries.get(member_of(request), order_id)
        corrections.require_admin(member_of(request))
        body = read_body(CorrectionIn, request)
        return Response(CorrectionOut(corrections.correct(order, call_id, **body, by=member_of(request))).data)
