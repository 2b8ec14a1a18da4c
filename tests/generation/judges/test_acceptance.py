"""Acceptance without a person: only what experts' verdicts bear out, audited by lot, and a person's word counts alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework.test import APIClient

from audit.models import AuditRow
from generation.judges import figures, launch, take_in
from generation.judges.acceptance import act, evidence
from generation.models import JudgedText, Judging, Order, Teacher
from members.models import Member
from review import ports
from review.adjudication import agreement
from review.datasets import exports, freezing, write_version
from review.datasets.recalls import preview, recall, undo
from review.datasets.recalls.criteria import Criteria
from review.desk import decisions, deck, golds, ordering, queues
from review.erasure import erase
from review.models import (
    AcceptanceRule,
    Dataset,
    DatasetRow,
    DatasetVersion,
    Decision,
    Draft,
    Gold,
    MachineAcceptance,
    RevisionRequest,
    Task,
    TaskVersion,
)
from review.states import DraftState, RecallReturn
from review.tasks.queries import latest_version
from stats import risk_control
from tests.generation.judges.conftest import DRAFTS, REVIEWED
from tests.review import factories
from web.errors import Refusal
from webhooks.models import WebhookEvent

pytestmark = pytest.mark.django_db
# Experts judged 24 good drafts and 8 bad ones; of the eight that wait six are good.
GOOD_KNOWN, GOOD_WAITING = 24, 6
WIDE: dict[str, float] = {"bound": 0.2, "audit_share": 0.5}


@pytest.fixture
def read(order: Order, review_some: Callable[[int], None], judge: Teacher, lead: Member) -> Judging:
    """A judge that passes what is good, on the drafts that wait and on those that experts judged."""
    Draft.objects.filter(task=order.task).update(random_key=2**62)
    review_some(REVIEWED)
    subject = launch.of_desk(order.task)
    made = launch.launch(subject, subject.texts(DRAFTS), judge=judge, by=lead, max_cost_usd=Decimal(1))
    for text in made.texts.all():
        good = "GOOD" in text.fields["reply"]
        text.passes, text.meets = good, {"Grounded": good, "Polite": True}
        text.save(update_fields=["passes", "meets"])
    # The lot falls by the task's seed: one by which half of the good ones are audited.
    good_ones = [text.draft_id for text in made.texts.filter(passes=True, draft__gold=None) if text.draft_id]
    seeds = (f"seed {number}" for number in count())
    halves = (s for s in seeds if sum(ordering.lot(s, pk, of="audit") < WIDE["audit_share"] for pk in good_ones) == 3)
    Task.objects.filter(pk=order.task_id).update(seed=next(halves))
    return made


@pytest.fixture
def rule(read: Judging, task: Task, judge: Teacher, lead: Member) -> AcceptanceRule:
    return act.start(task, judge, by=lead, **WIDE)


def accepted(task: Task) -> list[Draft]:
    return list(Draft.objects.filter(task=task, state=DraftState.MACHINE).order_by("pk"))


def audited(rule: AcceptanceRule) -> list[Draft]:
    return [one.draft for one in rule.acceptances.filter(is_audit=True).select_related("draft")]


def judge_it(member: Member, draft: Draft, verdict: str, *, asked: bool = False) -> None:
    """As dealt in the order of the queue, unless the member asked for it."""
    card = deck.hold(member, draft.pk)
    reasons: dict[str, Any] = {"reasons": ["wrong"]} if verdict == "reject" else {}
    decisions.record(draft.pk, by=member, id=uuid4(), verdict=verdict, if_match=card.etag, **reasons)
    if not asked:
        draft.assignments.update(drawn="queue")


def test_what_is_borne_out_is_accepted_but_for_an_audit_that_waits_like_any_other(
    rule: AcceptanceRule, task: Task, read: Judging
) -> None:
    chosen = MachineAcceptance.objects.filter(rule=rule)
    left = audited(rule)

    assert (rule.threshold, rule.wrong, rule.of) == (1.0, 0, GOOD_KNOWN)
    assert len(accepted(task)) + len(left) == GOOD_WAITING == chosen.count()
    assert len(accepted(task)) > 0 and all(draft.state == DraftState.PENDING for draft in left)
    assert all("GOOD" in draft.fields["reply"] for draft in accepted(task))
    assert set(chosen.values_list("judging_id", flat=True)) == {read.pk}
    assert set(queues.in_order(task)) == set(Draft.objects.filter(task=task, state=DraftState.PENDING))
    assert AuditRow.objects.filter(act="drafts_machine_accepted").exists()


def test_it_is_no_verdict_and_changes_no_figure(read: Judging, task: Task, judge: Teacher, lead: Member) -> None:
    def counts() -> Any:
        said = evidence.Word(judge.slug, judge.model, read.prompt_version, read.order.task_version)
        whole = figures.report(read).whole
        return (
            Decision.objects.count(),
            Gold.objects.count(),
            agreement.report(task).lines,
            whole,
            evidence.known(task, said),
        )

    before = counts()
    act.start(task, judge, by=lead, **WIDE)

    assert accepted(task) and counts() == before


def test_the_random_sample_and_what_a_campaign_waits_for_are_never_taken(
    read: Judging, task: Task, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = list(queues.in_order(task).values_list("pk", flat=True))
    Draft.objects.filter(pk__in=waiting[:4]).update(random_key=1)
    monkeypatch.setattr(ports.destinations, "answer", lambda drafts, by: dict.fromkeys(waiting[4:6], "To somebody."))
    rule = act.start(task, judge, by=lead, **WIDE)

    assert rule.is_active and set(rule.acceptances.values_list("draft", flat=True)).isdisjoint(waiting[:6])


def test_too_few_verdicts_are_refused_with_how_many_are_missing_and_count_as_no_try(
    read: Judging, task: Task, judge: Teacher, lead: Member
) -> None:
    with pytest.raises(Refusal) as refused:
        act.start(task, judge, by=lead)

    missing = risk_control.fewest(0.02, level=risk_control.spent(1)) - GOOD_KNOWN
    assert refused.value.code == "too_few_verdicts" and f"{missing:,} more" in refused.value.message
    assert not AcceptanceRule.objects.exists() and not accepted(task)


def test_what_verdicts_do_not_bear_out_accepts_nothing_says_what_is_missing_and_costs_confidence(
    read: Judging, task: Task, judge: Teacher, lead: Member
) -> None:
    read.texts.update(passes=True, meets={})

    rule = act.start(task, judge, by=lead, **WIDE)
    again = act.start(task, judge, by=lead, **WIDE)

    assert (rule.threshold, rule.wrong, rule.of, again.attempt) == (None, 8, REVIEWED, 2)
    more = risk_control.further_needed(8, REVIEWED, 0.2, level=risk_control.spent(2))
    assert not rule.is_active and f"At least {more:,} more verdicts" in rule.ended_why
    assert not accepted(task)


def test_drafts_that_were_asked_for_bear_nothing_out(read: Judging, task: Task, judge: Teacher) -> None:
    judged = Draft.objects.filter(task=task, gold__isnull=False)
    judged.first().assignments.update(drawn="asked")  # type: ignore[union-attr]
    said = evidence.Word(judge.slug, judge.model, read.prompt_version, read.order.task_version)

    assert len(evidence.known(task, said).scores) in (GOOD_KNOWN - 1, GOOD_KNOWN)
    judged.first().assignments.update(drawn="queue")  # type: ignore[union-attr]
    assert len(evidence.known(task, said).scores) == GOOD_KNOWN


def test_a_persons_verdict_on_an_accepted_draft_counts_alone(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    draft, *others = accepted(task)

    judge_it(admin, draft, "reject")
    draft.refresh_from_db()

    assert (draft.state, draft.gold.verdict) == (DraftState.DECIDED, "reject")
    assert evidence.standing(rule) == len(others)
    act.look_after(task.pk)
    assert set(accepted(task)) == set(others)


def test_a_draft_that_a_person_opened_and_left_is_accepted_by_no_judge_any_more(
    rule: AcceptanceRule, task: Task, admin: Member
) -> None:
    draft = accepted(task)[0]
    deck.hold(admin, draft.pk)
    deck.set_aside(draft.pk, by=admin)

    act.look_after(task.pk)
    draft.refresh_from_db()

    assert draft.state == DraftState.PENDING


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
        not rule.is_active and "audit does not bear it out" in rule.ended_why and "audit does not bear it out" in page
    )
    assert f"/tasks/{task.slug}/recalls/?rule={rule.pk}" in page
    told = WebhookEvent.objects.get(kind="acceptance.ended")
    assert told.data["why"] == rule.ended_why and AuditRow.objects.filter(act="acceptance_ended").exists()
    assert made.count == len(taken) and not accepted(task)

    undo.undo(made.pk, by=lead, kind=RecallReturn.JUDGE_ANEW)
    assert {draft.state for draft in Draft.objects.filter(pk__in=[draft.pk for draft in taken])} == {DraftState.PENDING}


def test_what_an_audit_found_counts_in_the_next_try(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    for draft in audited(rule):
        judge_it(admin, draft, "reject")

    assert sum(evidence.known(task, evidence.word_of(rule)).wrong) == len(audited(rule)) > 0


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


def test_an_undone_recall_has_drafts_stand_accepted_as_before(rule: AcceptanceRule, task: Task, lead: Member) -> None:
    taken, criteria = accepted(task), Criteria.read({"rule": rule.pk})
    tag = preview.preview(task, criteria, by=lead).tag
    made = recall.carry_out(task, criteria, by=lead, id=uuid4(), reason="Wait.", tag=tag)

    undo.undo(made.pk, by=lead)

    assert accepted(task) == taken


def test_an_audit_that_holds_goes_on(rule: AcceptanceRule, task: Task, admin: Member) -> None:
    for draft in audited(rule):
        judge_it(admin, draft, "accept")

    act.look_after(task.pk)
    rule.refresh_from_db()
    audit = evidence.audit_of(rule)

    assert rule.is_active and (audit.wrong, audit.unread) == (0, 0) and audit.judged == len(audited(rule))


def test_no_more_are_accepted_while_too_many_audited_ones_wait(
    read: Judging, task: Task, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(act, "MOST_UNREAD", 1)

    rule = act.start(task, judge, by=lead, **WIDE)

    assert len(audited(rule)) <= 1
    if rule.acceptances.count() < GOOD_WAITING:
        assert act.look_after(task.pk) == 0


def test_what_the_judge_reads_later_is_accepted_as_it_arrives(rule: AcceptanceRule, task: Task, read: Judging) -> None:
    before = rule.acceptances.count()
    factories.make_drafts(task, list(task.records.all()[:1]), fields=[{"reply": "GOOD answer, come late."}])
    Draft.objects.filter(task=task, state=DraftState.PENDING).update(random_key=2**62)
    late = Draft.objects.get(task=task, fields__reply="GOOD answer, come late.")
    JudgedText.objects.create(
        judging=read, place=900, record_id=late.record_id, draft=late, fields=late.fields, passes=True, meets={}
    )
    assert read.order.job is not None

    take_in.on_job_ended(read.order.job)

    assert rule.acceptances.count() == before + 1


@pytest.mark.parametrize("change", ["version", "model", "words"])
def test_a_new_version_of_task_judge_or_rubric_ends_it(
    rule: AcceptanceRule, task: Task, judge: Teacher, admin: Member, change: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if change == "version":
        held = rule.task_version
        TaskVersion.objects.create(task=task, number=held.number + 1, body=held.body, created_by=admin)
    elif change == "model":
        Teacher.objects.filter(pk=judge.pk).update(model="mistral-larger")
    else:
        monkeypatch.setattr("generation.judges.rubric.PROMPT_VERSION", 99)
    standing = accepted(task)

    assert act.look_after(task.pk) == 0
    rule.refresh_from_db()

    assert not rule.is_active and rule.ended_why
    assert accepted(task) == standing


def test_erasure_reaches_it(rule: AcceptanceRule, task: Task) -> None:
    draft, *others = accepted(task)

    erase.erase_records([draft.record_id])
    draft.refresh_from_db()

    assert draft.state == DraftState.KEPT and draft.erased_at is not None
    assert evidence.standing(rule) == len(others)


def test_leads_alone_start_see_and_end_it_and_bad_shares_are_named(
    read: Judging,
    task: Task,
    judge: Teacher,
    lead: Member,
    viewer: Member,
    api_as: Callable[..., APIClient],
    as_member: Callable[[Member], Client],
) -> None:
    address, body = f"/api/v1/tasks/{task.slug}/acceptance/", {"judge": judge.slug, "bound": 0.2, "audit_share": 0.5}
    with pytest.raises(PermissionDenied):
        act.start(task, judge, by=viewer, **WIDE)
    with pytest.raises(Refusal, match="may be wrong"):
        act.start(task, judge, by=lead, bound=0.9)

    assert api_as(viewer).get(address).status_code == 403
    assert "2 %" in as_member(lead).get(f"/tasks/{task.slug}/acceptance/").content.decode()
    placed = as_member(lead).post(
        f"/tasks/{task.slug}/acceptance/", {"act": "start", "judge": judge.slug, "bound": "20", "audit_share": "50"}
    )
    assert placed.status_code == 302
    assert api_as(lead).post(address, body).json()["code"] == "acceptance_on"
    ended = api_as(lead).post(f"{address}end/").json()
    assert ended["ended_why"] == "Ended by a lead." and ended["accepted"] == len(accepted(task))
    assert api_as(lead).post(f"{address}end/").status_code == 409
    assert [one["id"] for one in api_as(lead).get(address).json()["results"]] == [ended["id"]]


def test_a_rule_is_in_force_since_it_was_started_and_not_after(rule: AcceptanceRule, task: Task, lead: Member) -> None:
    act.end(task, by=lead)
    rule.refresh_from_db()

    assert rule.ended_at is not None and rule.ended_at <= timezone.now()
    assert act.accept(rule) == 0


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    dataset = Dataset.objects.filter(task=task).first() or freezing.create(task, name="Gold", by=by)
    version = freezing.freeze(dataset, by=by, filters={"near_duplicates": None, **filters})
    write_version.seal(version.pk, write_version.write(version.pk, report=lambda done, total: None))
    version.refresh_from_db()
    return version


def test_a_dataset_leaves_them_out_unless_asked_and_names_them_where_they_are_in(
    rule: AcceptanceRule, task: Task, lead: Member, admin: Member
) -> None:
    drafts = {draft.pk for draft in accepted(task)}

    plain, taken = frozen(task, lead), frozen(task, lead, machine="take")
    rows = DatasetRow.objects.filter(version=taken, decision__isnull=True)
    file = taken.files.filter(format="raw", container="jsonl").exclude(rows=0)
    lines = [json.loads(line) for one in file for line in default_storage.open(one.path)]
    by_machine = [line for line in lines if line["decision"]["verdict"] == "machine"]

    assert plain.counts["rows"] == GOOD_KNOWN and "machine" not in plain.counts and "by a judge" not in plain.card
    assert set(rows.values_list("draft", flat=True)) == drafts
    assert taken.counts["verdicts"] == {"accept": GOOD_KNOWN, "machine": len(drafts)}
    assert taken.counts["machine"] == len(drafts) and "" not in taken.counts["reviewers"]
    assert f"Accepted by a judge and read by no person: {len(drafts)} row" in taken.card
    assert {UUID(line["id"]) for line in by_machine} == drafts
    assert {line["decision"]["judge"] for line in by_machine} == {rule.judge}
    Draft202012Validator(exports.RAW_SCHEMA).validate(by_machine[0])

    judge_it(admin, accepted(task)[0], "accept")
    later = frozen(task, lead, machine="take")
    assert later.counts["verdicts"] == {"accept": GOOD_KNOWN + 1, "machine": len(drafts) - 1}
    with pytest.raises(Refusal, match="mistakes"):
        frozen(task, lead, machine="take", as_of="2026-01-01T00:00:00Z")
