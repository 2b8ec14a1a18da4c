"""API of evidence files: how each stands, having one made, downloading it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from serving.evidence import download, files
from training.miniatures import queries
from training.miniatures.serializers import WorkStartedOut
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems

WITH_ROWS = "With the dataset's rows and reviewers' remarks."


class EvidenceQuery(ListQuery):
    rows = serializers.BooleanField(required=False, help_text=WITH_ROWS)


class EvidenceIn(serializers.Serializer[Any]):
    rows = serializers.BooleanField(default=False, help_text=WITH_ROWS)


class EvidenceFileOut(serializers.Serializer[Any]):
    """A file that was ordered: the job that makes it, and what to hold it against once it is made."""

    rows = serializers.BooleanField(source="with_rows", help_text=WITH_ROWS)
    state = serializers.ChoiceField(
        choices=["being made", "ready", "failed", "gone"], help_text="`gone`: expired, or something in it was erased."
    )
    is_ready = serializers.BooleanField(
        help_text="Whether it can be downloaded; so can the one before while it is made anew."
    )
    job = serializers.UUIDField(source="job_id")
    digest = serializers.CharField(allow_blank=True)
    bytes = serializers.IntegerField()
    made_at = serializers.DateTimeField(allow_null=True)
    expires_at = serializers.DateTimeField(allow_null=True)


class EvidenceFilesView(APIView):
    """Evidence files of a miniature that were ordered; POST has one made, anew where it was made before.

    One that is being made is not begun twice: the same job is answered. For leads of the task and admins.
    """

    scope_read = "lead"
    scope_write = "lead"
    pagination_class = WholeList

    @lists(EvidenceFileOut)
    def get(self, request: Request, asked: dict[str, Any], miniature_id: UUID) -> Rows:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        return [file for _, file in files.both(miniature) if file is not None]

    @extend_schema(request=EvidenceIn, responses={202: WorkStartedOut, **problems(403, 409)})
    @idempotent
    def post(self, request: Request, miniature_id: UUID) -> Response:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        body = EvidenceIn(data=request.data)
        body.is_valid(raise_exception=True)
        file = files.request_file(miniature, with_rows=body.validated_data["rows"], by=member_of(request))
        return Response({"id": file.pk, "job": file.job_id}, status=202)


class EvidenceView(APIView):
    """All that an auditor needs to check a miniature without this installation, as a zip; its digest is in `x-digest`.

    Answers 409 until it was made. Taking it is written to the audit trail. For leads of the task and admins.
    """

    scope_read = "lead"
    rate = "files"

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY, **problems(400, 403, 409)}, parameters=[EvidenceQuery]
    )
    def get(self, request: Request, miniature_id: UUID) -> HttpResponseBase:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        asked: dict[str, Any] = EvidenceQuery.read(request)
        return download.response(miniature, with_rows=asked.get("rows", False), by=member_of(request))
