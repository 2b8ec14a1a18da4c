"""Rejections and edits become a proposed next version: counted, or asked of a teacher; a lead decides."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import AuditRow
from generation.learning import evidence, proposals
from generation.models import Call, Order, TaskProposal, Teacher
from members.models import Member
from review.datasets import revocations
from review.models import Task
from review.spec.task_spec import SYSTEM_MARK, TaskSpec
from review.states import Split
from review.tasks import authoring
from review.tasks.queries import latest_version
from tests.generation.teaching.conftest import OPENING, Judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db


def answer(*changes: dict[str, str]) -> Callable[[Any], str]:
    return lambda body: json.dumps({"changes": list(changes)})


RULE = {"part": "instruction", "value": "Write a mail of three lines.", "why": "They are long.", "cases": "1, 2"}


@pytest.fixture
def counted(task: Task, lead: Member, judged: Judge) -> TaskProposal:
    judged("edit", 4)
    judged("reject", 4, reasons=["wrong_fact"])
    return proposals.propose(task, by=lead)


def test_what_edits_took_out_and_rejections_say_is_proposed_with_its_decisions(
    counted: TaskProposal, task: Task, lead: Member
) -> None:
    by_part = {change["part"]: change for change in counted.changes}

    assert counted.state == "open"
    assert by_part["forbidden_phrase"]["value"] in OPENING.casefold()
    assert len(by_part["forbidden_phrase"]["decisions"]) == 4
    assert "Wrong fact" in by_part["guideline"]["value"]
    assert {change["value"] for change in counted.changes if change["part"] == "check"} == {"forbidden", "unsupported"}
    assert task.versions.count() == 1


def test_accepting_makes_the_next_version_and_tells_the_audit(counted: TaskProposal, task: Task, lead: Member) -> None:
    made = proposals.accept(counted, by=lead)

    counted.refresh_from_db()
    assert (made.number, made.note) == (2, "From 8 decisions")
    assert made.spec.offer.forbidden_phrases and "Wrong fact" in made.spec.guideline
    assert (counted.state, counted.accepted_version, counted.decided_by) == ("accepted", made, lead)
    assert AuditRow.objects.filter(act="proposal_accepted").count() == 1


def test_a_fault_that_the_task_has_already_does_not_refuse_a_proposal(task: Task, lead: Member, judged: Judge) -> None:
    spec = latest_version(task).spec
    template = f"{SYSTEM_MARK} {spec.teacher_template}"
    authoring.new_version(task, spec=spec.model_copy(update={"teacher_template": template}), by=lead)
    judged("edit", 4)
    judged("reject", 4, reasons=["wrong_fact"])

    made = proposals.accept(proposals.propose(task, by=lead), by=lead)

    assert made.spec.teacher_template == template


def test_a_change_can_be_edited_or_left_out(counted: TaskProposal, lead: Member) -> None:
    edited: dict[int, str | None] = dict.fromkeys(range(len(counted.changes)))
    edited[0] = "in good spirits"

    made = proposals.accept(counted, by=lead, edited=edited)

    assert made.spec.offer.forbidden_phrases == ("in good spirits",)
    assert not made.spec.checks and not made.spec.guideline


def test_leaving_everything_out_changes_nothing(counted: TaskProposal, lead: Member) -> None:
    with pytest.raises(Refusal) as refused:
        proposals.accept(counted, by=lead, edited=dict.fromkeys(range(len(counted.changes))))

    counted.refresh_from_db()
    assert (refused.value.code, counted.state) == ("nothing_changed", "open")


def test_a_proposal_is_accepted_once(counted: TaskProposal, lead: Member) -> None:
    proposals.accept(counted, by=lead)

    for verb in (proposals.accept, proposals.dismiss, proposals.rebase):
        with pytest.raises(Refusal) as refused:
            verb(counted, by=lead)
        assert (refused.value.code, refused.value.status) == ("proposal_closed", 409)


def test_a_task_that_moved_on_asks_for_a_rebase_and_keeps_what_it_said_meanwhile(
    counted: TaskProposal, task: Task, lead: Member
) -> None:
    body = task.versions.get().spec.canonical() | {"language": "de"}
    authoring.new_version(task, spec=TaskSpec.model_validate(body), by=lead)

    with pytest.raises(Refusal) as refused:
        proposals.accept(counted, by=lead)
    proposals.rebase(counted, by=lead)
    made = proposals.accept(counted, by=lead)

    assert (refused.value.code, refused.value.status) == ("base_changed", 409)
    assert (made.number, made.spec.language) == (3, "de") and made.spec.offer.forbidden_phrases


def test_a_text_that_was_changed_meanwhile_is_not_written_over(counted: TaskProposal, task: Task, lead: Member) -> None:
    body = task.versions.get().spec.canonical() | {"guideline": "Be kind."}
    authoring.new_version(task, spec=TaskSpec.model_validate(body), by=lead)

    with pytest.raises(Refusal) as refused:
        proposals.rebase(counted, by=lead)

    assert refused.value.code == "rebase_conflict" and "guideline" in refused.value.message


def test_dismissing_leaves_the_task_as_it_is(counted: TaskProposal, task: Task, lead: Member) -> None:
    proposals.dismiss(counted, by=lead)

    counted.refresh_from_db()
    assert (counted.state, task.versions.count()) == ("dismissed", 1)


def test_only_leads_propose_and_decide(counted: TaskProposal, task: Task, viewer: Member) -> None:
    with pytest.raises(PermissionDenied):
        proposals.propose(task, by=viewer)
    with pytest.raises(PermissionDenied):
        proposals.accept(counted, by=viewer)


@pytest.mark.slow
def test_too_little_was_decided_to_learn_from(task: Task, lead: Member, judged: Judge) -> None:
    judged("reject", 4, reasons=["tone"])
    judged("accept", 10)

    with pytest.raises(Refusal) as refused:
        proposals.propose(task, by=lead)

    assert refused.value.code == "too_few_decisions"


@pytest.mark.slow
def test_what_is_held_out_erased_revoked_or_taken_back_teaches_nothing(
    task: Task, lead: Member, admin: Member, judged: Judge
) -> None:
    kept = judged("reject", 5, reasons=["tone"])
    judged("reject", 3, split=Split.TEST, reasons=["tone"])
    judged("reject", 3, split=Split.VALIDATION, reasons=["tone"])
    revocations.revoke(kept[0].draft_id, by=lead, reason="Wrong.")

    cases = evidence.latest(task)

    assert {case.decision for case in cases} == {str(decision.pk) for decision in kept[1:]}
    assert {case.decision for case in evidence.read([str(one.pk) for one in kept])} == {
        str(decision.pk) for decision in kept[1:]
    }


@pytest.mark.slow
def test_a_teacher_is_asked_once_pays_its_way_and_sees_nothing_that_is_held_out(
    task: Task, lead: Member, judged: Judge, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    judged("reject", 5, reasons=["tone"])
    judged("reject", 5, split=Split.TEST, body="HELD OUT FOR THE TEST.", reasons=["tone"])
    judged("edit", 2, split=Split.VALIDATION, body=f"{OPENING} HELD OUT FOR VALIDATION.")
    ann, server = serve("ann", answer(RULE))

    proposal = proposals.propose(task, by=lead, teacher=ann)
    assert (proposal.state, proposal.order is not None) == ("waiting", True)
    assert proposal.order is not None
    carry_out(proposal.order)

    proposal.refresh_from_db()
    assert proposal.state == "open"
    [change] = proposal.changes
    assert (change["part"], change["value"]) == ("instruction", "Write a mail of three lines.")
    assert change["decisions"] == proposal.decisions[:2]
    [asked] = server.asked
    assert "HELD OUT" not in json.dumps(asked) and OPENING in json.dumps(asked)
    call = Call.objects.get()
    assert call.cost_usd > 0 and proposal.order.max_cost_usd >= call.cost_usd
    assert proposals.accept(proposal, by=lead).spec.instruction == "Write a mail of three lines."


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("said", "why"),
    [(answer(), "The teacher proposes no change."), (lambda body: "I would rather not.", "JSON")],
)
def test_an_answer_that_proposes_nothing_says_so(
    task: Task, lead: Member, judged: Judge, serve: Any, carry_out: Any, said: Callable[[Any], str], why: str
) -> None:
    judged("reject", 5, reasons=["tone"])
    ann, _ = serve("ann", said)

    proposal = proposals.propose(task, by=lead, teacher=ann)
    assert proposal.order is not None
    carry_out(proposal.order)

    proposal.refresh_from_db()
    assert proposal.state == "failed" and why in proposal.why_not


def test_the_offline_teacher_counts(task: Task, lead: Member, judged: Judge, offline: Teacher) -> None:
    judged("edit", 5)

    proposal = proposals.propose(task, by=lead, teacher=offline)

    assert proposal.order is None and proposal.state == "open"
    assert not Order.objects.exists()


def test_the_price_is_told_before(task: Task, lead: Member, judged: Judge, serve: Any) -> None:
    judged("reject", 5, reasons=["tone"])
    ann, server = serve("ann", answer(RULE), usd=10)

    estimate = proposals.price(task, teacher=ann, by=lead)
    order = proposals.propose(task, by=lead, teacher=ann).order

    assert order is not None and not server.asked
    assert order.max_cost_usd is not None
    assert 0 <= order.max_cost_usd - Decimal(str(estimate.worst_call_usd)) < Decimal("0.0001")


@pytest.mark.slow
def test_an_erased_draft_is_not_sent_with_a_question_that_waits(
    task: Task, lead: Member, judged: Judge, serve: Any, carry_out: Any
) -> None:
    judged("reject", 5, body="Nothing of note stands in this.", reasons=["tone"])
    [secret] = judged("reject", 1, body="Nora Quill of Nordhafen is to be forgotten.", reasons=["tone"])
    ann, server = serve("ann", answer(RULE))
    order = proposals.propose(task, by=lead, teacher=ann).order
    assert order is not None

    revocations.revoke(secret.draft_id, by=lead, reason="Asked to.")
    carry_out(order)

    assert "Nora Quill" not in json.dumps(server.asked)
