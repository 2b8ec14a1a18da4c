"""API of one's own tokens."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens import issue
from members.tokens.scopes import SCOPES
from web.http.lists import Rows, lists
from web.http.read_body import read_body


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


class TokenListView(APIView):
    """The member's own tokens. A program needs the scope `admin` to touch them."""

    scope_read = scope_write = "admin"

    @lists(TokenOut, operation_id="tokens_list")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        """List them, newest first; there are never many, so they come at once."""
        return issue.tokens_of(member_of(request))

    @extend_schema(request=TokenIn, responses={201: NewTokenOut}, operation_id="tokens_create")
    def post(self, request: Request) -> Response:
        """Make one. Its text is in this answer and nowhere else, so the answer is not replayed by Idempotency-Key."""
        require_recent(request)
        sent = read_body(TokenIn, request)
        row, plaintext = issue.make_token(member_of(request), **sent)
        body = {**TokenOut(row).data, "token": plaintext}
        return Response(body, status=201)


class TokenView(APIView):
    scope_read = scope_write = "admin"

    @extend_schema(responses={204: None}, operation_id="tokens_revoke")
    def delete(self, request: Request, key: str) -> Response:
        """Revoke it; the next request with it answers 401."""
        issue.revoke(issue.token_or_404(member_of(request), key))
        return Response(status=204)
