"""API of arenas: open, close and read one; the next pair, and votes. Blind to who wrote what for those who vote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.arena import cast_vote, open_arena, presentation, queries
from evaluation.arena.serializers import ArenaDetailOut, ArenaIn, ArenaOut, NextPairOut, VoteIn, VoteOut
from evaluation.evaluations.queries import evaluation_or_404
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems


class ArenasView(APIView):
    """Arenas; POST opens one of an evaluation's systems."""

    pagination_class = KeysetPagination

    @lists(ArenaOut, TaskQuery)
    def get(self, request: Request, asked: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=task_or_404(member, asked["task"]) if "task" in asked else None)

    @extend_schema(request=ArenaIn, responses={201: ArenaDetailOut, **problems(409, 422)})
    @idempotent
    def post(self, request: Request) -> Response:
        body, member = ArenaIn(data=request.data), member_of(request)
        body.is_valid(raise_exception=True)
        asked = dict(body.validated_data)
        evaluation = evaluation_or_404(member, asked.pop("evaluation"))
        arena = open_arena.open_arena(evaluation, by=member, **asked)
        return Response(ArenaDetailOut(presentation.detail(arena, member)).data, status=201)


class ArenaDetailView(APIView):
    """One arena. Systems and result are there for leads, and for everybody once it is closed."""

    @extend_schema(responses=ArenaDetailOut)
    def get(self, request: Request, arena_id: UUID) -> Response:
        member = member_of(request)
        return Response(ArenaDetailOut(presentation.detail(queries.arena_or_404(member, arena_id), member)).data)


class ArenaCloseView(APIView):
    """Closing an arena before its rule does."""

    @extend_schema(request=None, responses=ArenaDetailOut)
    def post(self, request: Request, arena_id: UUID) -> Response:
        member = member_of(request)
        open_arena.close(queries.arena_or_404(member, arena_id).pk, by=member)
        return Response(ArenaDetailOut(presentation.detail(queries.arena_or_404(member, arena_id), member)).data)


class NextPairView(APIView):
    """The next pair to vote on, side by side."""

    scope_read = "review"

    @extend_schema(operation_id="next_arena_pair", responses=NextPairOut)
    def get(self, request: Request, arena_id: UUID) -> Response:
        member = member_of(request)
        arena = queries.arena_or_404(member, arena_id)
        require(member, arena.task, Role.REVIEWER)
        dealt = queries.next_pair(arena, member)
        answer = NextPairOut({"pair": dealt, "is_open": arena.is_open}).data
        return Response(answer)


class VotesView(APIView):
    """Votes of an arena."""

    scope_write = "review"

    @extend_schema(operation_id="vote", request=VoteIn, responses={200: VoteOut, 201: VoteOut, **problems(409, 422)})
    def post(self, request: Request, arena_id: UUID) -> Response:
        """Record a vote, or take one back by `retracts`; sent twice it counts once."""
        member = member_of(request)
        arena = queries.arena_or_404(member, arena_id)
        require(member, arena.task, Role.REVIEWER)
        body = VoteIn(data=request.data)
        body.is_valid(raise_exception=True)
        asked = body.validated_data
        if asked["retracts"] is not None:
            given = queries.vote_or_404(arena, asked["retracts"], member)
            outcome = cast_vote.take_back(given, by=member, id=asked["id"])
        else:
            pair = queries.pair_or_404(arena, asked["pair"])
            said = {name: asked[name] for name in ("id", "verdict", "seconds")}
            outcome = cast_vote.vote(pair, by=member, **said)
        return Response(VoteOut(outcome.vote).data, status=200 if outcome.is_replay else 201)
