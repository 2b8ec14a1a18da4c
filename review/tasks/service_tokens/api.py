"""API of a task's service tokens, for its leads."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from members.tokens.api import NewTokenOut, TokenOut
from members.tokens.issue import LONGEST_DAYS
from members.tokens.scopes import SERVICE_SCOPES
from review.tasks.permissions import task_or_404
from review.tasks.service_tokens import issue, queries
from web.http.lists import Rows, lists
from web.http.read_body import read_body


class ServiceTokenIn(serializers.Serializer[dict[str, Any]]):
    name = serializers.CharField(max_length=issue.NAME_CHARS)
    scopes = serializers.ListField(child=serializers.ChoiceField(choices=list(SERVICE_SCOPES)), min_length=1)
    days = serializers.IntegerField(min_value=1, max_value=LONGEST_DAYS, default=90)


class ServiceTokensView(APIView):
    """The service tokens of a task. A lead's own token needs the scope `admin` to touch them."""

    scope_read = scope_write = "admin"

    @lists(TokenOut, operation_id="service_tokens_list")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        """List them, newest first."""
        lead = member_of(request)
        return queries.tokens_of(lead, task_or_404(lead, slug))

    @extend_schema(request=ServiceTokenIn, responses={201: NewTokenOut}, operation_id="service_tokens_create")
    def post(self, request: Request, slug: str) -> Response:
        """Make one. Its text is in this answer and nowhere else, so the answer is not replayed by Idempotency-Key."""
        require_recent(request)
        lead = member_of(request)
        task = task_or_404(lead, slug)
        row, plaintext = issue.make(task, by=lead, **read_body(ServiceTokenIn, request))
        body = {**TokenOut(row).data, "token": plaintext}
        return Response(body, status=201)


class ServiceTokenView(APIView):
    scope_read = scope_write = "admin"

    @extend_schema(responses={204: None}, operation_id="service_tokens_revoke")
    def delete(self, request: Request, slug: str, key: str) -> Response:
        """Revoke it; the next request with it answers 401."""
        lead = member_of(request)
        task = task_or_404(lead, slug)
        issue.revoke(queries.token_or_404(lead, task, key), task, by=lead)
        return Response(status=204)
