"""Audits of acceptances by a judge: a person's word counts alone, and what fails is ended, recalled and counted."""

from __future__ import annotations

from collections.abc import Callable
from uuid import uuid4

import pytest
from django.test import Client

from audit.models import AuditRow
from generation.judges.acceptance import act, evidence
from generation.models import Judging, Teacher
from members.models import Member
from review.datasets.recalls import preview, recall
from review.datasets.recalls.preview import Criteria
from review.desk import deck, golds
from review.models import AcceptanceRule, Decision, Draft, RevisionRequest, Task
from review.states import DraftState, RecallReturn
from review.tasks.queries import latest_version
from tests.generation.judges.acceptances import GOOD_KNOWN, GOOD_WAITING, WIDE, accepted, audited, judge_it
from tests.review import factories
from webhooks.models import WebhookEvent

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_reviews")]


def test_a_persons_verdict_on_an_accepted_draft_counts_alone(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    draft, *others = accepted(task)

    judge_it(admin, draft, "reject")
    draft.refresh_from_db()

    assert (draft.state, draft.gold.verdict) == (DraftState.DECIDED, "reject")
    assert evidence.standing(rule) == len(others)
    act.look_after(task.pk)
    assert set(accepted(task)) == set(others)


@pytest.mark.slow
def test_a_draft_that_a_person_opened_and_left_is_accepted_by_no_judge_any_more(
    rule: AcceptanceRule, task: Task, admin: Member
) -> None:
    draft = accepted(task)[0]
    deck.hold(admin, draft.pk)
    deck.set_aside(draft.pk, by=admin)

    act.look_after(task.pk)
    draft.refresh_from_db()

    assert draft.state == DraftState.PENDING


@pytest.mark.slow
def test_a_failing_audit_ends_it_tells_why_and_what_it_accepted_is_recalled_in_one_act(
    rule: AcceptanceRule, task: Task, lead: Member, admin: Member, as_member: Callable[[Member], Client]
) -> None:
    AcceptanceRule.objects.filter(pk=rule.pk).update(bound=0.02)
    taken = accepted(task)
    for draft in audited(rule):
        judge_it(admin, draft, "reject")

    act.look_after(task.pk)
    rule.refresh_from_db()
    page = as_member(lead).get(f"/tasks/{task.slug}/acceptance/").content.decode()
    criteria = Criteria.read({"rule": rule.pk})
    made = recall.carry_out(
        task,
        criteria,
        by=lead,
        id=uuid4(),
        reason="The audit failed.",
        tag=preview.preview(task, criteria, by=lead).tag,
    )

    assert (
        not rule.is_active and "audit no longer confirms it" in rule.ended_why and "audit no longer confirms it" in page
    )
    assert f"/tasks/{task.slug}/recalls/?rule={rule.pk}" in page
    told = WebhookEvent.objects.get(kind="acceptance.ended")
    assert told.data["why"] == rule.ended_why and AuditRow.objects.filter(act="acceptance_ended").exists()
    assert made.count == len(taken) and not accepted(task)

    recall.undo(made.pk, by=lead, kind=RecallReturn.JUDGE_ANEW)
    assert {draft.state for draft in Draft.objects.filter(pk__in=[draft.pk for draft in taken])} == {DraftState.PENDING}


@pytest.mark.slow
def test_what_an_audit_found_counts_in_the_next_try(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    for draft in audited(rule):
        judge_it(admin, draft, "reject")

    assert sum(evidence.known(task, evidence.word_of(rule)).wrong) == len(audited(rule)) > 0


@pytest.mark.slow
def test_a_draft_that_its_reviewer_chose_to_open_tells_nothing_of_the_lot(
    rule: AcceptanceRule, task: Task, admin: Member
) -> None:
    for draft in audited(rule):
        judge_it(admin, draft, "reject", asked=True)

    audit = evidence.audit_of(rule)
    act.look_after(task.pk)
    rule.refresh_from_db()

    assert (audit.judged, audit.wrong, audit.unread) == (0, 0, 0)
    assert rule.is_active


@pytest.mark.slow
def test_a_task_that_cannot_be_looked_after_does_not_keep_others_waiting(
    rule: AcceptanceRule, task: Task, admin: Member, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    other = factories.make_task(by=admin, spec=latest_version(task).spec, slug="aaa")
    broken = AcceptanceRule.objects.create(
        task=other, task_version=latest_version(other), judge="x", judge_model="x", prompt_version=1, threshold=1.0,
        wrong=0, of=200, attempt=1, bound=0.02, audit_share=0.1, started_by=admin,
    )  # fmt: skip
    looked, audit_of = [], evidence.audit_of

    def fail_for_one(looked_at: AcceptanceRule) -> evidence.Audit:
        looked.append(looked_at.pk)
        if looked[0] == looked_at.pk:
            raise RuntimeError("A row is locked.")
        return audit_of(looked_at)

    monkeypatch.setattr(evidence, "audit_of", fail_for_one)

    act.look_after_all()

    assert set(looked) == {rule.pk, broken.pk}
    assert "could not be looked after" in caplog.text


@pytest.mark.slow
def test_what_an_expert_had_written_anew_is_wrong_and_what_was_imported_is_no_audit(
    rule: AcceptanceRule, task: Task, admin: Member
) -> None:
    revised, imported, *_ = audited(rule)
    RevisionRequest.objects.create(draft=revised, asked_by=admin, instruction="Shorter.", result=accepted(task)[0])
    Draft.objects.filter(pk=revised.pk).update(state=DraftState.KEPT)
    said = {"verdict": "accept", "before_hash": imported.fields_hash, "body_hash": "0" * 64}
    source = imported.record.source
    Decision.objects.create(id=uuid4(), draft=imported, task=task, reviewer=admin, imported_from=source, **said)
    golds.refresh(imported.pk)

    audit, seen = evidence.audit_of(rule), evidence.known(task, evidence.word_of(rule))

    assert (audit.judged, audit.wrong) == (1, 1)
    assert (sum(seen.wrong), len(seen.wrong)) == (1, GOOD_KNOWN + 1)


@pytest.mark.slow
def test_an_undone_recall_has_drafts_stand_accepted_as_before(rule: AcceptanceRule, task: Task, lead: Member) -> None:
    taken, criteria = accepted(task), Criteria.read({"rule": rule.pk})
    tag = preview.preview(task, criteria, by=lead).tag
    made = recall.carry_out(task, criteria, by=lead, id=uuid4(), reason="Wait.", tag=tag)

    recall.undo(made.pk, by=lead)

    assert accepted(task) == taken


@pytest.mark.slow
def test_an_audit_that_holds_goes_on(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    for draft in audited(rule):
        judge_it(admin, draft, "accept")

    act.look_after(task.pk)
    rule.refresh_from_db()
    audit = evidence.audit_of(rule)

    assert rule.is_active and (audit.wrong, audit.unread) == (0, 0) and audit.judged == len(audited(rule))


@pytest.mark.slow
def test_no_more_are_accepted_while_too_many_audited_ones_wait(
    read: Judging, task: Task, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act, "MOST_UNREAD", 1)

    rule = act.start(task, judge, by=lead, **WIDE)

    assert len(audited(rule)) <= 1
    if rule.acceptances.count() < GOOD_WAITING:
        assert act.look_after(task.pk) == 0
