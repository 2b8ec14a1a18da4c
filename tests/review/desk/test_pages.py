"""The desk's pages as a browser without scripts uses them."""

from __future__ import annotations

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Member
from review.desk import deck, elsewhere
from review.models import Assignment, Decision, Draft, Gold, Task
from review.states import AssignmentState, DraftState, Verdict
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = pytest.mark.django_db
URL = "/tasks/outreach/review/"


@pytest.fixture
def browser(expert: Member, as_member) -> Client:
    return as_member(expert)


def form_of(page: str) -> dict[str, str]:
    """Hidden inputs of the first card's form."""
    first = page[page.index('<article class="card"') :]
    names = ("draft", "etag", "id")
    return {name: re.search(rf'name="{name}"\s+value="([^"]+)"', first).group(1) for name in names}


@pytest.mark.slow
def test_the_page_shows_one_card_and_hides_the_rest_of_the_deck(browser: Client) -> None:
    page = browser.get(URL).content.decode()

    cards = re.findall(r'<article class="card".*?>', page, re.DOTALL)
    assert len(cards) == 5
    assert [" hidden" in card for card in cards] == [False, True, True, True, True]
    assert "8 left" in page


def test_a_plain_form_accepts_and_the_next_card_follows(browser: Client) -> None:
    page = browser.get(URL).content.decode()

    after = browser.post(URL, {**form_of(page), "verdict": "accept"}, follow=True)

    assert Gold.objects.get().verdict == Verdict.ACCEPT
    assert "Accepted." in after.content.decode()
    assert form_of(after.content.decode())["draft"] != form_of(page)["draft"]


def test_a_plain_form_rejects_by_its_reason(browser: Client) -> None:
    page = browser.get(URL).content.decode()

    browser.post(URL, {**form_of(page), "reason": "tone"})

    assert Decision.objects.get().reasons == ["tone"]


def test_a_plain_form_edits(browser: Client) -> None:
    page = browser.get(URL).content.decode()
    edited = {"field:subject": "Cold loads", "field:body": "Other words."}

    browser.post(URL, {**form_of(page), **edited, "verdict": "edit"})

    assert Decision.objects.get().fields == {"subject": "Cold loads", "body": "Other words."}


def test_a_plain_form_with_an_untouched_editor_accepts(browser: Client) -> None:
    page = browser.get(URL).content.decode()
    form = form_of(page)
    draft = Draft.objects.get(pk=form["draft"]).fields
    untouched = {f"field:{name}": text.replace("\n", "\r\n") for name, text in draft.items()}

    browser.post(URL, {**form, **untouched, "verdict": "edit"})

    assert Decision.objects.get().verdict == Verdict.ACCEPT


def test_a_refused_edit_comes_back_with_its_text(browser: Client) -> None:
    page = browser.get(URL).content.decode()
    edited = {"field:subject": "", "field:body": "Words that must not be lost."}

    answer = browser.post(URL, {**form_of(page), **edited, "verdict": "edit"})

    assert answer.status_code == 422
    assert "is empty; it is required" in answer.content.decode()
    assert "Words that must not be lost." in answer.content.decode()
    assert not Decision.objects.exists()


@pytest.mark.slow
def test_a_plain_form_sets_aside_and_undoes(browser: Client, expert: Member) -> None:
    page = browser.get(URL).content.decode()
    browser.post(URL, {**form_of(page), "verdict": "set_aside", "note": "Ask Ada"})
    second = browser.get(URL).content.decode()
    browser.post(URL, {**form_of(second), "verdict": "accept"})

    browser.post(URL, {**form_of(browser.get(URL).content.decode()), "verdict": "undo"})

    assert Assignment.objects.get(state=AssignmentState.SET_ASIDE).note == "Ask Ada"
    assert not Gold.objects.exists()
    assert Decision.objects.filter(verdict=Verdict.RETRACT).count() == 1


