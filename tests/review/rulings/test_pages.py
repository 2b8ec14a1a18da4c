"""The lead's pages: late decisions, disputes, and the acts on a judged draft."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from members.models import Member
from review.desk import deck
from review.desk import lead_queue as said
from review.models import Gold, Ruling, Task
from review.spec.schema import OutputField, OutputItem
from review.states import Role, Verdict
from tests.review import factories
from tests.review.desk.verbs import judge
from tests.review.rulings.verdicts import OTHER_WORDS, dispute, late_decision, second_opinion

pytestmark = pytest.mark.django_db
LATE = "/tasks/outreach/review/late/"
DISPUTED = "/tasks/outreach/review/disputed/"


@pytest.fixture
def browser(lead: Member, as_member) -> Client:
    return as_member(lead)


def hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden"\s+name="(\w+)"\s+value="([^"]*)"', page))


def test_a_lead_adopts_a_late_decision_from_its_page(
    task: Task, browser: Client, expert: Member, other: Member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    judge(theirs, by=other, verdict="reject")
    page = browser.get(LATE).content.decode()

    answer = browser.post(LATE, {**hidden(page), "act": "adopt"}, follow=True)

    assert "Counts now" in page
    assert "<ins>" in page
    assert "Adopted: it counts now." in answer.content.decode()
    assert Gold.objects.get().decision == decision


def test_a_stale_page_is_refused_beside_the_form(task: Task, browser: Client, expert: Member, other: Member) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    form = hidden(browser.get(LATE).content.decode())
    judge(theirs, by=other)

    answer = browser.post(LATE, {**form, "decision": str(decision.pk), "act": "adopt"})

    assert answer.status_code == 412
    assert "This draft has new verdicts or rulings since you loaded it." in answer.content.decode()


def test_leaving_aside_empties_the_page(task: Task, browser: Client, expert: Member, other: Member) -> None:
    decision, _ = late_decision(task, by=expert, then=other)

    answer = browser.post(LATE, {"decision": str(decision.pk), "act": "leave"}, follow=True)

    assert "No late decisions" in answer.content.decode()
    assert Ruling.objects.get().kind == "leave"


def test_its_author_sees_what_became_of_a_late_decision(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member, as_member
) -> None:
    decision, theirs = late_decision(task, by=expert, then=other)
    before = as_member(expert).get("/tasks/outreach/review/decisions/").content.decode()
    judge(theirs, by=other)
    browser.post(LATE, {**hidden(browser.get(LATE).content.decode()), "act": "adopt"})

    after = as_member(expert).get("/tasks/outreach/review/decisions/").content.decode()

    assert ">late</span>" in before
    assert ">adopted</span>" in after


def test_home_leads_to_what_came_late(task: Task, browser: Client, expert: Member, other: Member) -> None:
    late_decision(task, by=expert, then=other)

    page = browser.get("/").content.decode()

    assert "1 decision that came after" in page
    assert f'href="{LATE}"' in page


def test_a_lead_settles_a_dispute_by_one_button(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    _, second = dispute(task, lead=lead, one=expert, other=other)
    page = browser.get(DISPUTED).content.decode()

    answer = browser.post(DISPUTED, {**hidden(page), "pick": str(second.pk)}, follow=True)

    assert page.count("This one counts") == 2
    assert "Settled." in answer.content.decode()
    assert "No dispute" in answer.content.decode()
    assert Gold.objects.get().decision == second


def test_a_lead_settles_by_writing_and_by_rejecting(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    for act in ({"verdict": "edit", "field:subject": "Mine", "field:body": "Hi,\n\nmine"}, {"reason": "tone"}):
        dispute(task, lead=lead, one=expert, other=other)
        browser.post(DISPUTED, {**hidden(browser.get(DISPUTED).content.decode()), **act})

    golds = Gold.objects.order_by("decided_at")
    assert [gold.verdict for gold in golds] == [Verdict.EDIT, Verdict.REJECT]
    assert golds[0].decision.fields == {"subject": "Mine", "body": "Hi,\n\nmine"}


def test_a_refused_text_is_in_the_editor_again(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    dispute(task, lead=lead, one=expert, other=other)
    form = hidden(browser.get(DISPUTED).content.decode())

    answer = browser.post(
        DISPUTED, {**form, "verdict": "edit", "field:subject": "Kept while refused", "field:body": " "}
    )

    assert answer.status_code == 422
    assert 'value="Kept while refused"' in answer.content.decode()


def test_a_refused_note_and_comment_are_there_again(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    dispute(task, lead=lead, one=expert, other=other)
    form = hidden(browser.get(DISPUTED).content.decode())

    answer = browser.post(
        DISPUTED, {**form, "tag": "stale", "send_back": "all", "comment": "Look at the depot.", "note": "Of the depot."}
    )

    page = answer.content.decode()
    assert answer.status_code == 412
    assert ">Look at the depot.</textarea>" in page and 'value="Of the depot."' in page
    assert '<details class="panel send-back" open>' in page


@pytest.mark.slow
def test_a_lead_asks_again_and_reopens_on_the_page_of_a_draft(
    task: Task, lead: Member, browser: Client, expert: Member, other: Member
) -> None:
    first = judge(deck.deal(expert, task, count=1)[0], by=expert).decision
    address = f"/tasks/outreach/review/drafts/{first.draft_id}/"
    form = hidden(browser.get(address).content.decode())
    asked = browser.post(f"{address}ruling/", {**form, "act": "ask_again"}, follow=True).content.decode()
    card = deck.hold(other, first.draft_id)
    judge(card, by=other, verdict="edit", fields=OTHER_WORDS)
    disputed = browser.get(address).content.decode()
    browser.post(DISPUTED, {**hidden(browser.get(DISPUTED).content.decode()), "pick": str(first.pk)})

    form = hidden(browser.get(address).content.decode())
    reopened = browser.post(f"{address}ruling/", {**form, "act": "reopen"}, follow=True).content.decode()

    assert "waits in the queue" in asked
    assert "Settle it" in disputed
    assert "Reopened" in reopened
    assert said.counts(task)["disputed"] == 1


def test_the_late_page_asks_no_more_for_more_lines_than_a_few_each(
    task: Task, browser: Client, expert: Member, other: Member
) -> None:
    late_decision(task, by=expert, then=other)
    browser.get(LATE)
    with CaptureQueriesContext(connection) as one:
        browser.get(LATE)
    late_decision(task, by=expert, then=other)

    with CaptureQueriesContext(connection) as two:
        browser.get(LATE)

    # What counts now and the tag, read for each of at most twenty lines.
    assert len(two) - len(one) <= 3


def disputed_values(admin: Member, lead: Member, expert: Member, other: Member) -> Task:
    """A draft with nested values: one reviewer accepts it, the other changes two of them."""
    parts = (OutputItem(name="name"), OutputItem(name="urgent", type="boolean"))
    output = (
        OutputField(name="lines", type="list", items=parts),
        OutputField(name="order", type="object", items=(OutputItem(name="amount", type="integer"),)),
    )
    spec = factories.triage_spec().model_copy(update={"output_schema": output})
    task = factories.make_task(by=admin, spec=spec, slug="orders")
    for member, role in ((lead, Role.LEAD), (expert, Role.REVIEWER), (other, Role.REVIEWER)):
        factories.join(member, task, role)
    fields = {"lines": [{"name": "pump", "urgent": True}, {"name": "hose", "urgent": False}], "order": {"amount": 3}}
    factories.make_drafts(task, factories.make_records(factories.make_source(task), 1), fields=[fields])
    card = deck.deal(expert, task, count=1)[0]
    first = judge(card, by=expert).decision
    edited = {"lines": [{"name": "pump", "urgent": False}], "order": {"amount": 3}}
    judge(second_opinion(first, lead=lead, by=other), by=other, verdict="edit", fields=edited)
    return task


def test_disputed_values_stand_field_by_field_with_what_differs_first(
    task: Task, admin: Member, lead: Member, expert: Member, other: Member, browser: Client
) -> None:
    orders = disputed_values(admin, lead, expert, other)

    draft = said.disputed_drafts(orders).get()
    rows = said.disputed_fields(draft, said.sides(draft))
    page = browser.get("/tasks/orders/review/disputed/").content.decode()

    assert [(row.name, row.draft, row.differs) for row in rows] == [
        ("Lines 1 › Urgent", "yes", True), ("Lines 2 › Name", "hose", True), ("Lines 2 › Urgent", "no", True),
        ("Lines 1 › Name", "pump", False), ("Order › Amount", "3", False),
    ]  # fmt: skip
    assert [[(part.kind, part.text) for part in cell or ()] for cell in rows[0].cells] == [
        [("same", "yes")], [("removed", "yes"), ("added", "no")],
    ]  # fmt: skip
    assert "Field by field" in page and "<del>yes</del><ins>no</ins>" in page and "&quot;urgent&quot;" not in page


def test_a_disputed_mail_has_no_table_of_fields(
    task: Task, browser: Client, lead: Member, expert: Member, other: Member
) -> None:
    dispute(task, lead=lead, one=expert, other=other)

    assert "Field by field" not in browser.get(DISPUTED).content.decode()
