"""API of orders for drafts: price, launch, read. Pausing and cancelling are its job's."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.urls import reverse
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.diversity import queries as diversity_queries
from generation.diversity.request import mix_request
from generation.diversity.serializers import DiversityOut
from generation.orders import launch, queries
from generation.orders.serializers import CallOut, OrderDetailOut, OrderEstimateOut, OrderIn, OrderOut, OrderStartedOut
from generation.orders.way import WayRequest
from generation.states import CallState, Stragglers, UncertainPolicy, Way
from generation.teachers import queries as teacher_selectors
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.sources import split_advice
from review.tasks.permissions import task_or_404
from web.http.lists import ListQuery, Rows, TaskQuery, lists, one_of
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class CallPagination(KeysetPagination):
    """Calls in the order they were planned."""

    ordering = ("position", "id")


class OrderListView(APIView):
    """Orders for drafts."""

    pagination_class = KeysetPagination

    @lists(OrderOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        if "task" in query:
            return queries.of_task(member, task_or_404(member, query["task"]))
        return queries.visible(member)

    @extend_schema(request=OrderIn, responses={202: OrderStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        order = launch.launch(_order_request(request))
        started = {"id": order.pk, "job": order.job_id, "url": reverse("generation:detail", args=[order.pk])}
        return Response(OrderStartedOut(started).data, status=202)


class EstimateView(APIView):
    """The price of an order, before it is launched; starts nothing."""

    @extend_schema(request=OrderIn, responses=OrderEstimateOut)
    def post(self, request: Request) -> Response:
        quoted = launch.quote(_order_request(request))
        lacking = split_advice.of_task(quoted.version.task)
        return Response(OrderEstimateOut(quoted.as_json() | {"warnings": [str(lacking)] if lacking else []}).data)


class OrderView(APIView):
    """One order, its counts and its cost so far."""

    @extend_schema(responses=OrderDetailOut)
    def get(self, request: Request, order_id: UUID) -> Response:
        return Response(OrderDetailOut(queries.get(member_of(request), order_id)).data)


class CallQuery(ListQuery):
    state = one_of(CallState.values)


class CallListView(APIView):
    """Paid requests of an order."""

    pagination_class = CallPagination

    @lists(CallOut, CallQuery)
    def get(self, request: Request, query: dict[str, Any], order_id: UUID) -> Rows:
        member = member_of(request)
        order = queries.get(member, order_id)
        return queries.calls(order, state=query.get("state", ""), is_withheld=queries.is_withheld(member, order))


def _order_request(request: Request) -> launch.OrderRequest:
    data, member = read_body(OrderIn, request), member_of(request)
    task = task_or_404(member, data["task"])
    source = data.get("source")
    mix = mix_request(member, task, data)
    return launch.OrderRequest(
        task,
        teacher=mix.first or teacher_selectors.teacher_or_404(member, data["teacher"]),
        mix=mix,
        count=data["count"],
        per_record=data["per_record"],
        source=queries.source_or_404(task, source) if source else None,
        record_ids=data.get("records"),
        max_cost_usd=data.get("max_cost_usd"),
        uncertain_policy=UncertainPolicy(data.get("uncertain_policy", UncertainPolicy.HOLD)),
        wish=WayRequest(Way(data["way"]), Stragglers(data["stragglers"])),
        by=member,
    )


class OrderDiversityView(APIView):
    """Diversity of an order's newest drafts, computed for each request."""

    @extend_schema(responses=DiversityOut)
    def get(self, request: Request, order_id: UUID) -> Response:
        order = queries.get(member_of(request), order_id)
        outcome = diversity_queries.mix_outcome(order)
        shown = {
            "repeats": outcome.repeats,
            "not_best": outcome.not_best,
            "chosen": outcome.chosen,
            "followers": [follower.pk for follower in outcome.followers],
            "measured": diversity_queries.measure_order(order),
        }
        return Response(DiversityOut(shown).data)
