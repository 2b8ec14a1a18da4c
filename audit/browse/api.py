"""API of the trail, for admins."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from audit.browse import queries
from audit.browse.queries import require_admin
from audit.trail import ACTS
from web.http.lists import ListQuery, one_of
from web.http.problem_shape import problems


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


class AuditFilter(ListQuery):
    act = one_of(ACTS)
    who = serializers.CharField(required=False, help_text="A member's user name, name or id.")
    subject = serializers.CharField(required=False)
    since = serializers.DateField(required=False)
    until = serializers.DateField(required=False)
    before = serializers.IntegerField(required=False, help_text="As `next` gave it.")


class TrailView(APIView):
    scope_read = "admin"

    @extend_schema(
        responses={200: AuditPageOut, **problems(400)},
        operation_id="audit_list",
        parameters=[AuditFilter],
    )
    def get(self, request: Request) -> Response:
        """List acts, newest first, 100 a page."""
        require_admin(request.user)
        chosen = AuditFilter.read(request)
        before = chosen.pop("before", None)
        lines, following = queries.page(queries.TrailFilter(**chosen), before=before)
        return Response(AuditPageOut({"next": str(following) if following else None, "results": lines}).data)
