"""API of members: who am I, and my tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members import ports
from members.accounts import queries
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens import issue
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


class TokenOut(serializers.Serializer[Any]):
    key = serializers.CharField(source="token_key", help_text="First characters of the token; names it in addresses.")
    name = serializers.CharField()
    scopes = serializers.ListField(child=serializers.CharField())
    created_at = serializers.DateTimeField(source="created")
    expires_at = serializers.DateTimeField(source="expiry", allow_null=True)
    last_used_at = serializers.DateTimeField(allow_null=True)


class TokenIn(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=80)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SCOPES)), min_length=1)
    days = serializers.IntegerField(min_value=1, max_value=issue.LONGEST_DAYS, default=90)


class NewTokenOut(TokenOut):
    token = serializers.CharField(help_text="The token itself, this once.")


class MeView(APIView):
    """The member a token or session belongs to."""

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
                    "scopes": _scopes(request) or list(SCOPES),
                    "roles": ports.teams.roles_of(member),
                }
            ).data
        )


class TokenListView(APIView):
    """The member's own tokens. A program needs the scope `admin` to touch them."""

    scope_read = scope_write = "admin"

    @extend_schema(responses=TokenOut(many=True), operation_id="tokens_list")
    def get(self, request: Request) -> Response:
        """List them, newest first; there are never many, so they come at once."""
        return Response(TokenOut(queries.tokens_of(member_of(request)), many=True).data)

    @extend_schema(request=TokenIn, responses={201: NewTokenOut}, operation_id="tokens_create")
    def post(self, request: Request) -> Response:
        """Make one. Its text is in this answer and nowhere else, so the answer is not replayed by Idempotency-Key."""
        require_recent(request)
        wanted = TokenIn(data=request.data)
        wanted.is_valid(raise_exception=True)
        row, plaintext = issue.make_token(member_of(request), **wanted.validated_data, within=_scopes(request))
        body = {**TokenOut(row).data, "token": plaintext}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class TokenView(APIView):
    """One of the member's own tokens."""

    scope_read = scope_write = "admin"

    @extend_schema(responses={204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request, key: str) -> Response:
        """Revoke it; the next request with it answers 401."""
        issue.revoke(queries.token_or_404(member_of(request), key))
        return Response(status=204)


def _scopes(request: Request) -> list[str] | None:
    """Scopes of the token that asks; None for a browser session."""
    auth: Any = request.auth
    return list(auth.scopes) if auth is not None else None
