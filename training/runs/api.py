"""API of recipes and training runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import queries as dataset_queries
from review.tasks.permissions import task_or_404
from training.miniatures.serializers import WorkStartedOut
from training.recipes import display as recipe_selectors
from training.runs import forecast, launch_run, proposal, serializers
from training.runs import queries as selectors
from training.runs.run_request import requested, requested_by
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination, WholeList
from web.http.read_body import read_body


class RecipesView(APIView):
    """Presets, each value with its source."""

    pagination_class = WholeList

    @lists(serializers.RecipeOut)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return [recipe_selectors.preset_json(preset) for preset in recipe_selectors.all_presets()]


class RunsView(APIView):
    """Training runs; POST launches one."""

    pagination_class = KeysetPagination

    @lists(serializers.RunOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=serializers.PlanIn, responses={202: WorkStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = read_body(serializers.PlanIn, request)
        run = launch_run.launch(
            requested_by(member_of(request), data),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
            by=member_of(request),
        )
        return Response({"id": run.pk, "job": run.job_id}, status=202)


class RunEstimateView(APIView):
    """Estimate of a run before its launch: memory, time, trainable parameters, disk."""

    scope_write = "read"

    @extend_schema(request=serializers.PlanIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        data = read_body(serializers.PlanIn, request)
        guess = forecast.forecast_of_form(
            requested(
                member_of(request),
                dataset_version=data["dataset_version"],
                student=data["student"],
                device=data["device"],
                teacher=data.get("teacher"),
            ),
            recipe=data["recipe"],
            overrides=data.get("overrides"),
        )
        return Response(guess.as_json())


class ProposalView(APIView):
    """The student that suits a task, with the reason, and small writers with what they take here."""

    @extend_schema(responses=serializers.StudentProposalOut)
    def get(self, request: Request, slug: str) -> Response:
        task = task_or_404(member_of(request), slug)
        newest = dataset_queries.frozen_versions(task).first()
        return Response(proposal.propose(task, newest).as_json())


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
