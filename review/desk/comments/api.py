"""API of comments on drafts and of mentions of oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk.comments import queries as comments_queries
from review.desk.comments import writing
from review.drafts import queries
from web.http.iso_time import IsoTime
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from review.models import Mention


class CommentIn(serializers.Serializer[Any]):
    """A comment; `id` is made by the client, so that a repeated request is recognised."""

    id = serializers.UUIDField()
    # Lengths and blanks are the service's to judge: pages and programs get the same words.
    text = serializers.CharField(allow_blank=True, trim_whitespace=False)


class CommentOut(serializers.Serializer[Any]):
    """A comment on a draft."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField(source="draft_id")
    author = serializers.CharField(source="author.username")
    name = serializers.CharField(source="author.name")
    text = serializers.CharField()
    created_at = IsoTime()


class MentionOut(CommentOut):
    """A comment that names the member, with where it stands."""

    task = serializers.CharField()
    title = serializers.CharField()
    read_at = IsoTime(allow_null=True)

    def to_representation(self, instance: Mention) -> dict[str, Any]:
        read_at, draft = instance.read_at, instance.comment.draft
        place = {"task": draft.task.slug, "title": draft.record.title}
        return {**CommentOut(instance.comment).data, **place, "read_at": read_at and read_at.isoformat()}


class ReadIn(serializers.Serializer[Any]):
    """Mentions to mark as read: those in these comments, or all where none is named."""

    comments = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=500)


class ReadOut(serializers.Serializer[Any]):
    """Number of mentions that were unread before."""

    read = serializers.IntegerField()


class CommentPages(KeysetPagination):
    ordering = ("created_at", "id")


class CommentsView(APIView):
    """Comments on one draft, as this member may read them, the oldest first."""

    scope_write = "review"

    pagination_class = CommentPages

    @lists(CommentOut, operation_id="comments")
    def get(self, request: Request, query: dict[str, Any], draft_id: UUID) -> Rows:
        member = member_of(request)
        return comments_queries.on_draft(member, queries.draft_or_404(member, draft_id))

    @extend_schema(operation_id="comment_add", request=CommentIn, responses={201: CommentOut, **problems(409, 422)})
    def post(self, request: Request, draft_id: UUID) -> Response:
        """Write a comment; `@name` tells that member of the task."""
        data = read_body(CommentIn, request)
        comment = writing.add(draft_id, by=member_of(request), **data)
        return Response(CommentOut(comment).data, status=201)


class CommentView(APIView):
    scope_write = "review"

    @extend_schema(operation_id="comment_remove", responses={204: None})
    def delete(self, request: Request, comment_id: UUID) -> Response:
        """Take it away for good: one's own, or any as a lead; doing it twice changes nothing."""
        writing.remove(comment_id, by=member_of(request))
        return Response(status=204)


class MentionQuery(ListQuery):
    unread = serializers.BooleanField(required=False, help_text="Only those not seen yet.")


class MentionsView(APIView):
    """Comments that name the member."""

    pagination_class = KeysetPagination

    @lists(MentionOut, MentionQuery, operation_id="mentions")
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return comments_queries.unread(member) if query.get("unread") else comments_queries.mentions(member)


class MentionsReadView(APIView):
    scope_write = "read"

    @extend_schema(operation_id="mentions_read", request=ReadIn, responses={200: ReadOut})
    def post(self, request: Request) -> Response:
        """Mark mentions as seen."""
        data = read_body(ReadIn, request)
        return Response({"read": writing.read_mentions(member_of(request), **data)})
