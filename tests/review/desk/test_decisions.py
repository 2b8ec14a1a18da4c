"""Recording verdicts: what they must hold, what counts, and what is refused."""

from __future__ import annotations

from uuid import uuid4

import pytest

from members.models import Member
from review.desk import deck
from review.models import Assignment, Decision, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Verdict
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def test_accepting_writes_decision_gold_and_state_together(card: Assignment, expert: Member) -> None:
    outcome = judge(card, by=expert)

    assert outcome.draft_state == DraftState.DECIDED
    assert Draft.objects.get(pk=card.draft_id).state == DraftState.DECIDED
    gold = Gold.objects.get(draft_id=card.draft_id)
    assert gold.decision == outcome.decision
    assert gold.verdict == Verdict.ACCEPT
    assert outcome.decision.fields == card.draft.fields
    assert outcome.decision.before_hash == card.draft.fields_hash
    assert Assignment.objects.get(draft_id=card.draft_id).state == AssignmentState.DONE


def test_an_edit_is_brought_into_normal_form(card: Assignment, expert: Member) -> None:
    edited = {"subject": "  Cold   loads ", "body": "Hi,\r\n\r\nbetter  \r\n"}

    outcome = judge(card, by=expert, verdict="edit", fields=edited)

    assert outcome.decision.verdict == Verdict.EDIT
    assert outcome.decision.fields == {"subject": "Cold loads", "body": "Hi,\n\nbetter"}


def test_an_edit_that_changes_nothing_is_what_its_author_called_it(card: Assignment, expert: Member) -> None:
    same = {**card.draft.fields, "body": card.draft.fields["body"] + "  \n"}

    outcome = judge(card, by=expert, verdict="edit", fields=same, note="the date is wrong")

    assert outcome.decision.verdict == Verdict.EDIT
    assert outcome.decision.fields == card.draft.fields


@pytest.mark.parametrize(
    ("verdict", "more", "part", "words"),
    [
        ("edit", {"fields": {"subject": "x", "body": " "}}, "fields", "'body' is empty"),
        ("edit", {"fields": {"subject": "x", "body": "y", "extra": "z"}}, "fields", "field 'extra'"),
        ("edit", {}, "fields", "brings the fields"),
        ("accept", {"fields": {"subject": "x", "body": "y"}}, "fields", "belong to an edit"),
        ("reject", {"reasons": []}, "reasons", "at least one reason"),
        ("reject", {"reasons": ["ugly"]}, "reasons", "no reason 'ugly'"),
        ("accept", {"reasons": ["tone"]}, "reasons", "belong to a reject"),
        ("accept", {"ratings": {"is funny": True}}, "ratings", "no requirement 'is funny'"),
        ("accept", {"seconds": float("nan")}, "seconds", "number"),
        ("accept", {"retracts": uuid4()}, "retracts", "nothing else does"),
        ("praise", {}, "verdict", "is not a verdict"),
    ],
)
def test_a_verdict_that_does_not_fit_is_refused_and_nothing_is_written(
    card: Assignment, expert: Member, verdict: str, more: dict, part: str, words: str
) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, verdict=verdict, **more)

    assert refused.value.status == 422
    assert words in refused.value.errors[part][0]
    assert not Decision.objects.exists()
    assert Draft.objects.get(pk=card.draft_id).state == DraftState.LEASED


def test_a_task_without_reasons_takes_a_bare_reject(admin: Member) -> None:
    task = factories.make_task(by=admin, spec=factories.plain_spec(), slug="support")
    records = factories.make_records(factories.make_source(task), 1, question="Where is it?")
    factories.make_drafts(task, records, fields=[{"reply": "On its way."}])
    card = deck.deal(admin, task, count=1)[0]

    outcome = judge(card, by=admin, verdict="reject", reasons=[])

    assert outcome.decision.fields is None
    assert Gold.objects.get().verdict == Verdict.REJECT


def test_the_same_request_twice_records_one_decision(card: Assignment, expert: Member) -> None:
    again = {"id": uuid4(), "seconds": 3.0}
    first = judge(card, by=expert, **again)

    second = judge(card, by=expert, **again)

    assert second.is_replay
    assert second.decision == first.decision
    assert Decision.objects.count() == 1


def test_the_same_id_with_another_body_is_refused(card: Assignment, expert: Member) -> None:
    decision_id = uuid4()
    judge(card, by=expert, id=decision_id)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, id=decision_id, note="on second thoughts")

    assert (refused.value.status, refused.value.code) == (409, "decision_id_reused")


def test_another_members_id_is_refused_without_telling_whose(
    card: Assignment, expert: Member, other: Member, task: Task
) -> None:
    decision_id = uuid4()
    judge(card, by=expert, id=decision_id)
    theirs = deck.deal(other, task, count=1)[0]

    with pytest.raises(Refusal) as refused:
        judge(theirs, by=other, id=decision_id)

    assert refused.value.code == "decision_id_reused"
    assert expert.username not in refused.value.message


def test_a_decision_without_if_match_is_refused(card: Assignment, expert: Member) -> None:
    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, if_match=None)

    assert refused.value.status == 428


def test_a_stale_tag_is_refused_with_the_current_state(card: Assignment, expert: Member) -> None:
    Draft.objects.filter(pk=card.draft_id).update(fields_hash="f" * 64)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert)

    assert refused.value.status == 412
    assert refused.value.state["etag"] != card.etag
    assert not Decision.objects.exists()


def test_a_renewed_lease_keeps_the_tag(card: Assignment, expert: Member, task: Task) -> None:
    deck.deal(expert, task, count=1)

    assert judge(card, by=expert).decision


def test_judging_twice_needs_the_first_taken_back(card: Assignment, expert: Member) -> None:
    judge(card, by=expert)

    with pytest.raises(Refusal) as refused:
        judge(card, by=expert, verdict="reject")

    assert refused.value.code == "already_judged"
