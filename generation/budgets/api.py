"""API of budgets: members read those of their tasks, admins and leads set and remove them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.budgets import limits
from generation.budgets import queries as selectors
from generation.states import BudgetScope
from members.session import member_of
from review.tasks.permissions import task_or_404
from web.http.lists import TaskQuery
from web.http.problem_shape import problems

USD: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class BudgetOut(serializers.Serializer[Any]):
    """A budget and where it stands."""

    id = serializers.UUIDField(source="budget.pk")
    scope = serializers.ChoiceField(choices=BudgetScope.choices, source="budget.scope")
    task = serializers.CharField(source="budget.task.slug", default=None, allow_null=True)
    limit_usd = serializers.DecimalField(max_digits=12, decimal_places=2, source="budget.limit_usd")
    period = serializers.CharField(help_text="The month as YYYY-MM, or all.")
    spent_usd = serializers.DecimalField(
        **USD,
        help_text="What calls have cost, or may have cost.",
    )
    held_usd = serializers.DecimalField(
        **USD,
        help_text="What orders that have not ended may still spend.",
    )
    left_usd = serializers.DecimalField(**USD)
    warned_at = serializers.DateTimeField(source="budget.warned_at", allow_null=True)


class BudgetIn(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(choices=BudgetScope.choices)
    task = serializers.CharField(required=False, help_text="None for the installation's.")
    limit_usd = serializers.DecimalField(max_digits=12, decimal_places=2)


class BudgetsOut(serializers.Serializer[Any]):
    results = BudgetOut(many=True)


class BudgetListView(APIView):
    """The installation's budget, and those of tasks."""

    @extend_schema(responses={200: BudgetsOut, **problems(400)}, operation_id="budgets_list", parameters=[TaskQuery])
    def get(self, request: Request) -> Response:
        member, asked = member_of(request), TaskQuery.read(request)
        budgets = selectors.visible(member, task=task_or_404(member, asked["task"]) if "task" in asked else None)
        return Response(BudgetsOut({"results": selectors.statuses_of(budgets)}).data)

    @extend_schema(request=BudgetIn, responses=BudgetOut)
    def post(self, request: Request) -> Response:
        """Set a budget; the same scope and task replaces what was set."""
        body = BudgetIn(data=request.data)
        body.is_valid(raise_exception=True)
        given, member = body.validated_data, member_of(request)
        task = task_or_404(member, given["task"]) if given.get("task") else None
        saved = limits.set_limit(scope=BudgetScope(given["scope"]), task=task, limit_usd=given["limit_usd"], by=member)
        return Response(BudgetOut(selectors.status_of(saved)).data)


class BudgetView(APIView):
    """One budget."""

    @extend_schema(responses=BudgetOut)
    def get(self, request: Request, budget_id: UUID) -> Response:
        return Response(BudgetOut(selectors.status_of(selectors.budget_or_404(member_of(request), budget_id))).data)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, budget_id: UUID) -> Response:
        limits.remove_limit(selectors.budget_or_404(member_of(request), budget_id), by=member_of(request))
        return Response(status=204)
