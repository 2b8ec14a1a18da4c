"""API of comments on drafts and of mentions of oneself."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk.comments import queries as comments_queries
from review.desk.comments import writing
from review.desk.serializers import CommentIn, CommentOut, MentionOut, ReadIn, ReadOut
from review.drafts import queries
from review.drafts.openapi import PROBLEM
from web.http.pagination import KeysetPagination


class CommentsView(APIView):
    """Comments on one draft, as this member may read them."""

    scope_write = "review"

    @extend_schema(operation_id="comments", responses={200: CommentOut(many=True)})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        rows = comments_queries.on_draft(member, queries.draft_or_404(member, draft_id))[: comments_queries.SHOWN]
        return Response(
            {"next": None, "previous": None, "results": [comments_queries.comment_json(comment) for comment in rows]}
        )

    @extend_schema(
        operation_id="comment_add", request=CommentIn, responses={201: CommentOut, 409: PROBLEM, 422: PROBLEM}
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        """Write a comment; `@name` tells that member of the task."""
        asked = CommentIn(data=request.data)
        asked.is_valid(raise_exception=True)
        comment = writing.add(draft_id, by=member_of(request), **asked.validated_data)
        return Response(comments_queries.comment_json(comment), status=201)


class CommentView(APIView):
    """One comment."""

    scope_write = "review"

    @extend_schema(operation_id="comment_remove", responses={204: None})
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Take it away for good: one's own, or any as a lead; doing it twice changes nothing."""
        writing.remove(comment_id, by=member_of(request))
        return Response(status=204)


class MentionPages(KeysetPagination):
    """Mentions, newest first."""

    ordering = ("-comment__created_at", "-id")


class MentionsView(APIView):
    """Where the member was named."""

    @extend_schema(
        operation_id="mentions",
        responses={200: MentionOut(many=True)},
        parameters=[OpenApiParameter("unread", bool, description="Only those not seen yet.")],
    )
    def get(self, request: Request) -> Response:
        member = member_of(request)
        is_unread = request.query_params.get("unread", "").lower() in {"1", "true", "yes"}
        rows = comments_queries.unread(member) if is_unread else comments_queries.mentions(member)
        pages = MentionPages()
        page = pages.paginate_queryset(rows, request, view=self) or []
        return pages.get_paginated_response([comments_queries.mention_json(mention) for mention in page])


class MentionsReadView(APIView):
    """Seeing mentions."""

    scope_write = "read"

    @extend_schema(operation_id="mentions_read", request=ReadIn, responses={200: ReadOut})
    def post(self, request: Request) -> Response:
        """Mark mentions as seen."""
        asked = ReadIn(data=request.data)
        asked.is_valid(raise_exception=True)
        return Response({"read": writing.read_mentions(member_of(request), **asked.validated_data)})
