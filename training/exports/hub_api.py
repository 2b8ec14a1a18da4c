"""API of sending a miniature to a hub: the preview, and the order that names it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.datasets.hub_target import DEFAULT_TOKEN
from training.exports import hub_push
from training.miniatures import queries
from training.miniatures import serializers as miniature_serializers
from web.http.read_body import read_body


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
