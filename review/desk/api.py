"""Endpoints of the desk: verdicts, the deck, leaving, setting aside, keys, and edits that nobody saved yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from members.session import member_of
from review.desk import decisions, desk_keys, destinations, elsewhere, pace, scope, unsaved_edits
from review.desk import deck as desk_deck
from review.desk.cards import assembly
from review.desk.cards.assembly import card_json
from review.desk.decisions import queries as decisions_queries
from review.desk.deck import ReleasedCard
from review.desk.serializers import (
    DealtDeckOut,
    DecisionIn,
    DecisionOnDraftOut,
    DecisionOut,
    DecisionReplyOut,
    DeckOut,
    EditedIn,
    KeptOut,
    KeysIn,
    KeysOut,
    RecheckOut,
    ReleasedOut,
    ReleaseIn,
    SetAsideIn,
    UnfinishedIn,
)
from review.drafts import etags, queries
from review.drafts.serializers import MailFiguresOut
from review.ports import DeskScope
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web import zones
from web.http.lists import Rows, lists
from web.http.pagination import WholeList
from web.http.problem_shape import problems
from web.http.read_body import read_body

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Decision, Task

IF_MATCH = OpenApiParameter("If-Match", str, OpenApiParameter.HEADER, required=True, description="The card's ETag.")
ONLY = OpenApiParameter("only", str, description="Keep the deck to a part of the task, such as `campaign:<slug>`.")
RENDER = OpenApiParameter("render", str, description="`html` adds each card as the desk's page draws it.")


class DecisionsView(APIView):
    """Decisions on one draft; a POST records one more verdict."""

    scope_write = "review"

    pagination_class = WholeList

    @lists(
        DecisionOnDraftOut,
        draw=lambda request, page: _with_mails(page, member_of(request)),
        operation_id="draft_decisions",
    )
    def get(self, request: Request, query: dict[str, Any], draft_id: UUID) -> Rows:
        member = member_of(request)
        draft = queries.draft_or_404(member, draft_id)
        self.headers["ETag"] = f'"{etags.etag_for(draft, member)}"'
        return queries.decisions_on(member, draft)[:500]

    @extend_schema(
        operation_id="decide",
        request=DecisionIn,
        parameters=[IF_MATCH, RENDER, ONLY],
        responses={200: DecisionReplyOut, 201: DecisionReplyOut, **problems(409, 412, 422, 428)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = read_body(DecisionIn, request)
        only = _only(request, draft_id)
        outcome = decisions.record(
            draft_id,
            by=member_of(request),
            if_match=etags.from_header(request.headers.get("If-Match")),
            deck_size=0 if only else settings.DECK_SIZE,
            **body,
        )
        deck = outcome.deck
        if only:
            held, fresh = _dealt(request, only)
            deck = [*(held if outcome.is_replay else deck), *fresh]
        answer = {
            "decision": DecisionOut(outcome.decision).data,
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
        operation_id="desk_deck",
        responses={200: DealtDeckOut},
        parameters=[RENDER, ONLY],
    )
    def get(self, request: Request, task_slug: str) -> Response:
        member = member_of(request)
        task = task_or_404(member, task_slug)
        only = scope.scope_from(request.query_params.get("only", ""), by=member, task=task)
        require(member, task, Role.REVIEWER)
        deck = scope.deal(member, task, only)
        others = None if deck or only else elsewhere.cards_elsewhere(member, task).as_json()
        return Response({"cards": deck_json(request, deck), **pace_json(request, task), "elsewhere": others})


class ReleaseView(APIView):
    """Return cards to the queue and keep their unfinished edits."""

    scope_write = "review"

    @extend_schema(operation_id="desk_release", request=ReleaseIn, responses={200: ReleasedOut})
    def post(self, request: Request) -> Response:
        body = read_body(ReleaseIn, request)
        leaving = [
            ReleasedCard(card["draft"], unfinished=card.get("unfinished", ...), seen_until=card["seen_until"])
            for card in body["cards"]
        ]
        return Response({"released": desk_deck.release(member_of(request), leaving)})


class SetAsideView(APIView):
    """Put one held card behind the rest, with a note; answers like a decision, with the next cards."""

    scope_write = "review"

    @extend_schema(
        operation_id="desk_set_aside", request=SetAsideIn, parameters=[RENDER, ONLY], responses={200: DeckOut}
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = read_body(SetAsideIn, request)
        member = member_of(request)
        task = queries.draft_or_404(member, draft_id, least=Role.REVIEWER).task
        note, unfinished = body["note"], body["unfinished"]
        only = _only(request, draft_id)
        size = 0 if only else settings.DECK_SIZE
        deck = desk_deck.set_aside(draft_id, by=member, note=note, unfinished=unfinished, deck_size=size)
        deck = _dealt(request, only, but=draft_id)[1] if only else deck
        return Response({"cards": deck_json(request, deck), **pace_json(request, task)})


class HoldView(APIView):
    """Take one certain card into the deck, such as one set aside by mistake."""

    scope_write = "review"

    @extend_schema(operation_id="desk_hold", request=None, parameters=[RENDER, ONLY], responses={200: DeckOut})
    def post(self, request: Request, draft_id: UUID) -> Response:
        member = member_of(request)
        queries.draft_or_404(member, draft_id)
        card = desk_deck.undo_set_aside(member, draft_id)
        return Response({"cards": deck_json(request, [card]), **pace_json(request, card.task)})


class KeysView(APIView):
    """The member's keys of the desk."""

    scope_write = "review"

    @extend_schema(operation_id="desk_keys", responses={200: KeysOut})
    def get(self, request: Request) -> Response:
        member = member_of(request)
        return Response({"keys": desk_keys.keys_of(member), "on": desk_keys.are_on(member)})

    @extend_schema(operation_id="desk_set_keys", request=KeysIn, responses={200: KeysOut})
    def put(self, request: Request) -> Response:
        body = read_body(KeysIn, request)
        keys = desk_keys.save(member_of(request), **body)
        return Response({"keys": keys, "on": body["on"]})


