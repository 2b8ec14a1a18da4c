"""API of datasets: selections and frozen versions. Their files are in `rows_api`."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets import freezing, queries, removed_samples, version_queries
from review.drafts.serializers import MailFiguresOut
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.read_body import read_body


class DatasetIn(serializers.Serializer[Any]):
    task = serializers.SlugField()
    name = serializers.CharField(max_length=120)
    filters = serializers.DictField(required=False)


class FreezeIn(serializers.Serializer[Any]):
    filters = serializers.DictField(required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=200)


class DatasetOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    slug = serializers.SlugField()
    name = serializers.CharField()
    task = serializers.CharField(source="task.slug")
    filters = serializers.JSONField()
    created_at = serializers.DateTimeField()


class FileOut(serializers.Serializer[Any]):
    split = serializers.CharField()
    format = serializers.CharField()
    container = serializers.CharField()
    rows = serializers.IntegerField()
    bytes = serializers.IntegerField()
    sha256 = serializers.CharField()


class DatasetVersionOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    dataset = serializers.CharField(source="dataset.slug")
    task = serializers.CharField(source="dataset.task.slug")
    number = serializers.IntegerField()
    job = serializers.UUIDField(source="job_id", allow_null=True)
    is_frozen = serializers.BooleanField()
    frozen_at = serializers.DateTimeField(allow_null=True)
    content_hash = serializers.CharField()
    counts = serializers.JSONField()
    filters = serializers.JSONField()
    note = serializers.CharField()
    contains_revoked = serializers.BooleanField()
    contains_erased = serializers.BooleanField()
    created_at = serializers.DateTimeField()


class DatasetVersionDetailOut(DatasetVersionOut):
    """`manifest` has files, leakage and personal data; `revoked_rows` and `erased_rows` count what it still holds."""

    files = FileOut(many=True)
    manifest = serializers.JSONField()
    revoked_rows = serializers.IntegerField()
    erased_rows = serializers.IntegerField()
    card = serializers.CharField()
    mails = MailFiguresOut(many=True, help_text="Results of the mails sent from its rows.")
    mails_of_miniatures = MailFiguresOut(
        many=True, help_text="Results of the mails that miniatures trained on it wrote or contributed a stage to."
    )


class FreezeStartedOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    job = serializers.UUIDField()
    number = serializers.IntegerField()
    unchanged = serializers.BooleanField(
        help_text="No new version: nothing changed since this one of the same filters."
    )


# Who downloads rows finds them.
TO_FIND_ROWS = ("read", "datasets")


class DatasetsView(APIView):
    """Selections of golds."""

    scope_read = TO_FIND_ROWS
    pagination_class = KeysetPagination

    @lists(DatasetOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.datasets_for(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=DatasetIn, responses={201: DatasetOut})
    @idempotent
    def post(self, request: Request) -> Response:
        data = read_body(DatasetIn, request)
        task = task_or_404(member_of(request), data["task"])
        made = freezing.create(task, name=data["name"], by=member_of(request), filters=data.get("filters"))
        return Response(DatasetOut(made).data, status=201)


class DatasetView(APIView):
    """One selection."""

    scope_read = TO_FIND_ROWS

    @extend_schema(responses=DatasetOut)
    def get(self, request: Request, slug: str) -> Response:
        return Response(DatasetOut(queries.dataset_or_404(member_of(request), slug)).data)


class DatasetVersionsView(APIView):
    """Frozen versions of a dataset; POST freezes the next one."""

    scope_read = TO_FIND_ROWS
    pagination_class = KeysetPagination

    @lists(DatasetVersionOut)
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        return queries.versions_of(queries.dataset_or_404(member_of(request), slug))

    @extend_schema(request=FreezeIn, responses={200: FreezeStartedOut, 202: FreezeStartedOut})
    @idempotent
    def post(self, request: Request, slug: str) -> Response:
        """Order the next version; 200 with an earlier one where nothing changed since."""
        data = read_body(FreezeIn, request)
        dataset = queries.dataset_or_404(member_of(request), slug)
        version = freezing.freeze(
            dataset, by=member_of(request), note=data.get("note", ""), filters=data.get("filters")
        )
        started = {"id": version.pk, "job": version.job_id, "number": version.number}
        started["unchanged"] = version.is_unchanged
        return Response(started, status=200 if version.is_unchanged else 202)


class DatasetVersionView(APIView):
    """One version: counts, hash, files, card."""

    scope_read = TO_FIND_ROWS

    @extend_schema(responses=DatasetVersionDetailOut)
    def get(self, request: Request, version_id: UUID) -> Response:
        version = queries.version_or_404(member_of(request), version_id)
        body = dict(DatasetVersionOut(version).data)
        body["files"] = FileOut(queries.files_of(version), many=True).data
        marks = removed_samples.removed_counts(version)
        body |= {"manifest": version.manifest, "card": version.card}
        body |= {"revoked_rows": marks["revoked"], "erased_rows": marks["erased"]}
        mails = version_queries.mails_of(member_of(request), version)
        body["mails"] = MailFiguresOut(mails["rows"], many=True).data
        body["mails_of_miniatures"] = MailFiguresOut(mails["trained_on"], many=True).data
        return Response(body)
