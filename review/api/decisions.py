"""Endpoints of the desk: verdicts, the deck, leaving and setting aside. They call services and shape their answers."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review import etags
from review.api.serializers_desk import DecisionIn, KeysIn, ReleaseIn, SetAsideIn
from review.api.shapes_desk import DECISION_REPLY, DECISIONS, DECK, KEYS, PROBLEM, RELEASED
from review.permissions import require, task_or_404
from review.ports import Narrowed
from review.selectors import cards, desk, desk_part, destinations, pace
from review.selectors import decisions as said
from review.services import decisions, desk_keys, queue
from review.services.queue import Leaving
from review.states import Role

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="The card's ETag.")
ONLY = OpenApiParameter("only", str, description="Keep the deck to a part of the task, such as `campaign:<slug>`.")
RENDER = OpenApiParameter("render", str, description="`html` adds each card as the desk's page draws it.")


class DecisionsView(APIView):
    """What was said of one draft, and one more verdict on it."""

    scope_write = "review"

    @extend_schema(operation_id="draft_decisions", responses={200: DECISIONS})
    def get(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        draft = desk.draft_or_404(member, draft_id)
        results = [said.as_json(decision) for decision in desk.decisions_on(member, draft)[:500]]
        tag = desk.etag(draft, member)
        return Response({"next": None, "previous": None, "results": results}, headers={"ETag": f'"{tag}"'})

    @extend_schema(
        operation_id="decide", request=DecisionIn, parameters=[IF_MATCH, RENDER, ONLY],
        responses={200: DECISION_REPLY, 201: DECISION_REPLY, 409: PROBLEM, 412: PROBLEM, 422: PROBLEM, 428: PROBLEM},
    )  # fmt: skip
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = DecisionIn(data=request.data)
        body.is_valid(raise_exception=True)
        only = _only(request, draft_id)
        outcome = decisions.record(
            draft_id,
            by=member_of(request),
            if_match=etags.from_header(request.headers.get("If-Match")),
            deck_size=0 if only else settings.DECK_SIZE,
            **body.validated_data,
        )
        deck = _fresh(request, only) if only and not outcome.is_replay else outcome.deck
        answer = {
            "decision": said.as_json(outcome.decision),
            "state": outcome.draft_state,
            "next": deck_json(request, deck),
            "left": outcome.pace.left if outcome.pace else None,
            "pace": outcome.pace.as_json() if outcome.pace else None,
        }
        return Response(answer, status=200 if outcome.is_replay else 201)


class DeckView(APIView):
    """The member's deck: up to five leased cards."""

    scope_read = "review"

    @extend_schema(
        operation_id="desk_deck", responses={200: DECK},
        parameters=[RENDER, ONLY, OpenApiParameter("card", str, description="UUID of a draft to put on top of the deck.")],
    )  # fmt: skip
    def get(self, request: Request, task_slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, task_slug)
        only = desk_part.read(request.query_params.get("only", ""), by=member, task=task)
        if only:
            require(member, task, Role.REVIEWER)
            held, fresh = queue.deal_among(member, task.pk, only.drafts, count=settings.DECK_SIZE)
            deck = held + fresh
        else:
            deck = queue.deal(member, task, count=settings.DECK_SIZE)
        how_much = pace.of(member, task)
        answer = {"cards": deck_json(request, deck), "left": how_much.left, "pace": how_much.as_json()}
        return Response(answer, headers={"Cache-Control": "no-store"})


class ReleaseView(APIView):
    """Return cards to the queue and keep their unfinished edits."""

    scope_write = "review"

    @extend_schema(operation_id="desk_release", request=ReleaseIn, responses={200: RELEASED})
    def post(self, request: Request) -> Response:
        body = ReleaseIn(data=request.data)
        body.is_valid(raise_exception=True)
        leaving = [
            Leaving(card["draft"], unfinished=_fields(card["unfinished"]), seen_until=card["seen_until"])
            for card in body.validated_data["cards"]
        ]
        return Response({"released": queue.release(member_of(request), leaving)})


class SetAsideView(APIView):
    """Put one held card behind the rest, with a note; answers like a decision, with the next cards."""

    scope_write = "review"

    @extend_schema(operation_id="desk_set_aside", request=SetAsideIn, parameters=[RENDER, ONLY], responses={200: DECK})
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = SetAsideIn(data=request.data)
        body.is_valid(raise_exception=True)
        member = member_of(request)
        task = desk.draft_or_404(member, draft_id).task
        require(member, task, Role.REVIEWER)
        note, unfinished = body.validated_data["note"], _fields(body.validated_data["unfinished"])
        only = _only(request, draft_id)
        size = 0 if only else settings.DECK_SIZE
        deck = queue.set_aside(draft_id, by=member, note=note, unfinished=unfinished, deck_size=size)
        deck = _fresh(request, only, but=draft_id) if only else deck
        how_much = pace.of(member, task)
        return Response({"cards": deck_json(request, deck), "left": how_much.left, "pace": how_much.as_json()})


class HoldView(APIView):
    """Take one certain card into the deck, such as one set aside by mistake."""

    scope_write = "review"

    @extend_schema(operation_id="desk_hold", request=None, parameters=[RENDER], responses={200: DECK})
    def post(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        desk.draft_or_404(member, draft_id)
        card = queue.hold(member, draft_id)
        how_much = pace.of(member, card.task)
        return Response({"cards": deck_json(request, [card]), "left": how_much.left, "pace": how_much.as_json()})


class KeysView(APIView):
    """The member's keys of the desk."""

    scope_write = "review"

    @extend_schema(operation_id="desk_keys", responses={200: KEYS})
    def get(self, request: Request) -> Response:
        member = member_of(request)
        return Response({"keys": desk_keys.of(member), "on": desk_keys.are_on(member)})

    @extend_schema(operation_id="desk_set_keys", request=KeysIn, responses={200: KEYS})
    def put(self, request: Request) -> Response:
        body = KeysIn(data=request.data)
        body.is_valid(raise_exception=True)
        keys = desk_keys.save(member_of(request), **body.validated_data)
        return Response({"keys": keys, "on": body.validated_data["on"]})


def deck_json(request: Request, deck: list[Any]) -> list[dict[str, Any]]:
    """Cards for a reply: plain data for programs, or as the page draws them where it asks for that."""
    destinations.say_where(deck, by=member_of(request))
    if request.query_params.get("render") != "html":
        return [cards.as_json(assignment) for assignment in deck]
    drawn = []
    for assignment in deck:
        card = cards.of(assignment)
        html = render_to_string("review/desk/_card.html", {"card": card})
        drawn.append({"id": card.id, "etag": card.etag, "leased_until": card.leased_until, "html": html})
    return drawn


def _only(request: Request, draft_id: UUID) -> Narrowed | None:
    """The part that the desk keeps to; it must be of the draft's own task, in which the service asks for the role."""
    key = request.query_params.get("only", "")
    if not key:
        return None
    member = member_of(request)
    return desk_part.read(key, by=member, task=desk.draft_or_404(member, draft_id).task)


def _fresh(request: Request, only: Narrowed, *, but: UUID | None = None) -> list[Any]:
    """Cards that fill the deck up with drafts of the part that the desk keeps to."""
    return queue.deal_among(member_of(request), only.task_id, only.drafts, count=settings.DECK_SIZE, but=but)[1]


def _fields(value: object) -> dict[str, Any] | None:
    return value if isinstance(value, dict) else None
