"""Acceptance without a person: only what experts' verdicts bear out, audited by lot,
and a person's word counts alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import PermissionDenied
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]
from rest_framework.test import APIClient

from audit.models import AuditRow
from generation.judges import figures, take_in
from generation.judges.acceptance import act, evidence
from generation.models import JudgedText, Judging, Teacher
from members.models import Member
from review import ports
from review.adjudication import agreement
from review.datasets import exports, freezing
from review.desk import queues
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
    Task,
    TaskVersion,
)
from review.states import DraftState
from tests.generation.judges.acceptances import GOOD_KNOWN, GOOD_WAITING, WIDE, accepted, audited, judge_it
from tests.review import factories
from tests.review.datasets.golds import sealed
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_reviews")]


@pytest.mark.slow
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


@pytest.mark.slow
def test_verdicts_are_weighed_against_all_that_the_judge_passed_and_that_waits(
    read: Judging, task: Task, judge: Teacher
) -> None:
    said = evidence.Word(judge.slug, judge.model, read.prompt_version, read.order.task_version)
    passed = read.texts.filter(passes=True)
    judged = passed.filter(draft__decisions__isnull=False).count()

    known, waiting = evidence.known(task, said), evidence.waiting(task, said)

    assert (len(known.scores), len(known.scores) + len(waiting)) == (judged, passed.count())
    assert known.scores and waiting


@pytest.mark.slow
def test_it_is_no_verdict_and_changes_no_figure(read: Judging, task: Task, judge: Teacher, lead: Member) -> None:
    def counts() -> Any:
        said = evidence.Word(judge.slug, judge.model, read.prompt_version, read.order.task_version)
        known, whole = evidence.known(task, said), figures.report(read).whole
        return (
            Decision.objects.count(),
            Gold.objects.count(),
            agreement.report(task).lines,
            whole,
            (known.scores, known.wrong),
        )

    before = counts()
    act.start(task, judge, by=lead, **WIDE)

    assert accepted(task) and counts() == before


@pytest.mark.slow
def test_the_random_sample_and_what_a_campaign_waits_for_are_never_taken(
    read: Judging, task: Task, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = list(queues.in_order(task).values_list("pk", flat=True))
    Draft.objects.filter(pk__in=waiting[:4]).update(random_key=1)
    monkeypatch.setattr(ports.destinations, "answer", lambda drafts, by: dict.fromkeys(waiting[4:6], "To somebody."))
    rule = act.start(task, judge, by=lead, **WIDE)

    assert rule.is_active and set(rule.acceptances.values_list("draft", flat=True)).isdisjoint(waiting[:6])


@pytest.mark.slow
def test_drafts_that_were_asked_for_bear_nothing_out(read: Judging, task: Task, judge: Teacher) -> None:
    judged = Draft.objects.filter(task=task, gold__isnull=False)
    judged.first().assignments.update(drawn="asked")  # type: ignore[union-attr]
    said = evidence.Word(judge.slug, judge.model, read.prompt_version, read.order.task_version)

    assert len(evidence.known(task, said).scores) in (GOOD_KNOWN - 1, GOOD_KNOWN)
    judged.first().assignments.update(drawn="queue")  # type: ignore[union-attr]
    assert len(evidence.known(task, said).scores) == GOOD_KNOWN


@pytest.mark.slow
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


@pytest.mark.slow(after_first=True)
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


@pytest.mark.slow
def test_erasure_reaches_it(rule: AcceptanceRule, task: Task) -> None:
    draft, *others = accepted(task)

    erase.erase_records([draft.record_id])
    draft.refresh_from_db()

    assert draft.state == DraftState.KEPT and draft.erased_at is not None
    assert evidence.standing(rule) == len(others)


@pytest.mark.slow
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
        f"/tasks/{task.slug}/acceptance/",
        {"act": "start", "judge": judge.slug, "share": "40", "bound": "20", "audit_share": "50"},
    )
    assert placed.status_code == 302
    assert api_as(lead).post(address, body).json()["code"] == "acceptance_on"
    ended = api_as(lead).post(f"{address}end/").json()
    assert ended["ended_why"] == "Ended by a lead." and ended["accepted"] == len(accepted(task))
    assert api_as(lead).post(f"{address}end/").status_code == 409
    assert [one["id"] for one in api_as(lead).get(address).json()["results"]] == [ended["id"]]


@pytest.mark.slow
def test_a_rule_is_in_force_since_it_was_started_and_not_after(rule: AcceptanceRule, task: Task, lead: Member) -> None:
    act.end(task, by=lead)
    rule.refresh_from_db()

    assert rule.ended_at is not None and rule.ended_at <= timezone.now()
    assert act.accept(rule) == 0


def frozen(task: Task, by: Member, **filters: Any) -> DatasetVersion:
    dataset = Dataset.objects.filter(task=task).first() or freezing.create(task, name="Gold", by=by)
    return sealed(freezing.freeze(dataset, by=by, filters={"near_duplicates": None, **filters}))


@pytest.mark.slow
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


@pytest.mark.slow
def test_what_a_judge_alone_accepted_is_shown_and_frozen(
    rule: AcceptanceRule, task: Task, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    Gold.objects.filter(task=task).delete()

    version = frozen(task, lead, machine="take")
    filters = {"verdicts": "accept", "machine": "take", "keeps_duplicates": "on"}
    page = as_member(lead).get("/datasets/gold/rows/", filters).content.decode()

    assert version.counts["verdicts"] == {"machine": len(accepted(task))}
    assert page.count("<td>Accepted by a judge</td>") == len(accepted(task))
    assert f"<td>{rule.judge}</td>" in page
