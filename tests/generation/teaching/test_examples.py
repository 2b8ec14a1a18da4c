"""A teacher words a new task from its rows: asked once, shown nothing that is held out, and a lead accepts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from generation.learning import advice_call, examples, proposals
from generation.learning.proposals import Basis
from generation.models import Order, TaskProposal, Teacher
from members.models import Member
from review.models import Draft, Record, Task
from review.states import Split
from tests.generation.teaching.test_proposals import RULE, answer
from tests.review import factories
from web.errors import Refusal

pytestmark = pytest.mark.django_db
HELD_OUT = "HELD OUT"


@pytest.fixture
def rows(task: Task) -> list[Record]:
    """Five rows that train, of which the last two came with an answer, and one of each other split."""
    records = factories.make_records(factories.make_source(task), 5)
    for split in (Split.TEST, Split.VALIDATION):
        held = factories.make_records(factories.make_source(task, name=str(split)), 1, split=split)
        Record.objects.filter(pk=held[0].pk).update(facts={"company": HELD_OUT})
    for number, record in enumerate(records):
        Record.objects.filter(pk=record.pk).update(facts={"company": f"Firm {number}"})
    texts = [{"subject": f"For {number}", "body": f"Answer {number}."} for number in (3, 4)]
    factories.make_drafts(task, records[3:], fields=texts)
    Draft.objects.update(origin="import")
    return records


def test_rows_with_answers_come_first_and_held_out_ones_never(task: Task, rows: list[Record]) -> None:
    found = examples.first_of(task)

    answers = {example.facts["company"]: (example.answer or {}).get("body") for example in found}
    assert answers == {"Firm 0": None, "Firm 1": None, "Firm 2": None, "Firm 3": "Answer 3.", "Firm 4": "Answer 4."}
    assert all(example.answer for example in found[:2]) and not any(example.answer for example in found[2:])
    assert examples.read([example.record for example in found]) == found


def test_answers_of_a_teacher_are_no_examples(task: Task, rows: list[Record]) -> None:
    Draft.objects.update(origin="teacher")

    assert not any(example.answer for example in examples.first_of(task))


def test_a_teacher_words_the_task_from_rows_in_one_priced_call(
    task: Task, rows: list[Record], lead: Member, serve: Any, carry_out: Callable[[Order], None]
) -> None:
    ann, server = serve("ann", answer(RULE))
    estimate = proposals.price(task, teacher=ann, by=lead, basis=Basis.EXAMPLES)

    proposal = proposals.propose(task, by=lead, teacher=ann, basis=Basis.EXAMPLES)
    order = Order.objects.get()
    again = advice_call.conversation_of(order)
    carry_out(order)

    proposal.refresh_from_db()
    [asked] = server.asked
    said = json.dumps(asked, ensure_ascii=False)
    assert estimate.worst_call_usd > 0
    assert asked["messages"] == again
    assert "Answer 4." in said and "(not given)" in said and HELD_OUT not in said
    assert (proposal.state, proposal.changes[0]["decisions"]) == ("open", [])
    made = proposals.accept(proposal, by=lead)
    assert (made.spec.instruction, made.note) == ("Write a mail of three lines.", "From 5 examples")


def test_rows_are_not_counted_and_few_are_no_examples(
    task: Task, rows: list[Record], lead: Member, offline: Teacher
) -> None:
    with pytest.raises(Refusal) as uncounted:
        proposals.propose(task, by=lead, basis=Basis.EXAMPLES)
    with pytest.raises(Refusal):
        proposals.propose(task, by=lead, teacher=offline, basis=Basis.EXAMPLES)
    Record.objects.filter(pk__in=[row.pk for row in rows[:3]]).update(split=Split.TEST)
    with pytest.raises(Refusal) as few:
        proposals.propose(task, by=lead, basis=Basis.EXAMPLES)

    assert (uncounted.value.code, few.value.code) == ("no_teacher", "too_few_examples")
    assert not TaskProposal.objects.exists()


def test_three_rows_are_examples_enough(task: Task, rows: list[Record]) -> None:
    Record.objects.filter(pk__in=[row.pk for row in rows[:2]]).update(split=Split.TEST)

    assert len(examples.first_of(task)) == 3


@pytest.mark.slow
def test_the_page_and_the_api_ask_of_rows(
    task: Task, rows: list[Record], lead: Member, serve: Any, as_member: Any, api_as: Any
) -> None:
    ann, _ = serve("ann", answer(RULE))
    client = as_member(lead)
    chosen = {"basis": "examples", "teacher": ann.slug, "look_at": "100"}

    form = client.get(f"/tasks/{task.slug}/learn/?basis=examples").content.decode()
    price = client.get(f"/tasks/{task.slug}/learn/price/", chosen).content.decode()
    page = client.post(f"/tasks/{task.slug}/learn/", chosen, follow=True).content.decode()
    made = api_as(lead).post(
        f"/api/v1/tasks/{task.slug}/proposals/", {"basis": "examples", "teacher": ann.slug}, format="json"
    )

    assert '<option value="examples" selected>' in form
    assert "One call: about" in price
    assert "A teacher is reading 5 rows." in page
    assert made.status_code == 202
    assert "5 rows" in client.get(f"/tasks/{task.slug}/learn/").content.decode()
