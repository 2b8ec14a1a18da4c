"""A task that judges another's drafts: made in one act, on the same sides of the split,
and only of verdicts on one draft.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from members.models import Member
from review.desk import deck
from review.erasure import erase
from review.models import Gold, JudgeTask, Record, Task
from review.sources.judge_records import make
from review.spec import judge_task, prompting
from review.states import Role, Split
from review.tasks.queries import latest_version
from tests.review import factories
from tests.review.desk.verbs import judge
from web.errors import Refusal

pytestmark = pytest.mark.django_db
COUNT = 20


@pytest.fixture
def judged(task: Task, admin: Member) -> list[Record]:
    """Twenty judged drafts, each second one bad: edited or rejected; the last four of tested companies."""
    records = factories.make_records(factories.make_source(task), COUNT)
    for record in records[-4:]:
        record.split = Split.TEST
        record.save(update_fields=["split"])
    texts = [
        {"subject": f"For {record.title}", "body": f"Hi,\n\n{'Good' if place % 2 else 'Bad'} {place}."}
        for place, record in enumerate(records)
    ]
    factories.make_drafts(task, records, fields=texts)
    for place, card in enumerate(deck.deal(admin, task, count=COUNT)):
        said: dict[str, Any] = {"verdict": "accept"}
        if "Bad" in card.draft.fields["body"]:
            said = {"verdict": "reject", "reasons": ["tone"]}
            if place % 4:
                said = {"verdict": "edit", "fields": {**card.draft.fields, "subject": "Another"}}
        judge(card, by=admin, **said)
    return records


@pytest.mark.slow
def test_decisions_become_golds_of_a_task_of_its_own_each_on_its_records_side(
    task: Task, judged: list[Record], admin: Member
) -> None:
    made = make.make(task, by=admin)

    assert (made.good, made.bad, made.known, made.left_out, made.remaining) == (10, 10, 0, 0, 0)
    assert JudgeTask.objects.get(judged=task).task == made.task != task
    assert judge_task.is_judge_task(latest_version(made.task).spec)
    golds = Gold.objects.filter(task=made.task).select_related("draft__record__claim_origin__record")
    assert golds.count() == COUNT
    for gold in golds:
        record = gold.draft.record
        assert record.split == record.claim_origin.record.split
        assert gold.draft.fields == {"verdict": "good" if "Good" in record.facts["text"] else "bad"}
        assert str(record.claim_origin.record.facts["company"]) in record.facts["facts"]
    trained = Record.objects.filter(task=made.task, split=Split.TRAIN)
    tested = {record.group for record in judged if record.split == Split.TEST}
    assert len(tested) == 4 and not tested & set(trained.values_list("group", flat=True))


@pytest.mark.slow
def test_what_the_student_reads_holds_the_facts_and_the_draft_and_not_who_they_are_grouped_by(
    task: Task, judged: list[Record], admin: Member
) -> None:
    made = make.make(task, by=admin)
    spec, record = latest_version(made.task).spec, Record.objects.filter(task=made.task)[0]

    [message] = [each for each in prompting.messages(spec, record.facts, audience="student") if each["role"] == "user"]

    assert record.facts["text"].strip() in message["content"] and record.facts["facts"].strip() in message["content"]
    assert "group:" not in message["content"]


@pytest.mark.slow
def test_made_again_it_adds_what_was_decided_since(task: Task, judged: list[Record], admin: Member) -> None:
    first = make.make(task, by=admin)
    record = factories.make_records(factories.make_source(task, name="More"), COUNT + 1)[-1]
    factories.make_drafts(task, [record], fields=[{"subject": "New", "body": "Hi,\n\nGood and new."}])
    judge(deck.deal(admin, task, count=1)[0], by=admin, verdict="accept")

    again = make.make(task, by=admin)

    assert (again.task, again.good, again.bad, again.known) == (first.task, 1, 0, COUNT)
    assert JudgeTask.objects.count() == 1


@pytest.mark.slow
def test_who_is_erased_there_is_erased_here(task: Task, judged: list[Record], admin: Member) -> None:
    made = make.make(task, by=admin)

    erase.erase_records([judged[0].pk])

    gone = Record.everything.get(task=made.task, claim_origin__record=judged[0])
    assert gone.erased_at is not None and not gone.facts


def test_too_few_of_a_kind_and_judges_of_judges_are_refused(task: Task, judged: list[Record], admin: Member) -> None:
    empty = factories.make_task(by=admin, slug="empty")
    made = make.make(task, by=admin)

    with pytest.raises(Refusal, match="took 0 drafts as they were and 0 otherwise"):
        make.make(empty, by=admin)
    with pytest.raises(Refusal) as itself:
        make.make(made.task, by=admin)

    assert itself.value.code == "judges_itself"
    assert not Task.objects.filter(slug__startswith="empty-").exists()


def test_a_judge_task_of_another_shape_is_not_added_to(task: Task, judged: list[Record], admin: Member) -> None:
    other = factories.make_task(by=admin, slug="other")
    JudgeTask.objects.create(task=other, judged=task)

    with pytest.raises(Refusal) as refused:
        make.make(task, by=admin)

    assert refused.value.code == "not_a_judge_task"


def test_only_who_leads_both_may_make_it(
    task: Task, judged: list[Record], admin: Member, make_member: Any, client: Client
) -> None:
    lead, reviewer = make_member("lea"), make_member("rae")
    factories.join(lead, task, Role.LEAD)
    factories.join(reviewer, task, Role.REVIEWER)
    make.make(task, by=admin)

    for member in (lead, reviewer):
        with pytest.raises(PermissionDenied):
            make.make(task, by=member)


@pytest.mark.slow
def test_one_press_makes_the_task_and_says_what_comes_next(
    task: Task, judged: list[Record], admin: Member, client: Client
) -> None:
    client.force_login(admin)
    page = client.get(f"/tasks/{task.slug}/judge/").content.decode()

    answer = client.post(f"/tasks/{task.slug}/sources/judge/", follow=True)

    assert "Train a judge from these decisions" in page
    assert "20 judged drafts added: 10 good, 10 bad." in answer.content.decode()
    assert answer.redirect_chain == [(f"/tasks/{task.slug}-judge/sources/", 302)]
    again = client.get(f"/tasks/{task.slug}/judge/").content.decode()
    assert f"/tasks/{task.slug}-judge/" in again
    assert "Train a judge" not in client.get(f"/tasks/{task.slug}-judge/judge/").content.decode()
