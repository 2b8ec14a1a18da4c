"""Leaving the desk with edits that are too long to travel with the cards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page

from members.models import Member
from review.models import Assignment
from review.states import AssignmentState
from tests.review.desk.looking import SHOWN, until

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.mark.parametrize(
    ("text", "edits", "travelling"),
    [("荷" * 25_000, 1, 0), ("a" * 25_000, 3, 2)],
    ids=["one of three bytes a letter", "three together"],
)
def test_long_edits_keep_no_other_card_from_going_back(
    open_desk: Callable[..., Page], admin: Member, text: str, edits: int, travelling: int
) -> None:
    page = open_desk(admin)
    # So that the words are still to be sent when the page goes.
    page.route("**/unfinished/", lambda route: route.abort())
    for _ in range(edits):
        page.keyboard.press("e")
        page.locator(f"{SHOWN} .editor textarea").fill(text)
        page.keyboard.press("Escape")
        page.keyboard.press("j")

    page.goto("/jobs/")

    until(page, lambda: Assignment.objects.filter(state=AssignmentState.RELEASED).count() == 4)
    assert Assignment.objects.filter(state=AssignmentState.ACTIVE).count() == 1
    assert Assignment.objects.filter(unfinished__isnull=False).count() == travelling
