"""API of sources and records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent_in_steps
from review.drafts import draft_filters
from review.sources import queries
from review.sources.imports import ImportChoices, ImportResult, import_drafts, import_records, removal, uploads
from review.sources.imports.verdicts import import_decisions
from review.sources.serializers import READING, ImportOut, RecordOut, SourceIn, SourceOut
from review.states import Role, SourceKind, Split
from review.tasks.permissions import require, task_or_404
from web.http.known_parameters import bad_filters
from web.http.lists import Rows, TaskQuery, lists, one_of
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class RecordQuery(TaskQuery):
    source: Any = serializers.CharField(required=False, help_text="Id or slug of a source.")
    split = one_of(Split.values)
    q = serializers.CharField(required=False, help_text="Words in the title or the facts.")


class SourcesView(APIView):
    """Imports, and a new one."""

    parser_classes = [MultiPartParser]

    pagination_class = KeysetPagination

    @lists(SourceOut, TaskQuery, operation_id="sources")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible_sources(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(
        operation_id="source_create",
        request={"multipart/form-data": SourceIn},
        responses={200: ImportOut, 201: ImportOut},
    )
    @idempotent_in_steps
    def post(self, request: Request) -> Response:
        """Import a file: all rows or, when one is bad and `skip_bad` is not set, none. 200 when nothing was new."""
        member = member_of(request)
        values = read_body(SourceIn, request)
        task = task_or_404(member, values.pop("task"))
        require(member, task, Role.LEAD)
        file, kind = values.pop("file"), values.pop("kind")
        values["choices"] = ImportChoices(
            train=values.pop("train_fraction", None),
            validation=values.pop("validation_fraction", None),
            **{name: values.pop(name) for name in READING if name in values},
        )
        name = uploads.keep_upload(file.chunks())
        try:
            result = _take(kind, values)(task, uploads.path_of(name), by=member, filename=file.name, **values)
        finally:
            uploads.drop_upload(name)
        return Response(_import_json(result), status=201 if result.rows_added else 200)


class SourceView(APIView):
    """One import; DELETE takes it back."""

    @extend_schema(operation_id="source", responses={200: SourceOut})
    def get(self, request: Request, pk: UUID) -> Response:
        return Response(SourceOut(queries.source_or_404(member_of(request), pk)).data)

    @extend_schema(operation_id="source_take_back", responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Take the import back with its records and drafts; 409 `import_in_use` names what rests on them."""
        queries.source_or_404(member_of(request), pk)
        removal.take_back(pk, by=member_of(request))
        return Response(status=204)


class RecordsView(APIView):
    """Records by task, source, split and words."""

    pagination_class = KeysetPagination

    @lists(RecordOut, RecordQuery, operation_id="records")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member, text = member_of(request), query.pop("q", "")
        if "task" in query:
            task_or_404(member, query["task"])
        if mistakes := draft_filters.unseen(query, member):
            raise bad_filters(mistakes)
        return queries.search_records(member, text=text, **query)


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
        "alike": [match._asdict() for match in result.alike],
        "notes": list(result.notes),
    }
