"""Votes of an arena: blind, counted once, taken back, and ended by the rule."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.models import AuditRow
from evaluation.arena import cast_vote, open_arena, presentation, queries
from evaluation.models import Arena, ArenaPair, ArenaVote, Evaluation, EvaluationOutput
from members.models import Member
from review.erasure.erase import erase_records
from review.models import Record
from tests.evaluation.arena.conftest import OWN, TEACHER, better
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_version")]


def cast(arena: Arena, by: Member, verdict: str = "", *, id: UUID | None = None) -> cast_vote.VoteOutcome:
    """Vote on the pair that is dealt next; for the run's text unless another verdict is given."""
    dealt = queries.next_pair(arena, by)
    assert dealt is not None
    pair = queries.pair_or_404(arena, dealt.id)
    return cast_vote.vote(pair, by=by, id=id or uuid4(), verdict=verdict or better(dealt), seconds=2.0)


def test_an_arena_takes_one_record_of_each_company_and_asks_nothing_of_any_teacher(
    evaluation: Evaluation, admin: Member
) -> None:
    first, second = Record.objects.filter(pk__in=evaluation.record_ids).order_by("pk")[:2]
    Record.objects.filter(pk=second.pk).update(group=first.group)

    arena = open_arena.open_arena(evaluation, by=admin)

    assert arena.systems == [TEACHER, OWN]
    assert arena.pairs.count() == 11
    row = AuditRow.objects.get(act="arena_opened")
    assert (row.subject_id, row.detail["pairs"]) == (str(arena.pk), 11)


@pytest.mark.slow
def test_equal_texts_are_ties_that_nobody_is_asked_about(evaluation: Evaluation, admin: Member, expert: Member) -> None:
    alike = EvaluationOutput.objects.filter(evaluation=evaluation, record__title__in=["Works 1", "Works 2"])
    alike.update(fields={"subject": "Same", "body": "Same."})

    arena = open_arena.open_arena(evaluation, by=admin)
    asked = {
        queries.pair_or_404(arena, each.vote.pair_id).record.title
        for each in (cast(arena, expert, "tie") for _ in range(10))
    }

    assert asked == {f"Works {n}" for n in range(12)} - {"Works 1", "Works 2"}
    assert presentation.result_of(arena).identical == 2


def test_a_record_for_which_a_system_wrote_nothing_is_left_out_and_told(evaluation: Evaluation, admin: Member) -> None:
    EvaluationOutput.objects.filter(evaluation=evaluation, system=OWN, record__title="Works 3").update(
        text="", fields=None
    )

    arena = open_arena.open_arena(evaluation, by=admin)

    assert (arena.left_out, arena.pairs.count()) == (1, 11)


@pytest.mark.slow
def test_the_run_wins_every_vote_and_the_arena_closes_as_soon_as_that_is_clear(arena: Arena, expert: Member) -> None:
    given = 0
    while queries.next_pair(arena, expert) is not None:
        cast(arena, expert)
        given += 1
        arena.refresh_from_db()

    found = presentation.result_of(arena)
    assert (given, arena.ended) == (9, "clear")
    assert found.sentence == f"{OWN} is preferred to {TEACHER}: 9 of the 9 votes that decide."
    assert [(row.name, row.strength.chance, row.strength.is_finite) for row in found.standings] == [
        (OWN, 1.0, False), (TEACHER, 0.5, True)
    ]  # fmt: skip


@pytest.mark.slow
def test_votes_that_show_nothing_end_when_the_pairs_do(arena: Arena, expert: Member) -> None:
    for n in range(12):
        cast(arena, expert, "left" if n % 2 else "both_bad")

    arena.refresh_from_db()
    assert arena.ended == "spent"
    assert "No clear order" in presentation.result_of(arena).sentence


def test_a_vote_sent_twice_counts_once_and_after_the_end_too(arena: Arena, expert: Member, admin: Member) -> None:
    id = uuid4()
    first = cast(arena, expert, "tie", id=id)
    open_arena.close(arena.pk, by=admin)

    again = cast_vote.vote(first.vote.pair, by=expert, id=id, verdict="tie", seconds=9.0)

    assert (again.vote.pk, again.is_replay) == (first.vote.pk, True)
    assert ArenaVote.objects.count() == 1
    with pytest.raises(Refusal, match="another vote"):
        cast_vote.vote(first.vote.pair, by=expert, id=id, verdict="left")


