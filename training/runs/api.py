"""API of recipes and training runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import queries
from review.tasks.permissions import task_or_404
from training.miniatures.serializers import WorkStartedOut
from training.recipes import display as recipe_selectors
from training.runs import forecast, launch_run, serializers, starting_point
from training.runs import queries as selectors
from training.students import queries as student_selectors
from web.http.pagination import KeysetPagination


class RecipesView(APIView):
    """Presets, each value with its source."""

    @extend_schema(responses=serializers.RecipeOut(many=True))
    def get(self, request: Request) -> Response:
        presets = [recipe_selectors.preset_json(preset) for preset in recipe_selectors.all_presets()]
        return Response({"next": None, "previous": None, "results": presets})


class RunsView(APIView):
    """Training runs; POST launches one."""

    @extend_schema(parameters=[OpenApiParameter("task", str)], responses=serializers.RunOut(many=True))
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("task")
        task = task_or_404(member_of(request), slug) if slug else None
        pager = KeysetPagination()
        page = pager.paginate_queryset(selectors.visible(member_of(request), task=task), request, view=self)
        return pager.get_paginated_response(serializers.RunOut(page, many=True).data)

    @extend_schema(request=serializers.PlanIn, responses={202: WorkStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _read(serializers.PlanIn, request)
        version = queries.version_or_404(member_of(request), data["dataset_version"])
        run = launch_run.launch(
            dataset_version=version,
            student=student_selectors.by_slug(data["student"]),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
            device=data["device"],
            by=member_of(request),
            **starting_point.starting_point(
                member_of(request),
                version.dataset.task,
                starts_from=data.get("starts_from"),
                teacher=data.get("teacher"),
            ),
        )
        return Response({"id": run.pk, "job": run.job_id}, status=202)


class RunEstimateView(APIView):
    """What a run would take, before it is launched: memory, time, trainable parameters, disk."""

    scope_write = "read"

    @extend_schema(request=serializers.PlanIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        data = _read(serializers.PlanIn, request)
        guess = forecast.forecast_of_form(
            dataset_version=queries.version_or_404(member_of(request), data["dataset_version"]),
            student=student_selectors.by_slug(data["student"]),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
            device=data["device"],
            teacher=student_selectors.by_slug(data["teacher"]) if data.get("teacher") else None,
        )
        return Response(guess.as_json())


class RunDetailView(APIView):
    """One run with its job."""

    @extend_schema(responses=serializers.RunOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(serializers.RunOut(selectors.run_or_404(member_of(request), run_id)).data)


class RunMetricsView(APIView):
    """A run's figures by step, its sample outputs and its checkpoints."""

    @extend_schema(responses=serializers.MetricsOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        run = selectors.run_or_404(member_of(request), run_id)
        saved = [
            {"step": each.step, "manifest_sha256": each.manifest_sha256, "created_at": each.created_at}
            for each in selectors.checkpoints(run)
        ]
        return Response({"metrics": selectors.metrics(run), "samples": selectors.samples(run), "checkpoints": saved})


def _read(shape: Any, request: Request) -> dict[str, Any]:
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    return dict(body.validated_data)
