"""API of the evidence file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.views import APIView

from members.session import member_of
from serving.evidence import download, make
from training.miniatures import queries
from web.http.lists import ListQuery
from web.http.problem_shape import problems


class EvidenceQuery(ListQuery):
    rows = serializers.BooleanField(required=False, help_text="With the dataset's rows and reviewers' remarks.")


class EvidenceView(APIView):
    """All that an auditor needs to check a miniature without this installation, as a zip; its digest is in `x-digest`.

    Making it is written to the audit trail. For leads of the task and admins.
    """

    scope_read = "lead"
    rate = "files"

    @extend_schema(
        responses={(200, "application/zip"): OpenApiTypes.BINARY, **problems(400, 403, 409)}, parameters=[EvidenceQuery]
    )
    def get(self, request: Request, miniature_id: UUID) -> HttpResponseBase:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        asked: dict[str, Any] = EvidenceQuery.read(request)
        file = make.make(miniature, by=member_of(request), with_rows=asked.get("rows", False))
        return download.response(file, miniature)
