"""API of students, recipes and training runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.idempotency import idempotent
from members.session import member_of
from review.permissions import task_or_404
from review.selectors import datasets
from training.api import shapes
from training.selectors import beginnings
from training.selectors import recipes as recipe_selectors
from training.selectors import runs as selectors
from training.selectors import students as student_selectors
from training.services import forecast, runs, students
from web.pagination import KeysetPagination


class Students(APIView):
    """Base models; an admin registers others."""

    scope_write = "admin"

    @extend_schema(responses=shapes.StudentOut(many=True))
    def get(self, request: Request) -> Response:
        pager = KeysetPagination()
        page = pager.paginate_queryset(student_selectors.all_students(), request, view=self)
        return pager.get_paginated_response(shapes.StudentOut(page, many=True).data)

    @extend_schema(request=shapes.StudentIn, responses={201: shapes.StudentOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _read(shapes.StudentIn, request)
        common = {
            "by": member_of(request), "name": data.get("name", ""), "licence": data.get("licence", ""),
            "thinks": data["thinks"],
        }  # fmt: skip
        if data.get("hub_id"):
            made = students.register_hub(hub_id=data["hub_id"], revision=data.get("revision", ""), **common)
        else:
            made = students.register_folder(path=data["path"], **common)
        return Response(shapes.StudentOut(made).data, status=201)


class Recipes(APIView):
    """Presets, each value with its source."""

    @extend_schema(responses=shapes.RecipeOut(many=True))
    def get(self, request: Request) -> Response:
        found = [recipe_selectors.preset_json(preset) for preset in recipe_selectors.all_presets()]
        return Response({"next": None, "previous": None, "results": found})


class Runs(APIView):
    """Training runs; POST launches one."""

    @extend_schema(parameters=[OpenApiParameter("task", str)], responses=shapes.RunOut(many=True))
    def get(self, request: Request) -> Response:
        slug = request.query_params.get("task")
        task = task_or_404(member_of(request), slug) if slug else None
        pager = KeysetPagination()
        page = pager.paginate_queryset(selectors.visible(member_of(request), task=task), request, view=self)
        return pager.get_paginated_response(shapes.RunOut(page, many=True).data)

    @extend_schema(request=shapes.PlanIn, responses={202: shapes.WorkStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = _read(shapes.PlanIn, request)
        version = datasets.version_or_404(member_of(request), data["dataset_version"])
        run = runs.launch(
            dataset_version=version,
            student=student_selectors.by_slug(data["student"]),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
            device=data["device"],
            by=member_of(request),
            **beginnings.named(
                member_of(request),
                version.dataset.task,
                starts_from=data.get("starts_from"),
                teacher=data.get("teacher"),
            ),
        )
        return Response({"id": run.pk, "job": run.job_id}, status=202)


class Estimate(APIView):
    """What a run would take, before it is launched: memory, time, trainable parameters, disk."""

    scope_write = "read"

    @extend_schema(request=shapes.PlanIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        data = _read(shapes.PlanIn, request)
        guess = forecast.of_choice(
            dataset_version=datasets.version_or_404(member_of(request), data["dataset_version"]),
            student=student_selectors.by_slug(data["student"]),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
            device=data["device"],
            teacher=student_selectors.by_slug(data["teacher"]) if data.get("teacher") else None,
        )
        return Response(guess.as_json())


class RunDetail(APIView):
    """One run with its job."""

    @extend_schema(responses=shapes.RunOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(shapes.RunOut(selectors.run_or_404(member_of(request), run_id)).data)


class RunMetrics(APIView):
    """A run's figures by step, its sample outputs and its checkpoints."""

    @extend_schema(responses=shapes.MetricsOut)
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
