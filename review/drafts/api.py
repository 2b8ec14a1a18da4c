"""Endpoints of drafts: a list by keyset, and one with the ETag that a decision on it names."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.drafts import draft_filters, queries
from review.drafts.openapi import DRAFT, PROBLEM, SUMMARIES
from web.errors import Refusal
from web.http.pagination import KeysetPagination

WORDS = OpenApiParameter(
    "q",
    str,
    description='Words that all occur, a "phrase", -not this, begin*; within one task. The newest 20,000 hits.',
)
FILTERS = [WORDS, *(OpenApiParameter(name, str) for name in ("task", *draft_filters.FILTERS, "limit", "cursor"))]


class DraftsView(APIView):
    """Drafts of all tasks the member sees, newest first."""

    @extend_schema(operation_id="drafts", parameters=FILTERS, responses={200: SUMMARIES, 400: PROBLEM})
    def get(self, request: Request) -> Response:
        member = member_of(request)
        asked = {name: request.query_params.get(name, "") for name in ("q", *draft_filters.FILTERS)}
        if mistakes := draft_filters.mistakes(asked):
            message = "These filters cannot be: " + ", ".join(mistakes) + "."
            raise Refusal("bad_filters", message, status=400, errors=mistakes)
        found = queries.drafts(member, task=request.query_params.get("task", ""), **asked).defer(
            "messages", "fields", "marks", "parameters"
        )
        pages = KeysetPagination()
        page = pages.paginate_queryset(found, request, view=self) or []
        return pages.get_paginated_response(queries.summaries_json(page, member))


class DraftView(APIView):
    """One draft."""

    @extend_schema(operation_id="draft", responses={200: DRAFT})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        body = queries.draft_json(queries.draft_or_404(member, draft_id), member)
        return Response(body, headers={"ETag": f'"{body["etag"]}"'})
