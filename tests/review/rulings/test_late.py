"""Late decisions: they count for nothing until a lead adopts them."""

from __future__ import annotations

from functools import partial

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, transaction
from django.http import Http404

from members.models import Member
from review.adjudication import rulings
from review.desk import decisions, deck, golds
from review.desk import lead_queue as said
from review.models import Decision, Draft, Gold, Ruling, Task
from review.states import DraftState, RulingKind, Verdict
from tests.at_once import at_once
from tests.review.desk.verbs import judge, take_back
from tests.review.rulings.verdicts import late_decision
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def adopt(decision: Decision, *, by: Member) -> Ruling:
    return rulings.adopt(decision.pk, by=by, if_match=said.dispute_etag(decision.draft_id))


def test_an_adopted_decision_counts_where_nothing_did(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)
    deck.release(other, [deck.ReleasedCard(decision.draft_id)])

    ruling = adopt(decision, by=lead)

    assert Gold.objects.get().decision == decision
    assert Draft.objects.get(pk=decision.draft_id).state == DraftState.DECIDED
    assert (ruling.kind, ruling.lead, ruling.decision) == (RulingKind.ADOPT, lead, decision)


def test_an_adopted_decision_counts_instead_of_the_one_that_stood(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other, verdict="reject")

    adopt(decision, by=lead)

    gold = Gold.objects.get()
    assert (gold.decision, gold.verdict) == (decision, Verdict.EDIT)
    assert Decision.objects.count() == 2


def test_a_decision_left_aside_changes_nothing_and_waits_no_more(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    standing = judge(theirs, by=other).decision

    rulings.leave(decision.pk, by=lead)

    assert Gold.objects.get().decision == standing
    assert list(said.late_decisions(task)) == []


def test_a_verdict_that_came_meanwhile_refuses_the_adoption(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    seen = said.dispute_etag(decision.draft_id)
    judge(theirs, by=other)

    with pytest.raises(Refusal) as refused:
        rulings.adopt(decision.pk, by=lead, if_match=seen)

    assert (refused.value.status, refused.value.code) == (412, "said_since")
    assert Gold.objects.get().decision.reviewer == other


def test_a_draft_in_front_of_somebody_is_left_to_them(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)

    with pytest.raises(Refusal) as refused:
        adopt(decision, by=lead)

    assert refused.value.code == "card_not_free"
    assert not Ruling.objects.exists()


def test_a_second_lead_is_told_who_ruled(
    task: Task, lead: Member, admin: Member, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other)
    rulings.leave(decision.pk, by=lead)

    with pytest.raises(Refusal, match="lena has ruled on this decision already: dismissed") as refused:
        adopt(decision, by=admin)

    assert refused.value.status == 409


def test_what_its_author_took_back_is_not_adopted(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    card = deck.etag_for(theirs.draft, expert)
    take_back(type("Said", (), {"decision": decision}), theirs, by=expert, if_match=card)

    with pytest.raises(Refusal) as refused:
        adopt(decision, by=lead)

    assert refused.value.code == "already_retracted"
    assert list(said.late_decisions(task)) == []


def test_a_decision_in_time_needs_no_lead(task: Task, lead: Member, expert: Member) -> None:
    decision = judge(deck.deal(expert, task, count=1)[0], by=expert).decision

    with pytest.raises(Refusal) as refused:
        adopt(decision, by=lead)

    assert refused.value.code == "not_late"


def test_an_adopted_word_cannot_be_taken_back(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    standing = judge(theirs, by=other).decision
    adopt(decision, by=lead)

    for author, word in ((expert, decision), (other, standing)):
        with pytest.raises(Refusal) as refused:
            decisions.record(
                word.draft_id, by=author, id=Ruling().pk, verdict="retract", retracts=word.pk,
                if_match=deck.etag_for(word.draft, author),
            )  # fmt: skip
        assert refused.value.code == "ruled"
    assert Gold.objects.get().decision == decision


def test_reopening_lets_the_verdicts_speak_again(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    standing = judge(theirs, by=other).decision
    adopt(decision, by=lead)

    rulings.reopen(decision.draft_id, by=lead, if_match=said.dispute_etag(decision.draft_id))

    assert Gold.objects.get().decision == standing
    assert Draft.objects.get(pk=decision.draft_id).state == DraftState.DECIDED


def test_only_a_lead_of_the_task_rules(task: Task, expert: Member, other: Member, make_member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)

    with pytest.raises(PermissionDenied):
        rulings.leave(decision.pk, by=other)
    with pytest.raises(Http404):
        rulings.leave(decision.pk, by=make_member("sam"))


def test_rulings_never_change(task: Task, lead: Member, expert: Member, other: Member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)
    ruling = rulings.leave(decision.pk, by=lead)

    for change in (lambda: Ruling.objects.update(note="x"), lambda: Ruling.objects.filter(pk=ruling.pk).delete()):
        with pytest.raises(DatabaseError, match="A ruling never changes"), transaction.atomic():
            change()


def test_rebuilding_after_rulings_gives_identical_golds(
    task: Task, lead: Member, expert: Member, other: Member
) -> None:
    adopted, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other, verdict="reject")
    adopt(adopted, by=lead)
    left, theirs = late_decision(task, by=other, then=expert)
    judge(theirs, by=expert)
    rulings.leave(left.pk, by=lead)
    before = list(Gold.objects.order_by("draft_id").values())

    written = golds.rebuild()

    assert written == 2
    assert list(Gold.objects.order_by("draft_id").values()) == before


@pytest.mark.django_db(transaction=True)
def test_two_leads_at_once_make_one_ruling(
    task: Task, lead: Member, admin: Member, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other)
    seen = said.dispute_etag(decision.draft_id)

    def adopt(member: Member) -> str:
        return rulings.adopt(decision.pk, by=member, if_match=seen).kind

    ends = at_once(partial(adopt, lead), partial(adopt, admin), may_refuse=True)

    assert sorted(ends) == ["adopt", "already_ruled"]
    assert Ruling.objects.count() == 1
    assert Gold.objects.get().decision == decision