@pytest.mark.parametrize(("subject", "body", "is_edit"), [("Half", "A thought\r\n", True), (None, None, False)])
def test_a_plain_form_that_sets_aside_keeps_the_edit_with_the_card(
    browser: Client, subject: str | None, body: str | None, is_edit: bool
) -> None:
    form = form_of(browser.get(URL).content.decode())
    draft = Draft.objects.get(pk=form["draft"]).fields
    boxes = {"field:subject": subject or draft["subject"], "field:body": body or draft["body"].replace("\n", "\r\n")}

    browser.post(URL, {**form, **boxes, "verdict": "set_aside"})

    kept = Assignment.objects.get(state=AssignmentState.SET_ASIDE).unfinished
    assert kept == ({"subject": "Half", "body": "A thought\r\n"} if is_edit else None)


def test_enter_in_a_text_box_decides_nothing_and_keeps_the_text(browser: Client) -> None:
    form = form_of(browser.get(URL).content.decode())

    answer = browser.post(URL, {**form, "field:subject": "Half", "field:body": "A thought not finished"})

    assert "Nothing was decided" in answer.content.decode()
    assert "A thought not finished" in answer.content.decode()
    assert not Decision.objects.exists()


def test_undo_with_nothing_to_undo_says_so(browser: Client) -> None:
    form = form_of(browser.get(URL).content.decode())

    answer = browser.post(URL, {**form, "verdict": "undo"})

    assert "nothing to undo" in answer.content.decode()


def test_a_card_named_in_the_address_comes_first(browser: Client) -> None:
    last = Draft.objects.order_by("queue_position").last()

    page = browser.get(URL, {"card": str(last.pk)}).content.decode()

    assert form_of(page)["draft"] == str(last.pk)


def test_marks_stand_in_the_text_and_beside_it(browser: Client, task: Task) -> None:
    records = factories.make_records(factories.make_source(task, name="Marked"), 1)
    fields = factories.mail(records[0], extra=" Teams like yours cut spoilage by 31 %.")
    draft = factories.make_drafts(task, records, fields=[fields])[0]

    page = browser.get(URL, {"card": str(draft.pk)}).content.decode()

    mark = next(mark for mark in draft.marks if mark["check"] == "unsupported")
    marked = fields["body"][mark["start"] : mark["end"]]
    assert re.search(rf'<mark class="mark is-\w+"[^>]*>{re.escape(marked)}<span class="mark-words">', page)
    assert page.count(mark["message"]) >= 2


def test_facts_and_the_sentences_that_rest_on_them_name_each_other(browser: Client) -> None:
    page = browser.get(URL).content.decode()

    assert re.search(r'class="fact is-used"\s+data-fact="trigger"', page)
    assert re.search(r'class="rests[^"]*" data-facts="[^"]*trigger', page)


def test_a_task_with_text_and_claims_shows_and_edits(admin: Member, as_member) -> None:
    task = factories.make_task(by=admin, spec=factories.summary_spec(), slug="summary")
    records = factories.make_records(factories.make_source(task), 1, title="About cold", page="Cold is cold.")
    claims = [
        {"text": "Cold is cold.", "quote": "cold", "url": "https://a.example"},
        {"text": "B", "quote": "", "url": ""},
    ]
    factories.make_drafts(task, records, fields=[{"summary": "It is cold.", "claims": claims}])
    browser = as_member(admin)
    page = browser.get("/tasks/summary/review/").content.decode()
    form = form_of(page)

    edited = {"field:summary": "Colder.", "field:claims.0.text": "Cold.", "field:claims.1.text": " "}
    browser.post("/tasks/summary/review/", {**form, "verdict": "edit", **edited})

    assert "https://a.example" in page
    assert Decision.objects.get().fields == {
        "summary": "Colder.", "claims": [{"text": "Cold.", "quote": "", "url": ""}]
    }  # fmt: skip


@pytest.mark.parametrize(
    ("place", "words"), [("", "when a lead of this task orders"), ("list/", "No drafts"), ("choose/", "No drafts")]
)
def test_an_empty_task_tells_who_may_order_drafts_where_they_come_from(
    admin: Member, reviewer: Member, as_member, place: str, words: str
) -> None:
    factories.join(reviewer, factories.make_task(by=admin, slug="fresh"))

    page, theirs = (as_member(each).get(f"/tasks/fresh/review/{place}").content.decode() for each in (admin, reviewer))

    assert ">Generate drafts</a>" in page
    assert ">Generate drafts</a>" not in theirs
    assert words in theirs


