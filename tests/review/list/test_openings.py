"""The line by which the list knows a draft: its title, or the first sentence that differs."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from members.models import Member
from review.drafts.openings import openings
from tests.review import factories

NAMES = ["subject", "body"]
GREETING = "Hi {{contact.first_name}},\n\n"


def mail(subject: str, body: str) -> dict[str, str]:
    # Databases keep the shorter name first.
    return {"body": GREETING + body, "subject": subject}


def test_a_title_is_shown_in_whatever_order_the_fields_are_kept() -> None:
    drafts = [mail("On steel", "A word."), mail("On rail", "A word.")]

    assert openings(drafts, NAMES) == ["On steel", "On rail"]


def test_a_title_that_most_share_gives_way_to_the_first_sentence_that_differs() -> None:
    drafts = [
        mail("A question", f"I have a question. You opened in {town}. Shall we talk?")
        for town in ("Lund", "Graz", "Ghent")
    ]

    assert openings(drafts, NAMES) == [f"You opened in {town}." for town in ("Lund", "Graz", "Ghent")]


@pytest.mark.parametrize("body", ["You grew. Shall we talk?", "You grew.\nShall we talk?"])
def test_a_draft_alone_is_known_by_what_follows_its_salutation(body: str) -> None:
    assert openings([{"body": GREETING + body}], ["body"]) == ["You grew."]


def test_drafts_that_say_the_same_are_known_by_their_title_or_first_words() -> None:
    assert openings([mail("Same", "A word.")] * 2, NAMES) == ["Same"] * 2
    assert openings([{"body": GREETING + "A word."}] * 3, ["body"]) == ["Hi {{contact.first_name}},"] * 3


def test_a_draft_without_a_text_has_none() -> None:
    assert openings([{"category": "bug", "urgent": True}, {"amount": 3}, {}], ["category", "urgent"]) == ["bug", "", ""]


@pytest.mark.django_db
@pytest.mark.both_databases
def test_no_row_of_the_list_begins_with_the_salutation(admin: Member, as_member: Callable[[Member], Client]) -> None:
    factories.make_desk(by=admin, count=3)

    page = as_member(admin).get("/tasks/outreach/review/list/").content.decode()

    assert page.count("A question about ") == 3
    assert "<bdi>Hi {{" not in page
