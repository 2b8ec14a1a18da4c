"""API of orders for drafts: price, launch, read, settle. Pausing and cancelling are its job's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.api.shapes import (
    CallOut,
    CallSettleIn,
    CorrectionIn,
    CorrectionOut,
    EstimateOut,
    OrderIn,
    OrderOut,
    OrderStartedOut,
    SettledOut,
)
from generation.api.shapes_batches import OrderDetailOut
from generation.selectors import orders as selectors
from generation.selectors import teachers as teacher_selectors
from generation.services import correcting, orders, uncertain
from generation.services.batches.wishes import WayWish
from generation.services.variety import asked as wishes
from generation.states import CallState, Stragglers, UncertainPolicy, Way
from generation.terms import terms_of
from members.idempotency import idempotent
from members.session import member_of
from review.permissions import task_or_404
from web.pagination import KeysetPagination


class CallPages(KeysetPagination):
    """Calls in the order they were planned."""

    ordering = ("position", "id")


class Orders(APIView):
    """Orders for drafts."""

    @extend_schema(parameters=[OpenApiParameter("task", str)], responses=OrderOut(many=True))
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("task")
        found = selectors.visible(member_of(request))
        if slug:
            found = selectors.of_task(member_of(request), task_or_404(member_of(request), slug))
        pager = KeysetPagination()
        page = pager.paginate_queryset(found, request, view=self)
        return pager.get_paginated_response(OrderOut(page, many=True).data)

    @extend_schema(request=OrderIn, responses={202: OrderStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        asked = _asked(request)
        task = asked.pop("task")
        order = orders.launch(task, **asked, by=member_of(request))
        started = {"id": order.pk, "job": order.job_id, "url": reverse("generation:detail", args=[order.pk])}
        return Response(OrderStartedOut(started).data, status=202)


class Estimate(APIView):
    """The price of an order, before it is launched; starts nothing."""

    @extend_schema(request=OrderIn, responses=EstimateOut)
    def post(self, request: Request) -> Response:
        asked = _asked(request)
        quoted = orders.quote(
            asked["task"],
            teacher=asked["teacher"],
            count=asked["count"],
            by=member_of(request),
            source=asked["source"],
            record_ids=asked["record_ids"],
            per_record=asked["per_record"],
            wish=asked["wish"],
            mix=asked["mix"],
        )
        shown = quoted.estimate.as_json() | {
            "suggested_budget_usd": quoted.suggested_budget_usd,
            "records": len(quoted.record_ids),
            "terms": terms_of(quoted.teacher.provider),
        }
        return Response(EstimateOut(shown).data)


class OrderDetail(APIView):
    """One order, its counts and its cost so far."""

    @extend_schema(responses=OrderDetailOut)
    def get(self, request: Request, order_id: UUID) -> Response:
        return Response(OrderDetailOut(selectors.get(member_of(request), order_id)).data)


class Calls(APIView):
    """Paid requests of an order."""

    @extend_schema(parameters=[OpenApiParameter("state", str, enum=CallState.values)], responses=CallOut(many=True))
    def get(self, request: Request, order_id: UUID) -> Response:
        order = selectors.get(member_of(request), order_id)
        pager = CallPages()
        found = selectors.calls(order, state=request.query_params.get("state", ""))
        page = pager.paginate_queryset(found, request, view=self)
        return pager.get_paginated_response(CallOut(page, many=True).data)


class Settle(APIView):
    """Uncertain calls: take them as paid or not paid, drop them, or ask again under a new order."""

    @extend_schema(request=CallSettleIn, responses={200: SettledOut, 202: SettledOut})
    @idempotent
    def post(self, request: Request, order_id: UUID) -> Response:
        order = selectors.get(member_of(request), order_id)
        body = CallSettleIn(data=request.data)
        body.is_valid(raise_exception=True)
        ids = body.validated_data.get("calls")
        if settle := uncertain.BY_HAND.get(body.validated_data["verb"]):
            count = settle(order, call_ids=ids, by=member_of(request))
            return Response(SettledOut({"settled": count, "id": None, "job": None}).data)
        again = uncertain.ask_again(order, call_ids=ids, by=member_of(request))
        return Response(SettledOut({"settled": again.count, "id": again.pk, "job": again.job_id}).data, status=202)


class Correct(APIView):
    """What one call cost, set by an admin where the provider's invoice says otherwise."""

    scope_write = "admin"

    @extend_schema(request=CorrectionIn, responses=CorrectionOut)
    @idempotent
    def post(self, request: Request, order_id: UUID, call_id: UUID) -> Response:
        order = selectors.get(member_of(request), order_id)
        correcting.require_admin(member_of(request))
        body = CorrectionIn(data=request.data)
        body.is_valid(raise_exception=True)
        return Response(
            CorrectionOut(correcting.correct(order, call_id, **body.validated_data, by=member_of(request))).data
        )


def _asked(request: Request) -> dict[str, Any]:
    """The body of an order, with what it names looked up."""
    body = OrderIn(data=request.data)
    body.is_valid(raise_exception=True)
    asked = body.validated_data
    task = task_or_404(member_of(request), asked["task"])
    source = asked.get("source")
    mix = wishes.wish(member_of(request), task, asked)
    return {
        "task": task,
        "teacher": mix.first or teacher_selectors.teacher_or_404(member_of(request), asked["teacher"]),
        "mix": mix,
        "count": asked["count"],
        "per_record": asked["per_record"],
        "source": selectors.source_or_404(task, source) if source else None,
        "record_ids": asked.get("records"),
        "max_cost_usd": asked.get("max_cost_usd"),
        "uncertain_policy": UncertainPolicy(asked.get("uncertain_policy", UncertainPolicy.HOLD)),
        "wish": WayWish(Way(asked["way"]), Stragglers(asked["stragglers"])),
    }
