"""Acceptance by a judge until verdicts bear it out: it waits, says what is missing,
and has those verdicts come sooner.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from audit.models import AuditRow
from generation.judges.acceptance import act, evidence
from generation.models import JudgedText, Judging, Teacher
from members.models import Member
from review import ports
from review.desk import ordering, ordering_strategies, queues
from review.models import AcceptanceRule, DeskSettings, Task
from review.states import QueueOrdering
from stats import risk_control
from tests.generation.judges.acceptances import GOOD_KNOWN, accepted, judge_it
from tests.generation.judges.conftest import REVIEWED
from tests.review import factories
from web.errors import Refusal

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("shared_reviews")]


@pytest.mark.slow
def test_too_few_verdicts_accept_nothing_yet_and_the_page_says_how_many_are_missing(
    read: Judging, task: Task, judge: Teacher, lead: Member, as_member: Callable[[Member], Client]
) -> None:
    address = f"/tasks/{task.slug}/acceptance/"
    placed = as_member(lead).post(
        address, {"act": "start", "judge": judge.slug, "share": "40", "bound": "2", "audit_share": "10"}, follow=True
    )
    rule = AcceptanceRule.objects.get()
    missing = risk_control.further_needed(0, GOOD_KNOWN, 0.02, error=act.error_of(1))

    assert (rule.proposed, rule.threshold, rule.wrong, rule.of) == (1.0, None, 0, GOOD_KNOWN)
    assert rule.is_active and not accepted(task) and act.look_after(task.pk) == 0
    assert f"at least {missing} more are needed" in placed.content.decode()
    assert "waits for verdicts" in placed.content.decode()


@pytest.mark.slow
def test_a_rule_that_waits_accepts_as_soon_as_verdicts_bear_it_out(
    read: Judging, task: Task, judge: Teacher, lead: Member
) -> None:
    rule = act.start(task, judge, by=lead, bound=0.1, audit_share=0.5)
    assert not rule.is_borne_out and not accepted(task)
    more = risk_control.further_needed(0, GOOD_KNOWN, 0.1, error=act.error_of(1))
    texts = [{"reply": f"GOOD answer, come late: {number}."} for number in range(more)]
    drafts = factories.make_drafts(task, list(task.records.all()[:more]), fields=texts)
    for place, draft in enumerate(drafts, start=900):
        JudgedText.objects.create(
            judging=read,
            place=place,
            record_id=draft.record_id,
            draft=draft,
            fields=draft.fields,
            passes=True,
            meets={},
        )
        judge_it(lead, draft, "accept")
        if draft is drafts[-2]:
            assert act.look_after(task.pk) == 0

    act.look_after(task.pk)
    rule.refresh_from_db()

    assert (rule.threshold, rule.wrong, rule.of) == (1.0, 0, GOOD_KNOWN + more)
    assert accepted(task) and AuditRow.objects.get(act="acceptance_borne_out").detail["of"] == rule.of


@pytest.mark.slow
def test_a_rule_that_verdicts_refute_ends_and_says_why(read: Judging, task: Task, judge: Teacher, lead: Member) -> None:
    read.texts.update(passes=True, meets={})

    rule = act.start(task, judge, by=lead, share=1.0, bound=0.02)
    again = act.start(task, judge, by=lead, share=1.0, bound=0.2)

    assert (rule.threshold, rule.wrong, rule.of) == (None, 8, REVIEWED)
    assert not rule.is_active and "experts disagreed on 8; at most 2 %" in rule.ended_why
    assert again.is_active and not again.is_borne_out and again.attempt == 2
    assert not accepted(task)


def test_what_a_rule_waits_for_comes_sooner_on_a_desk_that_deals_likely_good_drafts_first(
    read: Judging, task: Task, judge: Teacher, lead: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    # So much sooner that neither a lot nor a poor chance stands against it.
    monkeypatch.setattr(ordering_strategies, "SOONER", 1e12)
    drafts = list(queues.in_order(task).values_list("pk", flat=True))
    passed = set(read.texts.filter(passes=True, draft__in=drafts).values_list("draft", flat=True))
    poor = {pk: 0.01 if pk in passed else 0.99 for pk in drafts}
    monkeypatch.setattr(ports.acceptance_chances, "answer", lambda task, ids: poor)
    DeskSettings.objects.create(task=task, order=QueueOrdering.LIKELY)
    assert evidence.awaited(task, drafts) == frozenset()

    rule = act.start(task, judge, by=lead, bound=0.02)
    awaited = evidence.awaited(task, drafts)
    ordering.order_desk(task.pk)
    dealt = list(queues.in_order(task).values_list("pk", flat=True))
    act.end(task, by=lead)

    assert not rule.is_borne_out and 0 < len(awaited) < len(drafts)
    assert awaited == passed == set(dealt[: len(awaited)])
    assert evidence.awaited(task, drafts) == frozenset()


@pytest.mark.slow
def test_a_judge_that_passed_nothing_is_refused(read: Judging, task: Task, judge: Teacher, lead: Member) -> None:
    read.texts.update(passes=False)

    with pytest.raises(Refusal) as refused:
        act.start(task, judge, by=lead)

    assert refused.value.code == "nothing_passed" and not AcceptanceRule.objects.exists()
