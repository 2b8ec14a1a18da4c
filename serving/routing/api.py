"""API of routers: make one, set its thresholds, route a request, tell what became of it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, require_may_ask, task_or_404
from serving.routing import report, route, set_thresholds
from serving.routing.serializers import (
    RouteIn,
    RouteOut,
    RouteOutcomeIn,
    RouteOutcomeOut,
    RouterDetailOut,
    RouterIn,
    RouterOut,
    RouterVersionOut,
    ThresholdsIn,
)
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body


class RoutersView(APIView):
    """Routers of the tasks a member may see; POST makes one."""

    pagination_class = KeysetPagination

    @lists(RouterOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return report.routers_of(task_or_404(member, query["task"])) if "task" in query else report.visible(member)

    @extend_schema(request=RouterIn, responses={201: RouterOut})
    @idempotent
    def post(self, request: Request) -> Response:
        body = read_body(RouterIn, request)
        member = member_of(request)
        task = task_or_404(member, body["task"])
        router = set_thresholds.create(task, name=body["name"], by=member)
        return Response(RouterOut(router).data, status=201)


class RouterView(APIView):
    """One router with the report of its newest version."""

    @extend_schema(responses=RouterDetailOut)
    def get(self, request: Request, router_id: UUID) -> Response:
        router = report.router_or_404(member_of(request), router_id)
        version = route.versions(router).first()
        current_report = report.report(version) if version else None
        return Response(RouterDetailOut({"router": router, "report": current_report}).data)


class RouterVersionsView(APIView):
    @extend_schema(request=ThresholdsIn, responses={201: RouterVersionOut, **problems(422)})
    def post(self, request: Request, router_id: UUID) -> Response:
        """Set thresholds by experts' held-out verdicts; every try costs some of the confidence."""
        member = member_of(request)
        router = report.router_or_404(member, router_id)
        require(member, router.task, Role.LEAD)
        body = read_body(ThresholdsIn, request)
        wish = set_thresholds.read_request(router.task, member, body)
        return Response(RouterVersionOut(set_thresholds.set_thresholds(router, wish, by=member)).data, status=201)


class RouteView(APIView):
    scope_write = "serve"

    @extend_schema(request=RouteIn, responses={201: RouteOut, **problems(409)})
    def post(self, request: Request, router_id: UUID) -> Response:
        """Route a request and keep it for the report."""
        member = member_of(request)
        router = report.router_or_404(member, router_id)
        require_may_ask(member, router.task)
        body = read_body(RouteIn, request)
        return Response(RouteOut(route.record(route.current(router), body["features"])).data, status=201)


class RouteOutcomeView(APIView):
    scope_write = "serve"

    @extend_schema(request=RouteOutcomeIn, responses={201: RouteOutcomeOut, **problems(409, 422)})
    def post(self, request: Request, router_id: UUID, routed_id: UUID) -> Response:
        """Tell its cost and, of an audited one, whether each text passed; once."""
        member = member_of(request)
        router = report.router_or_404(member, router_id)
        require_may_ask(member, router.task)
        body = read_body(RouteOutcomeIn, request)
        routed = report.routed_or_404(router, routed_id)
        return Response(RouteOutcomeOut(route.record_outcome(routed, **body)).data, status=201)
