"""Opening an arena, and closing it: what is compared, and the rule, are fixed in one transaction and never change."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import combinations
from typing import Final
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from audit import trail
from evaluation.arena import queries, rule
from evaluation.models import Arena, ArenaPair, Evaluation
from evaluation.states import ArenaEnd
from members.models import Member
from review.models import DatasetRow, Record
from review.states import Role
from review.tasks.permissions import require
from web.errors import Refusal

MOST_SYSTEMS: Final = 6
LEAST_VOTES, MOST_VOTES, USUAL_VOTES = 10, 1_000, 200
# Of the pairs, how many two experts vote on.
DOUBLED: Final = 0.1


@transaction.atomic
def open_arena(
    evaluation: Evaluation, *, by: Member, systems: Sequence[str] | None = None, most_votes: int = USUAL_VOTES
) -> Arena:
    """Open an arena of systems that an evaluation scored; their texts exist, so that nothing is asked or paid.

    Args:
        systems: Two to six of its systems; None for the teacher and what was tuned. The first is what the others are
            told against.
        most_votes: Most pairs voted on for each two of them.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 while the evaluation is not done, or where an open arena compares the same; 422 where the systems
            or the number of votes cannot be, or there is nothing to vote on.
    """
    require(by, evaluation.task, Role.LEAD)
    # Two clicks at once: the second waits, and finds the first's arena.
    Evaluation.objects.select_for_update().get(pk=evaluation.pk)
    chosen = _checked(evaluation, systems, most_votes)
    if any(
        set(each.systems) == set(chosen) for each in queries.open_arenas(evaluation.task).filter(evaluation=evaluation)
    ):
        raise Refusal(
            "arena_open",
            "An open arena compares these systems already.",
            hint="Vote there, or close it first.",
            status=409,
        )
    arena = Arena(
        task=evaluation.task,
        evaluation=evaluation,
        systems=chosen,
        most_votes=most_votes,
        seed=uuid4().hex,
        created_by=by,
    )
    pairs = _pairs(arena)
    if all(pair.is_identical for pair in pairs):
        raise Refusal(
            "nothing_to_compare",
            "There is no record for which these systems wrote different texts.",
            hint="Choose other systems.",
            status=422,
        )
    arena.save(force_insert=True)
    ArenaPair.objects.bulk_create(pairs, batch_size=500)
    trail.record("arena_opened", by=by, about=arena, task=evaluation.task.slug, systems=len(chosen), pairs=len(pairs))
    return arena


@transaction.atomic
def close(arena_id: UUID, *, by: Member) -> Arena:
    """Close an arena before its rule does; closing it twice changes nothing.

    Raises:
        PermissionDenied: The member does not lead the task.
    """
    arena = Arena.objects.select_for_update(of=("self",)).select_related("task").get(pk=arena_id)
    require(by, arena.task, Role.LEAD)
    if arena.is_open:
        _end(arena, ArenaEnd.LEAD)
        trail.record("arena_closed", by=by, about=arena, task=arena.task.slug)
    return arena


def close_if_over(arena: Arena) -> None:
    """Close an arena whose rule says so; the caller holds its row."""
    reason = rule.ending(queries.judged_pairs(arena), len(arena.systems), arena.most_votes)
    if reason is not None:
        _end(arena, reason)


def close_those_left_over(record_ids: Sequence[UUID]) -> None:
    """Close open arenas that have nothing left to vote on once these records, and what repeated them, are erased.

    They would wait for ever; the caller's transaction erases them.
    """
    pairs = ArenaPair.objects.filter(record__in=list(record_ids)).values("arena")
    versions = DatasetRow.objects.filter(draft__record__in=list(record_ids)).values("version")
    concerned = Q(pk__in=pairs) | Q(evaluation__in=Evaluation.objects.filter(dataset_version__in=versions))
    for arena in Arena.objects.select_for_update().filter(concerned, closed_at__isnull=True).order_by("pk"):
        close_if_over(arena)


def _end(arena: Arena, reason: ArenaEnd) -> None:
    arena.closed_at, arena.ended = timezone.now(), reason
    arena.save(update_fields=["closed_at", "ended"])


def _checked(evaluation: Evaluation, systems: Sequence[str] | None, most_votes: int) -> list[str]:
    if not evaluation.is_done:
        raise Refusal(
            "evaluation_not_done", "This evaluation has no answers yet.", hint="Wait until it is done.", status=409
        )
    names = queries.comparable(evaluation)
    chosen = list(systems) if systems is not None else queries.teacher_and_own(evaluation) or []
    if not 2 <= len(chosen) <= MOST_SYSTEMS or len(set(chosen)) != len(chosen) or not set(chosen) <= set(names):
        raise _wrong("systems", f"Name two to {MOST_SYSTEMS} different systems of these: {', '.join(names)}.")
    if not LEAST_VOTES <= most_votes <= MOST_VOTES:
        raise _wrong("most_votes", f"Votes for each two systems are a number from {LEAST_VOTES} to {MOST_VOTES}.")
    return chosen


def _wrong(name: str, words: str) -> Refusal:
    return Refusal("bad_arena", "These settings are not valid.", status=422, errors={name: [words]})


def _pairs(arena: Arena) -> list[ArenaPair]:
    """Draw one record of each company for each pair of systems, among those for which all wrote something."""
    texts = queries.texts_of(arena.evaluation, arena.systems)
    drawn = random.Random(arena.seed)
    records = list(
        Record.objects.filter(pk__in=arena.evaluation.record_ids, erased_at__isnull=True)
        .order_by("pk")
        .only("pk", "group")
    )
    drawn.shuffle(records)
    whole = [record for record in records if all((record.pk, name) in texts for name in arena.systems)]
    arena.left_out = len(records) - len(whole)
    of_company = {record.group or str(record.pk): record.pk for record in whole}
    return [
        _pair(
            arena,
            record,
            two,
            drawn,
            is_identical=texts[record, arena.systems[two[0]]] == texts[record, arena.systems[two[1]]],
        )
        for record in of_company.values()
        for two in combinations(range(len(arena.systems)), 2)
    ]


def _pair(
    arena: Arena, record: UUID, two: tuple[int, int], generator: random.Random, *, is_identical: bool
) -> ArenaPair:
    left, right = generator.sample(two, 2)
    return ArenaPair(
        arena=arena,
        record_id=record,
        left=left,
        right=right,
        is_identical=is_identical,
        is_doubled=not is_identical and generator.random() < DOUBLED,
    )