def _with_mails(rows: list[Decision], member: Member) -> list[dict[str, Any]]:
    mails = decisions_queries.mails_of(rows, member)
    figures = [MailFiguresOut(mails.get(each.pk, []), many=True).data for each in rows]
    return [{**DecisionOut(each).data, "mails": counts} for each, counts in zip(rows, figures, strict=True)]


def deck_json(request: Request, deck: list[Any]) -> list[dict[str, Any]]:
    """Cards for a reply: plain data for programs, or as the page draws them where it asks for that."""
    destinations.annotate_destinations(deck, by=member_of(request))
    if request.query_params.get("render") != "html":
        return [card_json(assignment) for assignment in deck]
    drawn = []
    for assignment in deck:
        card = assembly.build_card(assignment)
        html = render_to_string("review/desk/_card.html", {"card": card})
        drawn.append({"id": card.id, "etag": card.etag, "leased_until": card.leased_until, "html": html})
    return drawn


def pace_json(request: Request, task: Task) -> dict[str, Any]:
    """Return the cards left for the member of a request, and their pace today."""
    now = pace.pace_of(member_of(request), task, since=zones.start_of_today(request))
    return {"left": now.left, "pace": now.as_json()}


def _only(request: Request, draft_id: UUID) -> DeskScope | None:
    """The part that the desk keeps to; it must be of the draft's own task, in which the service asks for the role."""
    key = request.query_params.get("only", "")
    if not key:
        return None
    member = member_of(request)
    return scope.scope_from(key, by=member, task=queries.draft_or_404(member, draft_id).task)


def _dealt(request: Request, only: DeskScope, *, but: UUID | None = None) -> tuple[list[Any], list[Any]]:
    return desk_deck.deal_among(member_of(request), only.task_id, only.drafts, count=settings.DECK_SIZE, but=but)


EDIT_RENDER = OpenApiParameter(
    "render", str, description="`html` adds the list of remarks as the desk's page draws it."
)


class CheckView(APIView):
    """The checks of the draft's task version over fields that are not saved, with mends and the size of the edit."""

    scope_write = "review"

    @extend_schema(
        operation_id="check_edit",
        request=EditedIn,
        parameters=[EDIT_RENDER],
        responses={200: RecheckOut, **problems(422)},
    )
    def post(self, request: Request, draft_id: UUID) -> Response:
        body = read_body(EditedIn, request)
        result = unsaved_edits.recheck(member_of(request), draft_id, body["fields"])
        answer = {**RecheckOut(result).data}
        if request.query_params.get("render") == "html":
            context = {"remarks": result.remarks, "unsupported": result.unsupported}
            answer["html"] = render_to_string("review/desk/_checks.html", context)
        return Response(answer)


class UnfinishedView(APIView):
    """The member's unfinished edit of a card in their deck."""

    scope_write = "review"

    @extend_schema(operation_id="keep_unfinished", request=UnfinishedIn, responses={200: KeptOut, **problems(422)})
    def put(self, request: Request, draft_id: UUID) -> Response:
        body = read_body(UnfinishedIn, request)
        member = member_of(request)
        queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
        return Response({"kept": unsaved_edits.keep_unfinished(member, draft_id, body["fields"])})
