"""A lead composes a pipeline of four stages by keyboard alone, and reviews what it wrote, in a real browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Locator, Page, expect

from campaigns.models import Campaign, PipelineVersion
from campaigns.sending import lifecycle, tick
from members.models import Member
from review.models import Decision, Task
from review.states import Role
from tests.campaigns import stage_rows
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


def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until a control has the focus, as a hand would."""
    handle = wanted.element_handle()
    for _ in range(120):
        if page.evaluate("wanted => document.activeElement === wanted", handle):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {wanted}.")


def shoot(page: Page, name: str) -> None:
    if folder := os.environ.get("SHOTS"):
        for scheme in ("light", "dark"):
            for width in (1440, 375):
                page.emulate_media(color_scheme=scheme)
                page.set_viewport_size({"width": width, "height": 900})
                page.screenshot(path=f"{folder}/{name}-{scheme}-{width}.png", full_page=True)
        page.set_viewport_size({"width": 1440, "height": 900})


def test_four_stages_are_composed_and_saved_by_keyboard(page: Page, task: Task, lead: Member, admin: Member) -> None:
    for made in stage_rows.make_tasks(by=admin).values():
        desk.join(lead, made, Role.LEAD)
    page.goto(f"/tasks/{task.slug}/pipelines/new/")
    stages = page.locator(".pipeline-stages > li")
    expect(stages).to_have_count(3)

    tab_to(page, page.get_by_label("Name of the pipeline"))
    page.keyboard.type("Spring")
    tab_to(page, page.get_by_role("button", name="Add the stage"))
    page.keyboard.press("Enter")
    expect(stages).to_have_count(4)
    tab_to(page, stages.nth(2).get_by_label("Task", exact=True))
    page.keyboard.press("ArrowDown")
    # What the task asks for comes by itself, with the source of each name chosen.
    expect(stages.nth(2).get_by_label("sector")).to_have_value("record.sector")
    tab_to(page, stages.nth(2).get_by_role("checkbox", name="good"))
    page.keyboard.press("Space")
    shoot(page, "compose")
    tab_to(page, page.get_by_role("button", name="Save version 1"))
    page.keyboard.press("Enter")

    expect(page).to_have_url("/pipelines/spring/")
    version = PipelineVersion.objects.get()
    assert list(version.stages.values_list("kind", flat=True)) == ["research", "verify", "qualify", "write"]
    assert version.stages.get(kind="qualify").condition == {"field": "fit", "in": ["good"]}
    shoot(page, "pipeline")


@pytest.fixture
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
