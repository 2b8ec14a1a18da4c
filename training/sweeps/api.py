"""API of sweeps."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.monitor.serializers import JobSerializer
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.tasks.permissions import task_or_404
from training.runs.run_request import RunRequest, requested_by
from training.states import Device
from training.sweeps import launch_sweep, plan, presentation
from training.sweeps import queries as selectors
from training.sweeps.grid import SweepRequest
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class SweepIn(serializers.Serializer[Any]):
    """A sweep to launch; an axis left out keeps the recipe's own value. Give `max_hours`, `max_usd` or both."""

    dataset_version = serializers.UUIDField()
    student = serializers.CharField(max_length=60)
    recipe = serializers.CharField(max_length=60)
    starts_from = serializers.CharField(
        required=False,
        allow_null=True,
        help_text="DPO and KTO: the miniature that every run starts from, by id or slug.",
    )
    teacher = serializers.CharField(
        required=False, allow_null=True, help_text="Distillation: slug of the student whose scores are learnt."
    )
    device = serializers.CharField(required=False, default=Device.AUTO.value)
    learning_rate = serializers.ListField(child=serializers.FloatField(), required=False, max_length=20)
    rank = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=20)
    epochs = serializers.ListField(child=serializers.IntegerField(), required=False, max_length=20)
    share = serializers.ListField(
        child=serializers.FloatField(),
        required=False,
        max_length=20,
        help_text="Of the training records, above 0 to 1.",
    )
    overrides = serializers.DictField(required=False, help_text="Values of the recipe that hold for every run.")
    max_hours = serializers.FloatField(required=False, allow_null=True)
    max_usd = serializers.FloatField(required=False, allow_null=True)
    at_once = serializers.IntegerField(required=False, default=1)


class SweepStarted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()


class SweepPlan(serializers.Serializer[Any]):
    """Estimate of a sweep; null where only an engine can know, or no price is known."""

    runs = serializers.IntegerField()
    measured_before = serializers.IntegerField()
    reached_by_the_budget = serializers.IntegerField()
    seconds = serializers.FloatField(allow_null=True)
    usd = serializers.FloatField(allow_null=True)


class SweepOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    task = serializers.CharField(source="task.slug")
    dataset_version = serializers.UUIDField(source="dataset_version_id")
    student = serializers.CharField(source="student.slug")
    recipe = serializers.CharField(source="recipe_name")
    starts_from = serializers.UUIDField(source="starts_from_id", allow_null=True)
    teacher = serializers.CharField(source="teacher.slug", default=None, allow_null=True)
    grid = serializers.DictField()
    device = serializers.CharField()
    max_hours = serializers.FloatField(allow_null=True)
    max_usd = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    at_once = serializers.IntegerField()
    job = JobSerializer()
    created_at = serializers.DateTimeField()


class SweepDetailOut(SweepOut):
    best = serializers.DictField(allow_null=True)
    spent_hours = serializers.FloatField()
    spent_usd = serializers.FloatField(allow_null=True)
    cells = serializers.ListField(child=serializers.DictField())


class SweepsView(APIView):
    """Sweeps; POST launches one."""

    pagination_class = KeysetPagination

    @lists(SweepOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=SweepIn, responses={202: SweepStarted})
    @idempotent
    def post(self, request: Request) -> Response:
        sweep = launch_sweep.launch(*_read(request), by=member_of(request))
        return Response({"id": sweep.pk, "job": sweep.job_id}, status=202)


class SweepEstimateView(APIView):
    """Estimate of a sweep before its launch."""

    scope_write = "read"

    @extend_schema(request=SweepIn, responses=SweepPlan)
    def post(self, request: Request) -> Response:
        laid = plan.plan_sweep(*_read(request))
        return Response(
            {
                "runs": len(laid.cells),
                "measured_before": len(laid.cells) - len(laid.new),
                "reached_by_the_budget": laid.reached,
                "seconds": laid.seconds,
                "usd": laid.usd,
            }
        )


class SweepDetailView(APIView):
    """One sweep: its cells, what it has spent, and the best run so far."""

    @extend_schema(responses=SweepDetailOut)
    def get(self, request: Request, sweep_id: UUID) -> Response:
        sweep = selectors.sweep_or_404(member_of(request), sweep_id)
        drawn = presentation.page(sweep)
        body = {
            **SweepOut(sweep).data,
            "best": drawn["best"],
            "spent_hours": drawn["spent_s"] / 3600,
            "spent_usd": drawn["spent_usd"],
            "cells": drawn["rows"],
        }
        return Response(body)


class SweepCellsView(APIView):
    """Every cell with what it measured."""

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.STR})
    def get(self, request: Request, sweep_id: UUID) -> HttpResponse:
        sweep = selectors.sweep_or_404(member_of(request), sweep_id)
        return HttpResponse("".join(presentation.csv_of(sweep)), content_type="text/csv; charset=utf-8")


class CellIn(serializers.Serializer[Any]):
    cell = serializers.IntegerField(min_value=1, help_text="Its position.")


class SweepKeepView(APIView):
    """Bring a run of a sweep into the lists of runs and miniatures. Twice is once."""

    @extend_schema(request=CellIn, responses={200: SweepStarted})
    @idempotent
    def post(self, request: Request, sweep_id: UUID) -> Response:
        sweep = selectors.sweep_or_404(member_of(request), sweep_id)
        values = read_body(CellIn, request)
        run = launch_sweep.keep_run(sweep, position=values["cell"], by=member_of(request))
        return Response({"id": run.pk, "job": run.job_id})


def _read(request: Request) -> tuple[SweepRequest, RunRequest]:
    values = read_body(SweepIn, request)
    return SweepRequest.of(values), requested_by(member_of(request), values)
