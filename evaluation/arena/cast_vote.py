"""Voting on a pair, and taking a vote back.

One short transaction each, in which the arena closes once its rule says so.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from evaluation.arena import open_arena, queries
from evaluation.models import Arena, ArenaPair, ArenaVote
from evaluation.states import VoteVerdict
from members.models import Member
from review.desk.verdict_fit import LONGEST_S
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal


@dataclass(frozen=True, slots=True)
class VoteOutcome:
    """Result of a vote.

    Attributes:
        vote: The vote, this one or, for a repeated request, the first.
        is_replay: Whether the very same request was recorded before.
    """

    vote: ArenaVote
    is_replay: bool = False


def vote(pair: ArenaPair, *, by: Member, id: UUID, verdict: str, seconds: float = 0.0) -> VoteOutcome:
    """Record a vote. The arena's row is locked, so that of two at once the second sees the first.

    Args:
        pair: With its arena and task.
        by: The expert; reviewer or lead of the task, or admin.
        id: The client's UUID; the same id with the same verdict gives the first result again, in a closed arena too.
        verdict: A `VoteVerdict` but for `retract`.

    Raises:
        PermissionDenied: Not a reviewer of the task.
        Refusal: 422 for a verdict or seconds that cannot be; 409 when the arena is closed, the voter voted on this pair
            before, or the id belongs to another vote.
    """
    require(by, pair.arena.task, Role.REVIEWER)
    if verdict not in VoteVerdict.values or verdict == VoteVerdict.RETRACT:
        raise _wrong("verdict", "A vote is left, right, tie or both_bad.")
    if not math.isfinite(seconds) or not 0 <= seconds <= LONGEST_S:
        raise _wrong("seconds", "Seconds are a number from 0 to 86400.")
    return _record(ArenaVote(id=id, pair=pair, voter=by, verdict=verdict, seconds=seconds))


def take_back(vote: ArenaVote, *, by: Member, id: UUID) -> VoteOutcome:
    """Take an own vote back, by a vote that says so; the pair may then be dealt to the voter again.

    Raises:
        PermissionDenied: Not the voter's own, or not a reviewer any more.
        Refusal: 409 when it was taken back before, or the arena is closed.
    """
    require(by, vote.pair.arena.task, Role.REVIEWER)
    if vote.voter_id != by.pk:
        raise PermissionDenied("Only your own votes can be taken back.")
    return _record(ArenaVote(id=id, pair=vote.pair, voter=by, verdict=VoteVerdict.RETRACT, retracts=vote))


def _record(vote: ArenaVote) -> VoteOutcome:
    try:
        with transaction.atomic():
            arena = Arena.objects.select_for_update().get(pk=vote.pair.arena_id)
            first = _again(vote)
            if first is not None:
                return first
            _check(arena, vote)
            vote.save(force_insert=True)
            open_arena.close_if_over(arena)
            return VoteOutcome(vote)
    except IntegrityError:
        # Another arena's vote took this id in between.
        return _again(vote) or _raise_reused()


def _again(vote: ArenaVote) -> VoteOutcome | None:
    first = ArenaVote.objects.filter(pk=vote.pk).first()
    if first is None:
        return None
    content = (vote.voter_id, vote.pair_id, vote.verdict, vote.retracts_id)
    if (first.voter_id, first.pair_id, first.verdict, first.retracts_id) != content:
        _raise_reused()
    return VoteOutcome(first, is_replay=True)


def _check(arena: Arena, vote: ArenaVote) -> None:
    if not arena.is_open:
        raise Refusal(
            "arena_closed",
            "This arena is closed: the vote was not recorded.",
            hint="The arena's page shows the result.",
            status=409,
        )
    mine = queries.standing_votes(arena).filter(pair=vote.pair_id, voter=vote.voter_id)
    if vote.retracts_id and not mine.filter(pk=vote.retracts_id).exists():
        raise Refusal("already_retracted", "This vote was taken back already.", status=409)
    if vote.retracts_id:
        return
    if mine.exists():
        raise Refusal("already_voted", "You voted on this pair before.", hint="Take that vote back first.", status=409)
    pair = vote.pair
    texts = {(pair.record_id, pair.left), (pair.record_id, pair.right)}
    if pair.is_identical or not texts <= queries.texts_left(arena):
        raise Refusal("pair_gone", "Voting on this pair is over.", hint="Load the next one.", status=409)


def _wrong(name: str, words: str) -> Refusal:
    return Refusal("bad_vote", "This vote is not valid.", status=422, errors={name: [words]})


def _raise_reused() -> VoteOutcome:
    raise Refusal(
        "vote_id_reused", "This id was already used for another vote.", hint="Use a new UUID for each vote.", status=409
    )
