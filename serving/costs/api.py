"""API of what a task's outputs cost: viewers read, leads set the hourly rate."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.tasks.permissions import task_or_404
from serving.costs import figures, rates
from serving.costs.serializers import CostsQuery, HourlyRateIn, TaskCostsOut
from web.http.problem_shape import problems
from web.http.read_body import read_body


class TaskCostsView(APIView):
    """Costs of a task's outputs, and the hourly rate of its reviewers."""

    @extend_schema(responses={200: TaskCostsOut, **problems(400)}, operation_id="task_costs", parameters=[CostsQuery])
    def get(self, request: Request, slug: str) -> Response:
        member = member_of(request)
        query = CostsQuery.read(request)
        costs = figures.task_costs(member, task_or_404(member, slug), volume=query.get("volume"))
        return Response(TaskCostsOut(costs).data)

    @extend_schema(request=HourlyRateIn, responses=TaskCostsOut, operation_id="task_costs_rate")
    def put(self, request: Request, slug: str) -> Response:
        """Set what an hour of the task's reviewers costs."""
        member = member_of(request)
        task = task_or_404(member, slug)
        body = read_body(HourlyRateIn, request)
        rates.set_rate(task, body["usd_per_hour"], by=member)
        return Response(TaskCostsOut(figures.task_costs(member, task)).data)
