"""Settling a dispute in a real browser, by one key."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from members.models import Member
from review.models import Gold, Task
from review.states import Verdict
from tests.review.rulings.verdicts import dispute
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_one_key_settles_and_the_next_dispute_comes(
    browser: Browser, live_server: Any, task: Task, lead: Member, expert: Member, other: Member
) -> None:
    _, edited = dispute(task, lead=lead, one=expert, other=other)
    dispute(task, lead=lead, one=expert, other=other)
    dispute(task, lead=lead, one=expert, other=other)
    expect.set_options(timeout=60_000)
    context = context_of(browser, live_server.url, lead)
    page = context.new_page()
    page.goto("/tasks/outreach/review/disputed/")
    heading = page.locator("h1")
    first = heading.inner_text()
    # A heading can be read before the keys are bound.
    live = page.locator("[data-adjudicate].is-live")
    live.wait_for()

    page.keyboard.press("b")
    expect(heading).not_to_have_text(first)
    second = heading.inner_text()
    live.wait_for()
    page.keyboard.press("2")
    expect(heading).not_to_have_text(second)
    live.wait_for()
    page.keyboard.press("e")
    page.keyboard.type(" mended")
    page.keyboard.press("Control+Enter")
    expect(page.get_by_text("No dispute")).to_be_visible()
    context.close()

    golds = list(Gold.objects.order_by("decided_at").select_related("decision"))
    assert golds[0].decision == edited
    assert [gold.verdict for gold in golds] == [Verdict.EDIT, Verdict.REJECT, Verdict.EDIT]
    assert "mended" in golds[2].decision.fields["subject"]
