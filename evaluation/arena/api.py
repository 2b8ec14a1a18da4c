"""API of arenas: open, close and read one; the next pair, and votes. Blind to who wrote what for those who vote."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from evaluation.arena import cast_vote, open_arena, presentation, queries
from evaluation.arena.open_arena import LEAST_VOTES, MOST_SYSTEMS, MOST_VOTES, USUAL_VOTES
from evaluation.evaluations.queries import evaluation_or_404
from evaluation.states import ArenaEnd, VoteVerdict
from members.session import member_of
from members.tokens.idempotency import idempotent
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.http.lists import Rows, TaskQuery, lists
from web.http.pagination import KeysetPagination
from web.http.problem_shape import problems
from web.http.read_body import read_body

VERDICTS = [each for each in VoteVerdict.choices if each[0] != VoteVerdict.RETRACT]


class ArenaIn(serializers.Serializer[Any]):
    evaluation = serializers.UUIDField()
    systems = serializers.ListField(
        child=serializers.CharField(max_length=120),
        required=False,
        min_length=2,
        max_length=MOST_SYSTEMS,
        help_text="Names as in the evaluation. The others are compared with the first. "
        "Default: the teacher and the run.",
    )
    most_votes = serializers.IntegerField(
        required=False,
        default=USUAL_VOTES,
        min_value=LEAST_VOTES,
        max_value=MOST_VOTES,
        help_text="Most pairs voted on for each two systems; it ends sooner where the order is clear.",
    )


class VoteShareOut(serializers.Serializer[Any]):
    share = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()
    n = serializers.IntegerField()


class SystemStrengthOut(serializers.Serializer[Any]):
    system = serializers.CharField(source="name")
    is_reference = serializers.BooleanField()
    chance = serializers.FloatField(
        source="strength.chance",
        allow_null=True,
        help_text="To be preferred to the reference, ties as halves; 1 or 0 where it won or lost always.",
    )
    low = serializers.FloatField(source="strength.low", allow_null=True)
    high = serializers.FloatField(source="strength.high", allow_null=True)
    is_finite = serializers.BooleanField(
        source="strength.is_finite",
        help_text="Whether the strength is a finite number, so that the chance is an estimate.",
    )
    votes = serializers.IntegerField()


class ContestOut(serializers.Serializer[Any]):
    first = serializers.CharField()
    second = serializers.CharField()
    wins = serializers.IntegerField(source="counts.wins", help_text="Of the first.")
    losses = serializers.IntegerField(source="counts.losses")
    ties = serializers.IntegerField(source="counts.ties")
    both_bad = serializers.IntegerField(source="counts.both_bad")
    identical = serializers.IntegerField(source="counts.identical")
    share = serializers.FloatField(allow_null=True, help_text="Of the votes that decide, how many the first won.")
    low = serializers.FloatField(help_text="Lower end, valid at every look.")
    high = serializers.FloatField()
    is_clear = serializers.BooleanField()
    sentence = serializers.CharField()


class ArenaResultOut(serializers.Serializer[Any]):
    sentence = serializers.CharField()
    votes = serializers.IntegerField()
    voters = serializers.IntegerField()
    standings = SystemStrengthOut(many=True)
    contests = ContestOut(many=True)
    agreement = VoteShareOut(
        allow_null=True, help_text="Share of pairs with two votes on which both experts said the same."
    )
    left = VoteShareOut(allow_null=True, help_text="Share of the votes that decide which went to the left.")


class ArenaOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    task = serializers.CharField(source="task.slug")
    is_open = serializers.BooleanField()
    ended = serializers.ChoiceField(choices=ArenaEnd.choices, allow_blank=True)
    most_votes = serializers.IntegerField()
    created_at = serializers.DateTimeField()
    closed_at = serializers.DateTimeField(allow_null=True)


class ArenaDetailOut(ArenaOut):
    """One arena; what it compares, and its result, are null for those who may vote and not look yet."""

    evaluation = serializers.UUIDField(allow_null=True)
    systems = serializers.ListField(child=serializers.CharField(), allow_null=True)
    left_out = serializers.IntegerField(help_text="Records not dealt, since one of the systems wrote nothing.")
    result = ArenaResultOut(allow_null=True)


class DealtPairOut(serializers.Serializer[Any]):
    """Two answers to one record; nothing says who wrote which."""

    id = serializers.UUIDField()
    record = serializers.CharField(source="title")
    facts: Any = serializers.DictField(source="raw_facts")
    left = serializers.CharField()
    right = serializers.CharField()


class NextPairOut(serializers.Serializer[Any]):
    """The next pair; null when the arena is closed or nothing is left for this voter."""

    pair = DealtPairOut(allow_null=True)
    is_open = serializers.BooleanField()


class VoteIn(serializers.Serializer[Any]):
    """A vote on a pair, or the vote that is taken back; `id` is made by the client."""

    id = serializers.UUIDField()
    pair = serializers.UUIDField(required=False, allow_null=True, default=None)
    verdict = serializers.ChoiceField(choices=VERDICTS, required=False, allow_null=True, default=None)
    seconds = serializers.FloatField(required=False, default=0.0, min_value=0, max_value=86_400)
    retracts = serializers.UUIDField(required=False, allow_null=True, default=None)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_vote = attrs["pair"] is not None and attrs["verdict"] is not None
        if is_vote == (attrs["retracts"] is not None):
            raise serializers.ValidationError("Name a pair with a verdict, or the vote to take back.")
        return attrs


class VoteOut(serializers.Serializer[Any]):
    id = serializers.UUIDField()
    pair = serializers.UUIDField(source="pair_id")
    verdict = serializers.ChoiceField(choices=VoteVerdict.choices)
    retracts = serializers.UUIDField(source="retracts_id", allow_null=True)
    created_at = serializers.DateTimeField()


class ArenasView(APIView):
    """Arenas; POST opens one of an evaluation's systems."""

    pagination_class = KeysetPagination

    @lists(ArenaOut, TaskQuery)
    def get(self, request: Request, query: dict[str, Any]) -> Rows:
        member = member_of(request)
        return queries.visible(member, task=task_or_404(member, query["task"]) if "task" in query else None)

    @extend_schema(request=ArenaIn, responses={201: ArenaDetailOut, **problems(409, 422)})
    @idempotent
    def post(self, request: Request) -> Response:
        data, member = read_body(ArenaIn, request), member_of(request)
        evaluation = evaluation_or_404(member, data.pop("evaluation"))
        arena = open_arena.open_arena(evaluation, by=member, **data)
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
        data = read_body(VoteIn, request)
        if data["retracts"] is not None:
            vote = queries.vote_or_404(arena, data["retracts"], member)
            outcome = cast_vote.take_back(vote, by=member, id=data["id"])
        else:
            pair = queries.pair_or_404(arena, data["pair"])
            values = {name: data[name] for name in ("id", "verdict", "seconds")}
            outcome = cast_vote.vote(pair, by=member, **values)
        return Response(VoteOut(outcome.vote).data, status=200 if outcome.is_replay else 201)
