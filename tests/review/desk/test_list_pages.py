"""The desk's lists: drafts narrowed and paged, one draft read, one's own decisions searched and reopened."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from members.models import Member
from review.desk import deck as desk_deck
from review.models import Draft, Gold, Task
from review.states import DraftState, Role
from tests.review import factories
from tests.review.desk.verbs import judge

pytestmark = [pytest.mark.django_db, pytest.mark.both_databases]
URL = "/tasks/outreach/review/"


@pytest.fixture
def browser(expert: Member, as_member) -> Client:
    return as_member(expert)


def test_a_viewer_reads_the_list_and_gets_no_card(task: Task, make_member, as_member) -> None:
    viewer = make_member("vera")
    factories.join(viewer, task, Role.VIEWER)

    answer = as_member(viewer).get(URL)

    assert answer.status_code == 302
    assert answer["Location"].endswith("/review/list/")
    assert not Draft.objects.filter(state=DraftState.LEASED).exists()
    assert as_member(viewer).get(answer["Location"]).status_code == 200


def test_a_draft_can_be_read_with_what_was_said_of_it(browser: Client, expert: Member, task: Task) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert, verdict="edit", fields={"subject": "Loads", "body": "Mended words."}, note="Not quite")

    page = browser.get(f"{URL}drafts/{card.draft_id}/").content.decode()

    assert "Edited" in page
    assert "Not quite" in page
    assert "Mended words." in page


def test_a_draft_that_others_judged_is_not_said_to_have_no_decision(
    task: Task, expert: Member, admin: Member, make_member, as_member
) -> None:
    card = desk_deck.deal(expert, task, count=1)[0]
    judge(card, by=expert)
    factories.join(other := make_member("otto"), task)
    address = f"/tasks/outreach/review/drafts/{card.draft_id}/"

    theirs, leads = (as_member(member).get(address).content.decode() for member in (other, admin))

    assert "Reviewers see their own decisions alone." in theirs
    assert "No decision yet" not in theirs
    assert "Reviewers see their own decisions alone." not in leads


@pytest.mark.parametrize("word", ["zürich", "ZÜRICH", "Zürich", "übermorgen", "ÄRGER"])
def test_my_decisions_are_found_whatever_the_case_of_their_letters(
    browser: Client, expert: Member, task: Task, word: str
) -> None:
    deck = desk_deck.deal(expert, task, count=2)
    fields = {"subject": "Grüße aus Zürich", "body": "Bis Übermorgen."}
    judge(deck[0], by=expert, verdict="edit", fields=fields, note="Ein Ärger")
    judge(deck[1], by=expert)

    found = browser.get(URL + "decisions/", {"q": word}).content.decode()

    assert found.count('<th scope="row">') == 1


def test_my_decisions_are_searched_and_reopened(browser: Client, expert: Member, task: Task) -> None:
    deck = desk_deck.deal(expert, task, count=2)
    judge(deck[0], by=expert, verdict="edit", fields={"subject": "Grüße aus Zürich", "body": "x"})
    judge(deck[1], by=expert)

    found = browser.get(URL + "decisions/", {"q": "Zürich"}).content.decode()
    names = ("draft", "decision", "etag")
    form = {name: re.search(rf'name="{name}"\s+value="([^"]+)"', found).group(1) for name in names}
    answer = browser.post(URL + "decisions/reopen/", form)

    assert found.count('<th scope="row">') == 1
    assert answer["Location"].endswith(f"?card={deck[0].draft_id}")
    assert Gold.objects.count() == 1
    assert "taken back" in browser.get(URL + "decisions/").content.decode()


def test_reopening_the_word_of_another_is_refused_in_words(browser: Client, admin: Member, task: Task) -> None:
    card = desk_deck.deal(admin, task, count=1)[0]
    outcome = judge(card, by=admin)
    form = {"draft": str(card.draft_id), "decision": str(outcome.decision.pk), "etag": card.etag}

    answer = browser.post(URL + "decisions/reopen/", form, follow=True)

    assert "has changed since you loaded it" in answer.content.decode()
    assert Gold.objects.count() == 1
