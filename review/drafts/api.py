"""Endpoints of drafts: a list by keyset, and one with the ETag that a decision on it names."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.drafts import draft_filters, queries
from review.drafts.serializers import DraftOut, DraftSummaryOut
from review.states import DraftState, Split, Verdict
from review.tasks.permissions import task_or_404
from web.http.known_parameters import bad_filters
from web.http.lists import ListQuery, Rows, lists
from web.http.pagination import KeysetPagination


def _filter(help_text: str = "", **shape: Any) -> serializers.CharField:
    """A filter whose values `draft_filters` judges, for pages and programs alike; the schema is told its shape."""

    @extend_schema_field({"type": "string", **shape})
    class Declared(serializers.CharField):
        pass

    return Declared(required=False, help_text=help_text)


class DraftQuery(ListQuery):
    task = _filter("Slug of a task.")
    q = _filter('Words that all occur, a "phrase", -not this, begin*; within one task. The newest 20,000 hits.')
    source: Any = _filter("Slug or id of a source.")
    order = _filter("Id of the order that had them written.", format="uuid")
    state = _filter(enum=DraftState.values)
    verdict = _filter(enum=[verdict.value for verdict in Verdict if verdict != Verdict.RETRACT])
    split = _filter(enum=Split.values)
    origin = _filter("teacher, import, miniature or campaign.")
    check = _filter("Name of a check that objects to something in them.")
    label: Any = _filter(
        "A field and its value, such as category:billing or urgent:true; visible to leads, and to others once judged."
    )
    teacher = _filter()
    model = _filter()
    reviewer = _filter("User name of a member who judged them.")
    reason = _filter("Code of a reason that they were rejected for.")
    round = _filter("Number of a round.")
    commented = _filter("yes: somebody wrote a comment.")
    bulk = _filter("Judged with many others (yes), one by one (no), or within the act of this id.")
    since = _filter("First day.", format="date")
    until = _filter("Last day.", format="date")
    zone = _filter("Time zone in which these days are meant, such as Europe/Vienna; UTC where none is named.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if mistakes := draft_filters.mistakes({name: value for name, value in attrs.items() if name != "task"}):
            raise serializers.ValidationError(mistakes)
        return attrs


class DraftsView(APIView):
    """Drafts of all tasks the member sees, newest first."""

    pagination_class = KeysetPagination

    @lists(
        DraftSummaryOut,
        DraftQuery,
        draw=lambda request, page: queries.summaries_json(page, member_of(request)),
        operation_id="drafts",
    )
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        if "task" in query:
            task_or_404(member, query["task"])
        if mistakes := draft_filters.unseen(query, member):
            raise bad_filters(mistakes)
        return (
            queries.drafts(member, **query)
            .defer("messages", "fields", "marks", "parameters")
            .select_related(None)
            .prefetch_related("task", "task_version", "record__source")
        )


class DraftView(APIView):
    """One draft."""

    @extend_schema(operation_id="draft", responses={200: DraftOut})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        body = queries.draft_json(queries.draft_or_404(member, draft_id), member)
        return Response(body, headers={"ETag": f'"{body["etag"]}"'})