@pytest.mark.slow
def test_nobody_votes_twice_on_a_pair_nor_sees_it_twice(arena: Arena, expert: Member) -> None:
    seen = []
    for _ in range(12):
        given = cast(arena, expert, "tie").vote
        seen.append(given.pair_id)
        with pytest.raises(Refusal, match=r"before|closed"):
            cast_vote.vote(given.pair, by=expert, id=uuid4(), verdict="left")

    assert len(set(seen)) == 12


def test_a_vote_taken_back_brings_its_pair_again(arena: Arena, expert: Member, other_expert: Member) -> None:
    given = cast(arena, expert, "left").vote
    with pytest.raises(PermissionDenied):
        cast_vote.take_back(given, by=other_expert, id=uuid4())

    cast_vote.take_back(given, by=expert, id=uuid4())
    dealt = queries.next_pair(arena, expert, first=given.pair_id)

    assert dealt is not None and dealt.id == given.pair_id
    assert not queries.standing_votes(arena).exists()
    with pytest.raises(Refusal, match="already"):
        cast_vote.take_back(given, by=expert, id=uuid4())


def test_a_closed_arena_takes_no_vote_and_deals_nothing(arena: Arena, expert: Member, admin: Member) -> None:
    pair = arena.pairs.first()
    assert pair is not None
    open_arena.close(arena.pk, by=admin)
    arena.refresh_from_db()

    with pytest.raises(Refusal, match="closed"):
        cast_vote.vote(pair, by=expert, id=uuid4(), verdict="left")
    assert queries.next_pair(arena, expert) is None
    assert AuditRow.objects.filter(act="arena_closed").count() == 1


def test_a_doubled_pair_goes_to_a_second_expert_and_tells_agreement(
    evaluation: Evaluation, admin: Member, expert: Member, other_expert: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_arena, "DOUBLED", 1.0)
    arena = open_arena.open_arena(evaluation, by=admin)
    first = cast(arena, expert, "tie").vote

    second = cast(arena, other_expert, "both_bad").vote
    third = queries.next_pair(arena, expert)

    assert second.pair_id == first.pair_id
    assert third is not None and third.id != first.pair_id
    agreement = presentation.result_of(arena).agreement
    assert agreement is not None and (agreement.share, agreement.n) == (1.0, 1)


def test_a_vote_never_changes(arena: Arena, expert: Member) -> None:
    given = cast(arena, expert, "tie").vote
    for change in (lambda rows: rows.update(verdict="left"), lambda rows: rows.delete()):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            change(ArenaVote.objects.filter(pk=given.pk))


@pytest.mark.slow
def test_an_erased_record_leaves_no_text_and_is_dealt_no_more_but_its_vote_stays(
    arena: Arena, expert: Member, other_expert: Member
) -> None:
    voted = cast(arena, expert, "left").vote.pair
    waiting = ArenaPair.objects.filter(arena=arena).exclude(pk=voted.pk).first()
    assert waiting is not None

    erase_records([voted.record_id, waiting.record_id])

    outputs = EvaluationOutput.objects.filter(record__in=[voted.record_id, waiting.record_id])
    assert set(outputs.values_list("text", "fields")) <= {("", None)}
    assert presentation.result_of(arena).votes == 1
    with pytest.raises(Refusal, match="Voting on this pair is over"):
        cast_vote.vote(waiting, by=other_expert, id=uuid4(), verdict="left")
    dealt = {cast(arena, other_expert, "tie").vote.pair_id for _ in range(10)}
    assert {voted.pk, waiting.pk}.isdisjoint(dealt)


def test_an_arena_of_which_only_erased_records_are_left_closes(arena: Arena, expert: Member) -> None:
    voted = cast(arena, expert, "tie").vote.pair.record_id
    rest = list(arena.pairs.exclude(record=voted).values_list("record", flat=True))

    erase_records(rest[1:])
    arena.refresh_from_db()
    before = arena.is_open
    erase_records(rest)
    arena.refresh_from_db()

    assert (before, arena.is_open, arena.ended) == (True, False, "spent")
    assert presentation.result_of(arena).votes == 1


