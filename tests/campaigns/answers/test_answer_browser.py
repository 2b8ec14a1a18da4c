"""A lead answers a reply by keyboard alone, in a real browser; nothing is wider than a phone."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import InboxAnswer, Reply
from members.models import Member
from tests.campaigns.pipeline.test_compose_browser import shoot, tab_to
from tests.review.desk.looking import PATIENCE_MS
from tests.signed_in import context_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any, admin: Member) -> Iterator[Page]:
    expect.set_options(timeout=PATIENCE_MS)
    context = context_of(browser, live_server.url, admin)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_a_reply_is_answered_by_keyboard(page: Page, reply: Reply) -> None:
    page.goto("/campaigns/first/replies/")
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    page.wait_for_url("**/replies/?reply=*")

    tab_to(page, page.get_by_role("link", name="Answer", exact=True))
    page.keyboard.press("Enter")
    tab_to(page, page.get_by_label("Text", exact=True))
    page.keyboard.type("Hi {{contact.first_name}}, it costs 40 euros.")
    tab_to(page, page.get_by_role("button", name="Save and show the mail"))
    page.keyboard.press("Enter")
    expect(page.locator("#preview")).to_contain_text("Hi Reader0, it costs 40 euros.")
    shoot(page, "answer")
    page.set_viewport_size({"width": 375, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    tab_to(page, page.get_by_role("button", name="Send it"))
    page.keyboard.press("Enter")

    expect(page.get_by_text("The answer is being sent.")).to_be_visible()
    answer = InboxAnswer.objects.get()
    assert (answer.state, answer.reply) == ("approved", reply)
