"""API of what a task's outputs cost, and its shapes: viewers read, leads set the hourly rate."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from generation.money.serializers import USD
from members.session import member_of
from review.tasks.permissions import task_or_404
from serving.costs import figures, rates
from web.http.lists import ListQuery
from web.http.problem_shape import problems
from web.http.read_body import read_body


class CostsQuery(ListQuery):
    volume = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=figures.MOST_VOLUME,
        help_text="Outputs a month; by default the last 30 days', or 1,000",
    )


class HourlyRateIn(serializers.Serializer[Any]):
    usd_per_hour = serializers.DecimalField(max_digits=10, decimal_places=2, min_value=0)


class WriterCostOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    outputs = serializers.IntegerField()
    usd = serializers.DecimalField(**USD, help_text="The ledger's cost of its orders for outputs")
    usd_per_1000 = serializers.DecimalField(**USD, source="per_thousand", allow_null=True)


class TaskBreakEvenOut(serializers.Serializer[Any]):
    writer = serializers.CharField(source="writer.name")
    outputs_per_month = serializers.IntegerField(source="per_month", allow_null=True)
    fewest = serializers.IntegerField(allow_null=True, help_text="At the upper end of the writer's cost per output")
    most = serializers.IntegerField(allow_null=True)
    why_never = serializers.CharField()


class MiniatureLineOut(serializers.Serializer[Any]):
    id = serializers.UUIDField(source="miniature.pk")
    name = serializers.CharField(source="miniature.name")
    outputs_per_hour = serializers.FloatField(
        source="capacity.outputs_per_hour", default=None, allow_null=True, help_text="null: not measured on a GPU"
    )
    hosts = serializers.IntegerField(allow_null=True)
    always_on_usd_per_1000 = serializers.DecimalField(**USD, source="always_on", allow_null=True)
    batch_usd_per_1000 = serializers.DecimalField(**USD, source="batch", allow_null=True)
    training_usd = serializers.DecimalField(**USD)
    is_training_whole = serializers.BooleanField(help_text="False where a part of it has no price")
    training_usd_per_1000 = serializers.DecimalField(
        **USD, source="training", allow_null=True, help_text="Over twelve months of the volume"
    )
    cheapest_not_worse = WriterCostOut(source="cheapest", allow_null=True)
    break_evens = TaskBreakEvenOut(many=True)


class SavingsOut(serializers.Serializer[Any]):
    month = serializers.CharField()
    calls = serializers.IntegerField(help_text="The ledger's calls of miniatures of the task, of the month")
    outputs = serializers.IntegerField(help_text="Of these calls those that wrote an output")
    paid_usd = serializers.DecimalField(**USD, help_text="What these rows cost")
    total_usd = serializers.DecimalField(**USD, help_text="The ledger's cost of all outputs of the task, of the month")
    reference = serializers.CharField(source="reference.name", default=None, allow_null=True)
    would_cost_usd = serializers.DecimalField(**USD, allow_null=True)
    gpu_usd = serializers.DecimalField(**USD, allow_null=True, help_text="null: the host has no price")
    saved_usd = serializers.DecimalField(**USD, allow_null=True)
    requests_beside = serializers.IntegerField(source="beside", help_text="Requests at /v1, which no ledger has")


class TaskCostsOut(serializers.Serializer[Any]):
    """Costs of a task's outputs; null where nothing was measured."""

    task = serializers.CharField(source="task.slug")
    volume = serializers.IntegerField()
    volume_today = serializers.IntegerField(help_text="Outputs of the last 30 days")
    usd_per_hour = serializers.DecimalField(max_digits=10, decimal_places=2, help_text="Of the people who review")
    host_usd_per_hour = serializers.DecimalField(**USD, allow_null=True)
    reviewed_drafts = serializers.IntegerField(source="reviewing.drafts")
    review_seconds = serializers.FloatField(source="reviewing.seconds")
    people_usd_per_1000 = serializers.DecimalField(**USD, source="people", allow_null=True)
    teachers = WriterCostOut(many=True)
    miniatures = MiniatureLineOut(many=True, help_text="The newest ten")
    savings = SavingsOut()


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
