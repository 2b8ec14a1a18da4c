"""API of the trail, for admins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.browse import queries
from audit.browse.queries import require_admin
from audit.trail import ACTS


class AuditLineOut(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    at = serializers.DateTimeField()
    who = serializers.CharField()
    act = serializers.CharField()
    subject_kind = serializers.CharField()
    subject_id = serializers.CharField()
    detail = serializers.CharField()


class AuditPageOut(serializers.Serializer[Any]):
    next = serializers.CharField(allow_null=True, help_text="Value of `before` for the next page; null at the end.")
    results = AuditLineOut(many=True)


class AuditFilter(serializers.Serializer[Any]):
    act = serializers.ChoiceField(choices=list(ACTS), required=False)
    who = serializers.CharField(required=False)
    subject = serializers.CharField(required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    before = serializers.IntegerField(required=False, default=None)


class TrailView(APIView):
    """Who did what and when."""

    scope_read = "admin"

    @extend_schema(
        responses=AuditPageOut,
        operation_id="audit_list",
        parameters=[AuditFilter, OpenApiParameter("who", str, description="A member's user name, name or id.")],
    )
    def get(self, request: Request) -> Response:
        """List acts, newest first, 100 a page."""
        require_admin(request.user)
        wanted = AuditFilter(data=request.query_params)
        wanted.is_valid(raise_exception=True)
        chosen = dict(wanted.validated_data)
        before = chosen.pop("before")
        lines, following = queries.page(queries.TrailFilter(**chosen), before=before)
        return Response(AuditPageOut({"next": str(following) if following else None, "results": lines}).data)
