"""The desk in a real browser when it was opened from a campaign: its drafts to the last one, and no other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from campaigns.models import Campaign
from campaigns.sending import lifecycle, tick
from members.models import Member
from review.models import Decision, Task
from tests.campaigns.pipeline.conftest import answer_orders
from tests.review import factories as desk
from tests.review.desk.looking import PATIENCE_MS, saved
from tests.signed_in import context_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(browser: Browser, live_server: Any, lead: Member) -> Iterator[Page]:
    expect.set_options(timeout=PATIENCE_MS)
    context = context_of(browser, live_server.url, lead)
    context.set_default_timeout(PATIENCE_MS)
    yield context.new_page()
    context.close()


def test_the_approval_link_leads_through_the_campaigns_drafts_alone(
    page: Page, campaign: Campaign, task: Task, lead: Member
) -> None:
    lifecycle.launch(campaign, by=lead)
    tick.advance_all()
    answer_orders()
    tick.advance_all()
    desk.make_drafts(task, desk.make_records(desk.make_source(task), 4))

    page.goto(f"/campaigns/{campaign.slug}/")
    page.get_by_role("button", name="Approve on the desk").click()
    page.wait_for_selector(".desk.is-live")
    expect(page.locator(".card:not([hidden]) .goes-to")).to_contain_text("This goes to Ada")
    if folder := os.environ.get("SHOTS"):
        for width in (1440, 375):
            page.set_viewport_size({"width": width, "height": 900})
            page.screenshot(path=f"{folder}/desk-{width}.png")
    for number in range(1, 7):
        page.keyboard.press("a")
        saved(page, number)

    expect(page.locator("[data-empty]")).to_contain_text("No further draft of the campaign Spring waits for you")
    assert set(Decision.objects.values_list("draft__origin", flat=True)) == {"campaign"}
