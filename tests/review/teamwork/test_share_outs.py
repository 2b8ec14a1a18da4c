"""Cards shared out among reviewers: an even split of the oldest, kept for each until the last day or an undo."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from audit.models import AuditRow
from members.models import Member
from review.adjudication import sending_back
from review.adjudication.desk_settings import queries as desk_settings
from review.adjudication.share_outs import share
from review.desk import assignments, deck, lead_queue
from review.models import Decision, Draft, ShareOut, Task
from review.states import DraftState, Drawn, QueueOrdering, Role
from review.tasks import team
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


@pytest.fixture
def shared(task: Task, lead: Member, ask: Any) -> Any:
    def share_out(*members: Member, **wanted: Any) -> ShareOut:
        return share.share_out(task, ask(*members, **wanted), by=lead, id=uuid4())

    return share_out


def holders(task: Task) -> Counter[str | None]:
    return Counter(Draft.objects.filter(task=task).values_list("for_reviewer__username", flat=True))


def test_the_oldest_are_shared_out_in_turn(task: Task, expert: Member, other: Member, shared: Any) -> None:
    oldest = list(Draft.objects.filter(task=task).order_by("queue_position"))

    made = shared(expert, other, count=5)

    order = [Draft.objects.get(pk=draft.pk).for_reviewer for draft in oldest]
    assert order == [expert, other, expert, other, expert, None, None, None]
    assert [(part.member, part.count) for part in made.parts.all()] == [(expert, 3), (other, 2)]


def test_in_another_order_of_the_queue_the_oldest_are_still_shared_out(
    task: Task, expert: Member, deals: Any, shared: Any
) -> None:
    deals(order=QueueOrdering.UNCERTAIN)
    oldest = Draft.objects.filter(task=task).order_by("queue_position").first()
    Draft.objects.filter(pk=oldest.pk).update(queue_position=9999, created_at=timezone.now() - timedelta(days=9))

    shared(expert, count=1)

    assert Draft.objects.get(for_reviewer=expert) == oldest


def test_shared_cards_come_first_to_their_reviewer_and_to_nobody_else(
    task: Task, expert: Member, other: Member, third: Member, shared: Any
) -> None:
    shared(expert, other, count=6)

    cards = deck.deal(expert, task, count=8)

    assert [card.drawn for card in cards] == [Drawn.ASSIGNED] * 3 + [Drawn.QUEUE] * 2
    assert len(deck.deal(third, task, count=8)) == 0
    assert len(deck.deal(other, task, count=8)) == 3


def test_a_deck_of_shared_cards_takes_no_more_statements_than_any_other(
    task: Task, expert: Member, other: Member, shared: Any
) -> None:
    with CaptureQueriesContext(connection) as from_queue:
        deck.deal(other, task, count=2)
    shared(expert, count=2)
    with CaptureQueriesContext(connection) as of_ones_own:
        deck.deal(expert, task, count=2)

    assert len(of_ones_own) <= len(from_queue)


def test_what_is_in_a_deck_is_not_shared_out_and_stays_when_all_is_taken_back(
    task: Task, lead: Member, expert: Member, other: Member, third: Member, shared: Any
) -> None:
    dealt = {card.draft_id for card in deck.deal(third, task, count=2)}
    made = shared(expert, other)
    held = {card.draft_id for card in deck.deal(expert, task, count=1)}

    share.undo(made.pk, by=lead)

    assert made.count == 6 and holders(task) == {None: 8}
    assert {card.draft_id for card in deck.renew(third, task)} == dealt
    assert {card.draft_id for card in deck.renew(expert, task)} == held
    assert len(deck.deal(other, task, count=8)) == 5


def test_a_card_in_a_deck_goes_to_everybody_when_its_reviewer_leaves_it_after_the_end(
    task: Task, lead: Member, expert: Member, other: Member, shared: Any
) -> None:
    made = shared(expert)
    (card,) = deck.deal(expert, task, count=1)
    share.undo(made.pk, by=lead)

    deck.release(expert, [deck.ReleasedCard(card.draft_id)])

    assert len(deck.deal(other, task, count=8)) == 8


def test_an_undo_keeps_verdicts_and_is_done_once(
    task: Task, lead: Member, expert: Member, other: Member, shared: Any
) -> None:
    made = shared(expert, count=4)
    judge(deck.deal(expert, task, count=1)[0], by=expert)

    ended = share.undo(made.pk, by=lead)
    with pytest.raises(Refusal) as again:
        share.undo(made.pk, by=lead)

    assert ended.ended_by == lead and again.value.status == 409
    assert Decision.objects.count() == 1 and Draft.objects.filter(state=DraftState.DECIDED).count() == 1
    assert len(deck.deal(other, task, count=8)) == 7
    acts = list(AuditRow.objects.filter(subject_id=str(made.pk)).order_by("pk").values_list("act", "detail__count"))
    assert acts == [("cards_shared_out", 4), ("share_out_undone", 3)]


def test_after_its_last_day_what_is_left_waits_for_everybody(
    task: Task, expert: Member, other: Member, shared: Any
) -> None:
    made = shared(expert, days=2)

    early = share.end_due(made.until)
    ends = [share.end_due(made.until + timedelta(days=1)) for _ in range(2)]

    assert (early, ends) == (0, [1, 0])
    assert holders(task) == {None: 8}
    made.refresh_from_db()
    assert made.ended_at is not None and made.ended_by is None
    assert AuditRow.objects.get(act="share_out_ended").detail["count"] == 8


def test_the_end_of_one_leaves_what_is_shared_out_again_assigned_by_hand_or_sent_back(
    task: Task, lead: Member, expert: Member, other: Member, deals: Any, shared: Any
) -> None:
    deals(overlap_share=1.0)
    first = shared(expert, count=3)
    judged = deck.deal(expert, task, count=1)[0]
    judge(judged, by=expert)
    judge(
        next(card for card in deck.deal(other, task, count=8) if card.draft_id == judged.draft_id),
        by=other,
        verdict="reject",
    )
    sending_back.send_back(
        judged.draft_id, by=lead, if_match=lead_queue.dispute_etag(judged.draft_id), comment="Look again."
    )
    deck.release(other, [deck.ReleasedCard(card.draft_id) for card in deck.renew(other, task)])
    Draft.objects.filter(for_reviewer=expert, state=DraftState.PENDING).update(for_reviewer=None)
    Draft.objects.filter(pk=judged.draft_id).update(for_reviewer=expert)
    second = shared(expert, other, count=2)
    kept = set(Draft.objects.filter(for_reviewer__isnull=False))

    share.undo(first.pk, by=lead)

    assert second.count == 2 and len(kept) == 3
    assert set(Draft.objects.filter(for_reviewer__isnull=False)) == kept


def test_who_judges_no_more_gives_theirs_back(
    task: Task, lead: Member, expert: Member, other: Member, shared: Any
) -> None:
    shared(expert, other)
    deck.deal(expert, task, count=2)
    deck.deal(other, task, count=2)

    team.give_role(expert, task, role=Role.VIEWER, by=lead)
    team.give_role(other, task, role=Role.LEAD, by=lead)

    assert holders(task) == {None: 4, "olga": 4}
    assert not Draft.objects.filter(assignments__reviewer=expert, assignments__state="active").exists()
    assert len(deck.renew(other, task)) == 2


def test_the_same_id_shares_out_once_and_no_other_request_takes_it(
    task: Task, lead: Member, expert: Member, other: Member, ask: Any
) -> None:
    id, asked = uuid4(), ask(expert, count=2)

    made = [share.share_out(task, asked, by=lead, id=id) for _ in range(2)]
    with pytest.raises(Refusal) as taken:
        share.share_out(task, ask(other, count=2), by=lead, id=id)

    assert made[0] == made[1] and taken.value.status == 409
    assert Draft.objects.filter(for_reviewer=expert).count() == 2


def test_a_card_that_one_of_them_judged_is_shared_out_to_none(task: Task, expert: Member, shared: Any) -> None:
    (card,) = deck.deal(expert, task, count=1)
    judge(card, by=expert)
    Draft.objects.filter(pk=card.draft_id).update(state=DraftState.PENDING)

    assert shared(expert).count == 7


def test_where_no_card_waits_nothing_is_shared_out(task: Task, expert: Member, other: Member, shared: Any) -> None:
    shared(expert)

    with pytest.raises(Refusal) as refusal:
        shared(other)

    assert refusal.value.code == "no_cards" and ShareOut.objects.count() == 1


@pytest.mark.slow
def test_a_thousand_cards_are_shared_out_and_taken_back_in_few_statements(
    task: Task, expert: Member, other: Member, third: Member, lead: Member, ask: Any, django_assert_max_num_queries: Any
) -> None:
    template = Draft.objects.filter(task=task).first()
    values = {field.attname: getattr(template, field.attname) for field in Draft._meta.concrete_fields}
    values |= {"fields": {}, "marks": [], "messages": [], "call_id": None}
    rows = [Draft(**{**values, "id": uuid4(), "queue_position": 100 + place}) for place in range(1000)]
    Draft.objects.bulk_create(rows, batch_size=500)
    asked = ask(expert, other, third, count=1000)

    with django_assert_max_num_queries(30):
        made = share.share_out(task, asked, by=lead, id=uuid4())

    assert [part.count for part in made.parts.all()] == [334, 333, 333]
    with django_assert_max_num_queries(20):
        share.undo(made.pk, by=lead)
    assert holders(task) == {None: 1008}


def test_taking_assigned_cards_back_leaves_shared_ones_until_their_share_out_ends(
    task: Task, lead: Member, expert: Member, shared: Any
) -> None:
    made = shared(expert, count=3)
    assignments.assign(task, to=expert, by=lead, count=2)

    assert [line["cards"] for line in desk_settings.assigned(task)] == [2]
    assert assignments.take_back(task, member=expert, by=lead) == 2
    assert holders(task) == {expert.username: 3, None: 5}

    share.undo(made.pk, by=lead)
    assert holders(task) == {None: 8}


def test_what_a_share_out_that_ended_left_behind_is_taken_back(
    task: Task, lead: Member, expert: Member, shared: Any
) -> None:
    made = shared(expert, count=3)
    share.undo(made.pk, by=lead)
    assignments.assign(task, to=expert, by=lead, count=8)

    assert assignments.take_back(task, member=expert, by=lead) == 8
