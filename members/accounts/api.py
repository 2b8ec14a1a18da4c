"""API of members: who am I."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members import ports
from members.session import member_of
from members.tokens.scopes import SCOPES


class RoleOut(serializers.Serializer[dict[str, str]]):
    task = serializers.SlugField()
    role = serializers.CharField()


class MeOut(serializers.Serializer[dict[str, Any]]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    name = serializers.CharField()
    is_admin = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField())
    roles = RoleOut(many=True)


class MeView(APIView):
    @extend_schema(responses=MeOut, operation_id="members_me")
    def get(self, request: Request) -> Response:
        """Say who is asking, what the token may do, and the member's role in each task."""
        member = member_of(request)
        return Response(
            MeOut(
                {
                    "id": member.pk,
                    "username": member.username,
                    "name": member.name,
                    "is_admin": member.is_admin,
                    "scopes": member.token_scopes or list(SCOPES),
                    "roles": ports.teams().roles_of(member),
                }
            ).data
        )
