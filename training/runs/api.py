"""API of recipes and training runs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from jobs.monitor.serializers import JobSerializer
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import queries as dataset_queries
from review.tasks.permissions import task_or_404
from training.miniatures.serializers import WorkStartedOut
from training.recipes import display as recipe_selectors
from training.recipes.presets import PRESETS
from training.runs import forecast, launch_run, proposal
from training.runs import queries as selectors
from training.runs.run_request import requested, requested_by
from training.states import Device
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination, WholeList
from web.http.read_body import read_body


class RecipeOut(serializers.Serializer[Any]):
    """A preset: every value, and where it comes from."""

    name = serializers.CharField()
    label: Any = serializers.CharField()
    summary = serializers.CharField()
    values = serializers.DictField()
    sources = serializers.DictField(child=serializers.CharField())


class PlanIn(serializers.Serializer[Any]):
    """Plan of a run: a student, a dataset version and a recipe."""

    dataset_version = serializers.UUIDField()
    student = serializers.CharField(max_length=60)
    recipe = serializers.CharField(max_length=60)
    overrides = serializers.DictField(required=False)
    device = serializers.CharField(required=False, default=Device.AUTO.value)
    starts_from = serializers.CharField(
        required=False,
        allow_blank=True,
        max_length=100,
        help_text="Id or name of the miniature DPO and KTO go on from.",
    )
    teacher = serializers.CharField(
        required=False, allow_blank=True, max_length=60, help_text="Student that distillation learns from."
    )


class StudentChoiceOut(serializers.Serializer[Any]):
    """A small writer of a hub, and what tuning it here on the newest frozen version would take."""

    hub_id = serializers.CharField(source="known.hub_id")
    student = serializers.SlugField(
        source="student.slug", allow_null=True, help_text="Its name here, once it is downloaded."
    )
    parameters = serializers.IntegerField(source="known.parameters")
    licence = serializers.CharField(source="known.licence")
    download_bytes = serializers.IntegerField()
    memory_gib = serializers.FloatField(allow_null=True)
    seconds = serializers.FloatField(allow_null=True)
    is_too_large = serializers.BooleanField(help_text="No host here has the memory.")
    needs_hub_token = serializers.BooleanField(
        source="is_locked", help_text="Its licence must be accepted on the hub first."
    )


class StudentProposalOut(serializers.Serializer[Any]):
    """The student that suits a task: a registered one, or the hub id of one to download."""

    reason = serializers.CharField()
    student = serializers.SlugField(source="student.slug", allow_null=True)
    recipe = serializers.CharField()
    download = serializers.CharField(source="download.known.hub_id", allow_null=True)
    choices = StudentChoiceOut(many=True)


class RunOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    number = serializers.IntegerField()
    task = serializers.CharField(source="task.slug")
    dataset_version = serializers.UUIDField(source="dataset_version_id")
    student = serializers.CharField(source="student.slug")
    recipe = serializers.CharField(source="recipe_name")
    values = serializers.DictField(source="recipe")
    overrides = serializers.DictField()
    method = serializers.CharField()
    objective = serializers.CharField()
    starts_from = serializers.UUIDField(source="starts_from_id", allow_null=True)
    teacher = serializers.CharField(source="teacher.slug", default=None, allow_null=True)
    device = serializers.CharField()
    purpose = serializers.CharField()
    sample = serializers.DictField()
    estimate = serializers.DictField()
    summary = serializers.DictField()
    contains_revoked = serializers.BooleanField()
    contains_erased = serializers.BooleanField()
    miniature = serializers.SerializerMethodField()
    job = JobSerializer()
    created_at = serializers.DateTimeField()

    def get_miniature(self, run: object) -> str | None:
        miniature = getattr(run, "miniature", None)
        return str(miniature.pk) if miniature else None


class MetricsOut(serializers.Serializer[Any]):
    """One row a step; what an attempt reported later replaces what an earlier one said of the same step."""

    metrics = serializers.ListField(child=serializers.DictField())
    samples = serializers.ListField(child=serializers.DictField())
    checkpoints = serializers.ListField(child=serializers.DictField())


class RecipesView(APIView):
    """Presets, each value with its source."""

    pagination_class = WholeList

    @lists(RecipeOut)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        return [recipe_selectors.preset_json(preset) for preset in PRESETS.values()]


class RunsView(APIView):
    """Training runs; POST launches one."""

    pagination_class = KeysetPagination

    @lists(RunOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return selectors.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=PlanIn, responses={202: WorkStartedOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = read_body(PlanIn, request)
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

    @extend_schema(request=PlanIn, responses={200: dict})
    def post(self, request: Request) -> Response:
        data = read_body(PlanIn, request)
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

    @extend_schema(responses=StudentProposalOut)
    def get(self, request: Request, slug: str) -> Response:
        task = task_or_404(member_of(request), slug)
        newest = dataset_queries.frozen_versions(task).first()
        return Response(StudentProposalOut(proposal.propose(task, newest)).data)


class RunDetailView(APIView):
    """One run with its job."""

    @extend_schema(responses=RunOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        return Response(RunOut(selectors.run_or_404(member_of(request), run_id)).data)


class RunMetricsView(APIView):
    """A run's figures by step, its sample outputs and its checkpoints."""

    @extend_schema(responses=MetricsOut)
    def get(self, request: Request, run_id: UUID) -> Response:
        run = selectors.run_or_404(member_of(request), run_id)
        saved = [
            {"step": each.step, "manifest_sha256": each.manifest_sha256, "created_at": each.created_at}
            for each in selectors.checkpoints(run)
        ]
        return Response({"metrics": selectors.metrics(run), "samples": selectors.samples(run), "checkpoints": saved})
