"""API of sources and records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent_in_steps
from review.sources import queries
from review.sources.imports import ImportResult, import_drafts, import_records, uploads
from review.sources.imports.verdicts import import_decisions
from review.sources.serializers import ImportOut, RecordOut, SourceIn, SourceOut
from review.states import Role, SourceKind
from review.tasks.permissions import require, task_or_404
from web.http.pagination import KeysetPagination

TASK = OpenApiParameter("task", str, description="Slug of a task")


class SourcesView(APIView):
    """Imports, and a new one."""

    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="sources", parameters=[TASK], responses={200: SourceOut(many=True)})
    def get(self, request: Request) -> Response:
        member = member_of(request)
        slug = request.query_params.get("task", "")
        rows = queries.visible_sources(member, task=task_or_404(member, slug) if slug else None)
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(SourceOut(page, many=True).data)

    @extend_schema(
        operation_id="source_create",
        request={"multipart/form-data": SourceIn},
        responses={200: ImportOut, 201: ImportOut},
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        """Import a file: all rows or, when one is bad and `skip_bad` is not set, none. 200 when nothing was new."""
        member = member_of(request)
        asked = SourceIn(data=request.data)
        asked.is_valid(raise_exception=True)
        values: dict[str, Any] = dict(asked.validated_data)
        task = task_or_404(member, values.pop("task"))
        require(member, task, Role.LEAD)
        file, kind = values.pop("file"), values.pop("kind")
        name = uploads.keep_upload(file.chunks())
        try:
            result = _take(kind, values)(task, uploads.path_of(name), by=member, filename=file.name, **values)
        finally:
            uploads.drop_upload(name)
        return Response(_import_json(result), status=201 if result.rows_added else 200)


class SourceView(APIView):
    """One import."""

    @extend_schema(operation_id="source", responses={200: SourceOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(SourceOut(queries.source_or_404(member_of(request), pk)).data)


class RecordsView(APIView):
    """Records by task, source, split and words."""

    @extend_schema(
        operation_id="records",
        parameters=[
            TASK,
            OpenApiParameter("source", str, description="UUID or slug of a source"),
            OpenApiParameter("split", str, enum=["train", "validation", "test"]),
            OpenApiParameter("q", str, description="Words in the title or the facts"),
        ],
        responses={200: RecordOut(many=True)},
    )
    def get(self, request: Request) -> Response:
        asked = request.query_params
        rows = queries.search_records(
            member_of(request),
            task=asked.get("task", ""),
            source=asked.get("source", ""),
            split=asked.get("split", ""),
            text=asked.get("q", ""),
        )
        pages = KeysetPagination()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response(RecordOut(page, many=True).data)


class RecordView(APIView):
    """One record."""

    @extend_schema(operation_id="record", responses={200: RecordOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(RecordOut(queries.record_or_404(member_of(request), pk)).data)


def _take(kind: str, values: dict[str, Any]) -> Callable[..., ImportResult]:
    """The import of a kind; what belongs to another kind is dropped from the values."""
    if kind == SourceKind.DECISIONS:
        return import_decisions
    for name in ("verdicts", "reviewers"):
        values.pop(name, None)
    return import_drafts if kind == SourceKind.DRAFTS else import_records


def _import_json(result: ImportResult) -> dict[str, Any]:
    return {
        **SourceOut(result.source).data,
        "rows_total": result.rows_total,
        "rows_added": result.rows_added,
        "rows_known": result.rows_known,
        "rows_bad": result.rows_bad,
        "errors": [error._asdict() for error in result.errors],
        "unknown_columns": list(result.unknown_columns),
    }
