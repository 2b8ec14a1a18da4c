"""API of studies of verifiers over retrieval."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.retrieval import claims_file, queries, register
from evaluation.retrieval.register import MOST_CLAIMS, MOST_PASSAGES, RetrievalRequest
from generation.teachers.queries import teacher_or_404
from jobs.monitor.serializers import JobSerializer
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems


class RetrievalClaimIn(serializers.Serializer[Any]):
    """A claim whose truth is known."""

    text = serializers.CharField(max_length=claims_file.LONGEST_CHARS)
    supported = serializers.BooleanField(help_text="Whether its page bears it out")
    document = serializers.CharField(max_length=claims_file.LONGEST_CHARS, help_text="Address of a stored page")
    evidence = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=claims_file.LONGEST_CHARS,
        trim_whitespace=False,
        help_text="Words of the page that decide it",
    )


class RetrievalStudyIn(serializers.Serializer[Any]):
    """A study to register."""

    task = serializers.SlugField()
    claims = serializers.ListField(child=RetrievalClaimIn(), max_length=MOST_CLAIMS)
    passages = serializers.IntegerField(required=False, default=3, min_value=1, max_value=MOST_PASSAGES)
    miniature = serializers.SlugField(required=False, allow_blank=True, default="", help_text="Asked after the rules")
    teacher = serializers.SlugField(required=False, allow_blank=True, default="", help_text="Asked last")
    max_cost_usd = serializers.DecimalField(
        required=False, allow_null=True, default=None, max_digits=12, decimal_places=6, min_value=0
    )
    question = serializers.CharField(required=False, allow_blank=True, default="", max_length=200)


class RetrievalStudyStarted(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    record_sha256 = serializers.CharField()


class RetrievalStudyOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    question = serializers.CharField()
    record_sha256 = serializers.CharField()
    job = JobSerializer()
    verdict = serializers.SerializerMethodField()
    created_at = serializers.DateTimeField()

    def get_verdict(self, study: Any) -> dict[str, Any] | None:
        return queries.verdict_of(study)


class RetrievalStudyDetailOut(RetrievalStudyOut):
    record = serializers.SerializerMethodField()
    arms = serializers.SerializerMethodField()

    def get_record(self, study: Any) -> dict[str, Any]:
        return queries.record_of(study, self.context["member"])

    def get_arms(self, study: Any) -> list[dict[str, Any]]:
        return queries.arms_of(study, self.context["member"])


def _drawn(request: Request, page: list[Any]) -> Iterable[Mapping[str, Any]]:
    return [RetrievalStudyOut(study).data for study in page]


class RetrievalStudiesView(APIView):
    """Studies of verifiers over retrieval; POST registers one and starts it."""

    pagination_class = KeysetPagination

    @lists(RetrievalStudyOut, TaskQuery, draw=_drawn)
    def get(self, request: Request, asked: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=task_or_404(member, asked["task"]) if "task" in asked else None)

    @extend_schema(request=RetrievalStudyIn, responses={202: RetrievalStudyStarted, **problems(422)})
    @idempotent
    def post(self, request: Request) -> Response:
        body, member = RetrievalStudyIn(data=request.data), member_of(request)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        wishes = RetrievalRequest(
            [claims_file.claim_of(dict(row), f"Claim {place}") for place, row in enumerate(asked["claims"], start=1)],
            asked["passages"],
            queries.miniature_of(member, asked["miniature"]) if asked["miniature"] else None,
            teacher_or_404(member, asked["teacher"]) if asked["teacher"] else None,
            asked["max_cost_usd"],
            asked["question"],
        )
        study = register.launch(task_or_404(member, asked["task"]), wishes, by=member)
        return Response({"id": study.pk, "job": study.job_id, "record_sha256": study.record_sha256}, status=202)


class RetrievalStudyView(APIView):
    """One study: its registration, its arms, and its verdict once there is one."""

    @extend_schema(responses=RetrievalStudyDetailOut)
    def get(self, request: Request, retrieval_id: UUID) -> Response:
        member = member_of(request)
        found = queries.study_or_404(member, retrieval_id)
        return Response(RetrievalStudyDetailOut(found, context={"member": member}).data)


class RetrievalStudyRecordView(APIView):
    """The registration, byte for byte as it was hashed, where all of it may be read."""

    @extend_schema(responses={(200, "application/json"): OpenApiTypes.OBJECT})
    def get(self, request: Request, retrieval_id: UUID) -> HttpResponse:
        member = member_of(request)
        text = queries.record_file(queries.study_or_404(member, retrieval_id), member)
        return HttpResponse(text.encode(), content_type="application/json")