def test_a_finished_queue_points_a_lead_at_freezing_and_a_reviewer_at_own_decisions(
    browser: Client, admin: Member, expert: Member, task: Task, as_member
) -> None:
    for card in deck.deal(expert, task, count=8):
        judge(card, by=expert)

    theirs = browser.get(URL).content.decode()
    leads = as_member(admin).get(URL).content.decode()

    assert "All cards are judged" in theirs
    assert ">My decisions</a>" in theirs
    assert ">Freeze a dataset</a>" not in theirs
    assert ">Freeze a dataset</a>" in leads


def test_with_none_judged_and_all_leased_to_others_a_lead_reads_how_many_and_until_when(
    browser: Client, admin: Member, expert: Member, other: Member, task: Task, as_member
) -> None:
    held = deck.deal(other, task, count=7)
    Draft.objects.filter(task=task, state=DraftState.PENDING).update(for_reviewer=other)

    lead = as_member(admin)
    lead.cookies["zone"] = "Asia/Kathmandu"
    leads = lead.get(URL).content.decode()
    answer = as_member(expert).get(f"/api/v1/desk/{task.slug}/deck/").json()
    theirs = as_member(other).get(f"/api/v1/desk/{task.slug}/deck/").json()

    first = min(assignment.leased_until for assignment in held)
    assert '<div data-gap="done" hidden>' in leads
    assert '<div class="empty" data-gap="others" >' in leads
    assert "There are 7 cards in front of other reviewers and 1 card waiting for another reviewer." in leads
    assert f">{first.astimezone(ZoneInfo('Asia/Kathmandu')):%H:%M}</time>" in leads
    assert (answer["elsewhere"]["held"], answer["elsewhere"]["waiting"]) == (7, 1)
    assert datetime.fromisoformat(answer["elsewhere"]["until"]) == first
    assert theirs["elsewhere"] is None


def test_pages_of_a_document_are_parted_on_the_desk_by_an_empty_line(
    browser: Client, task: Task, card: Assignment
) -> None:
    record = card.draft.record
    record.facts |= {"notes": "Stock is counted on Fridays.\fLorries leave at six.\u200b"}
    record.save(update_fields=["facts"])

    page = browser.get(URL).content.decode()

    assert "U+000C" not in page
    assert re.search(r"Fridays\.(?:</span>)?<br><br>(?:<span[^>]*>)?Lorries", page)
    assert 'data-sign="ZWSP"' in page

    parted = "Stock is counted on Fridays.\n\nLorries leave at six.\u200b"
    address = reverse("review:draft-text", args=[card.draft_id])
    assert browser.get(f"{address}?fact=notes").content.decode() == parted
    assert parted in browser.get(reverse("review:draft", args=["outreach", card.draft_id])).content.decode()


def test_cards_that_come_back_to_nobody_are_not_with_others(
    expert: Member, other: Member, admin: Member, task: Task
) -> None:
    """One's own verdicts, those under a second reader's eyes, and known answers are no cards to wait for."""
    for card in deck.deal(expert, task, count=8):
        judge(card, by=expert)
    Draft.objects.filter(task=task).update(state=DraftState.PENDING, verdicts_wanted=2)
    assert len(deck.deal(other, task, count=3)) == 3

    left = elsewhere.cards_elsewhere(expert, task)

    assert (left.held, left.waiting) == (0, 5)
    assert elsewhere.cards_elsewhere(admin, task).held == 3


def test_a_page_carries_one_deck_however_many_cards_are_held(browser: Client, expert: Member, task: Task) -> None:
    drafts = list(Draft.objects.filter(task=task).order_by("queue_position", "id"))
    for draft in drafts:
        deck.hold(expert, draft.pk)

    page = browser.get(f"{URL}?card={drafts[-1].pk}").content.decode()

    shown = re.findall(r'data-card="([^"]+)"', page)
    assert len(drafts) == 8
    assert len(shown) == 5
    assert shown[0] == str(drafts[-1].pk)