def test_no_empty_answer_is_dealt_once_an_erasure_took_what_a_baseline_repeated(
    evaluation: Evaluation, admin: Member, expert: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_arena, "DOUBLED", 1.0)
    arenas = [
        open_arena.open_arena(evaluation, by=admin, systems=systems)
        for systems in ([TEACHER, "tiny (base)"], [TEACHER, OWN, "tiny (base)"])
    ]
    EvaluationOutput.objects.filter(evaluation=evaluation, system="tiny (base)").update(kind="baseline")
    voted = cast(arenas[0], expert, "left").vote.pair
    waiting = arenas[0].pairs.exclude(pk=voted.pk)[0]
    repeated = evaluation.dataset_version.rows.filter(draft__record__split="train")[0].draft.record_id

    erase_records([repeated])

    for arena in arenas:
        arena.refresh_from_db()
    assert [(arena.is_open, arena.ended) for arena in arenas] == [(False, "spent"), (True, "")]
    assert presentation.result_of(arenas[0]).votes == 1
    Arena.objects.filter(pk=arenas[0].pk).update(closed_at=None)
    with pytest.raises(Refusal, match="Voting on this pair is over"):
        cast_vote.vote(waiting, by=expert, id=uuid4(), verdict="left")
    dealt = [cast(arenas[1], expert, "tie").vote.pair for _ in range(12)]
    assert {(pair.left, pair.right) for pair in dealt} <= {(0, 1), (1, 0)}
    assert queries.next_pair(arenas[1], expert) is None


def test_what_cannot_be_compared_is_refused(evaluation: Evaluation, admin: Member) -> None:
    wishes: list[dict[str, Any]] = [
        {"systems": [TEACHER]}, {"systems": [TEACHER, "nobody"]}, {"systems": [TEACHER, TEACHER]}, {"most_votes": 9}
    ]  # fmt: skip
    for each in wishes:
        with pytest.raises(Refusal) as refused:
            open_arena.open_arena(evaluation, by=admin, **each)
        assert (refused.value.code, refused.value.status) == ("bad_arena", 422)
        assert set(refused.value.errors) == set(each)
    EvaluationOutput.objects.filter(evaluation=evaluation).update(fields={"subject": "Same", "body": "Same."})
    with pytest.raises(Refusal, match="no record for which"):
        open_arena.open_arena(evaluation, by=admin)
    Evaluation.objects.filter(pk=evaluation.pk).update(summary={})
    evaluation.refresh_from_db()
    with pytest.raises(Refusal, match="no answers yet"):
        open_arena.open_arena(evaluation, by=admin)
    assert not Arena.objects.exists()


def test_only_leads_open_and_close_and_only_reviewers_vote(
    evaluation: Evaluation, arena: Arena, expert: Member, viewer: Member
) -> None:
    pair = arena.pairs.first()
    assert pair is not None
    for act in (
        lambda: open_arena.open_arena(evaluation, by=expert),
        lambda: open_arena.close(arena.pk, by=expert),
        lambda: cast_vote.vote(pair, by=viewer, id=uuid4(), verdict="left"),
    ):
        with pytest.raises(PermissionDenied):
            act()


def test_the_same_systems_are_compared_in_one_open_arena(evaluation: Evaluation, arena: Arena, admin: Member) -> None:
    with pytest.raises(Refusal, match="compares these systems already"):
        open_arena.open_arena(evaluation, by=admin, systems=[OWN, TEACHER])

    open_arena.close(arena.pk, by=admin)
    assert open_arena.open_arena(evaluation, by=admin, systems=[OWN, TEACHER]).systems == [OWN, TEACHER]


def test_the_desk_leads_to_an_arena_only_while_one_is_open(arena: Arena, admin: Member) -> None:
    [link] = queries.desk_links(arena.task)
    open_arena.close(arena.pk, by=admin)

    assert str(arena.pk) in link.url
    assert queries.desk_links(arena.task) == []


def test_a_million_seconds_are_no_vote(arena: Arena, expert: Member) -> None:
    pair = arena.pairs.first()
    assert pair is not None
    for wrong in (
        {"verdict": "retract"},
        {"verdict": "left", "seconds": float("nan")},
        {"verdict": "left", "seconds": 1e6},
    ):
        with pytest.raises(Refusal, match="vote is not valid"):
            cast_vote.vote(pair, by=expert, id=uuid4(), **wrong)  # type: ignore[arg-type]
