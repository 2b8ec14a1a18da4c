"""API of a miniature's formats: which there are, ordering, downloading and sending one to a hub."""

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

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets.hub_target import DEFAULT_TOKEN
from training.exports import formats, hub_push
from training.miniatures import queries, zip_stream
from training.miniatures import serializers as miniature_serializers
from training.states import ExportFormat
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.read_body import read_body


class ExportIn(serializers.Serializer[Any]):
    format = serializers.ChoiceField(ExportFormat.choices)


class ExportOut(serializers.Serializer[Any]):
    """A format: its job, or null where it was never ordered; its files once it can be downloaded."""

    format = serializers.CharField()
    name = serializers.CharField(source="label")
    use = serializers.CharField()
    is_ready = serializers.BooleanField()
    job = serializers.UUIDField(source="job.pk", allow_null=True, default=None)
    state = serializers.CharField(source="job.state", allow_null=True, default=None)
    bytes = serializers.IntegerField(source="export.bytes", allow_null=True, default=None)
    manifest_sha256 = serializers.CharField(source="export.manifest_sha256", allow_null=True, default=None)
    files = serializers.ListField(source="export.files", allow_null=True, default=None)


class ExportsView(APIView):
    """Formats a miniature can be had in, beside its own files; POST has one written.

    One that is there, or being written, is not made twice: the same job is answered.
    """

    pagination_class = WholeList

    @lists(ExportOut)
    def get(self, request: Request, query: dict[str, Any], miniature_id: UUID) -> Rows:
        return formats.export_options(queries.miniature_or_404(member_of(request), miniature_id))

    @extend_schema(request=ExportIn, responses={202: miniature_serializers.WorkStartedOut})
    @idempotent
    def post(self, request: Request, miniature_id: UUID) -> Response:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        values = read_body(ExportIn, request)
        export = formats.request_export(miniature, format=values["format"], by=member_of(request))
        return Response({"id": export.pk, "job": export.job_id}, status=202)


class ExportFileView(APIView):
    """A written export: the GGUF file, or merged weights as a zip with the miniature's card."""

    @extend_schema(responses={(200, "application/octet-stream"): OpenApiTypes.BINARY})
    def get(self, request: Request, miniature_id: UUID, target: str) -> HttpResponseBase:
        miniature = queries.miniature_or_404(member_of(request), miniature_id)
        export = formats.ready_or_404(miniature, target)
        return zip_stream.answer(request, zip_stream.exported(export))


class HubPreviewOut(serializers.Serializer[Any]):
    """Files that would be sent, README included."""

    target = serializers.CharField()
    files = serializers.ListField(child=serializers.DictField())
    bytes = serializers.IntegerField()
    readme = serializers.CharField()
    sha256 = serializers.CharField()


class HubPushIn(serializers.Serializer[Any]):
    to = serializers.CharField(max_length=193, help_text="owner/name; created if missing")
    private = serializers.BooleanField(default=True, help_text="A repository that is public already is refused.")
    token = serializers.CharField(max_length=64, default=DEFAULT_TOKEN, help_text="Name of the workers' secret")
    sha256 = serializers.CharField(max_length=64, help_text="Of the preview; anything else is not sent")


class MiniatureHubView(APIView):
    """Preview of what a hub would get: a miniature's own files (`own`) or an export; POST sends exactly that.

    The weights leave the installation. The job's result names the commit there.
    """

    @extend_schema(responses=HubPreviewOut)
    def get(self, request: Request, miniature_id: UUID, target: str) -> Response:
        member = member_of(request)
        miniature = queries.miniature_or_404(member, miniature_id)
        return Response(HubPreviewOut(hub_push.preview(miniature, target=target, by=member)).data)

    @extend_schema(request=HubPushIn, responses={202: miniature_serializers.WorkStartedOut})
    @idempotent
    def post(self, request: Request, miniature_id: UUID, target: str) -> Response:
        member = member_of(request)
        miniature = queries.miniature_or_404(member, miniature_id)
        values = read_body(HubPushIn, request)
        require_recent(request)
        job = hub_push.push(miniature, target=target, by=member, **values)
        return Response({"id": job.pk, "job": job.pk}, status=202)
