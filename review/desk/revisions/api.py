"""Endpoints of asking a teacher again: who can be asked, asking, what is on its way, and the way back."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk import deck as desk_deck
from review.desk import scope
from review.desk.api import ONLY, RENDER, deck_json, pace_json
from review.desk.revisions import queries as revisions_queries
from review.desk.revisions import revision_requests
from review.desk.serializers import CardsField, PaceOut
from review.drafts import queries
from review.drafts.serializers import DraftStateOut
from review.spec.revision_prompts import LONGEST_INSTRUCTION
from review.states import Role
from review.tasks.permissions import task_or_404
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems
from web.http.read_body import read_body


class WriterOut(serializers.Serializer[Any]):
    """A teacher that could write the draft again now."""

    teacher = serializers.CharField(source="slug")
    name = serializers.CharField()
    price = serializers.CharField()
    is_author = serializers.BooleanField()


class PresetOut(serializers.Serializer[Any]):
    """An instruction that is given often."""

    label: Any = serializers.CharField()
    instruction = serializers.CharField()


class WritersOut(serializers.Serializer[Any]):
    """Teachers that can be asked, and frequent instructions."""

    writers = WriterOut(many=True)
    presets = PresetOut(many=True)


class RevisionOut(serializers.Serializer[Any]):
    """A request to write a draft again; `result` is the new draft once it has come."""

    id = serializers.UUIDField()
    draft = serializers.UUIDField()
    title = serializers.CharField()
    instruction = serializers.CharField()
    result = serializers.UUIDField(allow_null=True)
    job = serializers.UUIDField(allow_null=True)
    seq = serializers.IntegerField(help_text="Number of its job's last event.")
    state = serializers.ChoiceField(choices=["asked", "arrived", "failed"])
    created_at = serializers.DateTimeField()


class RevisionReplyOut(RevisionOut):
    """The request with the next cards of the deck."""

    next = CardsField()
    left = serializers.IntegerField()
    pace = PaceOut()


class RevisionIn(serializers.Serializer[Any]):
    """Instruction for a revision, and the teacher to write it; the client makes the `id`."""

    id = serializers.UUIDField()
    instruction = serializers.CharField(max_length=LONGEST_INSTRUCTION)
    teacher = serializers.SlugField(required=False, default="", allow_blank=True, source="writer")


class WritersView(APIView):
    """Teachers that can write a draft again now, their prices, and frequent instructions."""

    scope_read = "review"

    @extend_schema(operation_id="revision_writers", responses={200: WritersOut})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        draft = queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
        return Response(WritersOut(revision_requests.preview(draft, by=member)).data)


class AskView(APIView):
    scope_write = "review"

    @extend_schema(
        operation_id="ask_revision",
        request=RevisionIn,
        parameters=[RENDER, ONLY],
        responses={200: RevisionReplyOut, 202: RevisionReplyOut, **problems(409, 422)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        """Sent twice with one id it is asked once."""
        member = member_of(request)
        task = queries.draft_or_404(member, draft_id).task
        body = read_body(RevisionIn, request)
        only = scope.scope_from(request.query_params.get("only", ""), by=member, task=task)
        size = 0 if only else settings.DECK_SIZE
        asking = revision_requests.request_revision(draft_id, by=member, deck_size=size, **body)
        deck = list(asking.deck)
        if only and not asking.is_replay:
            deck = desk_deck.deal_among(member, task.pk, only.drafts, count=settings.DECK_SIZE, but=draft_id)[1]
        request_values = revisions_queries.request_json(asking.request)
        answer = {**request_values, "next": deck_json(request, deck), **pace_json(request, task)}
        return Response(answer, status=200 if asking.is_replay else 202)


class OnTheirWayView(APIView):
    """Revisions that the member requested in a task and that have not come yet."""

    scope_read = "review"

    pagination_class = WholeList

    @lists(RevisionOut, draw=lambda request, page: page, operation_id="revisions_on_their_way")
    def get(self, request: Request, query: dict[str, Any], slug: str) -> Rows:
        member = member_of(request)
        task = task_or_404(member, slug, least=Role.REVIEWER)
        return revisions_queries.pending_requests_of(member, task)


class RevisionView(APIView):
    """One request and what came of it."""

    @extend_schema(operation_id="revision", responses={200: RevisionOut})
    def get(self, request: Request, request_id: UUID) -> Response:
        body = revisions_queries.request_json(revisions_queries.request_or_404(member_of(request), request_id))
        return Response(body)


class RestoreView(APIView):
    """Put the draft that was revised back on the desk."""

    scope_write = "review"

    @extend_schema(operation_id="restore_revised", request=None, responses={200: DraftStateOut, **problems(409)})
    def post(self, request: Request, request_id: UUID) -> Response:
        draft = revision_requests.restore(request_id, by=member_of(request))
        return Response({"draft": str(draft.pk), "state": draft.state})
