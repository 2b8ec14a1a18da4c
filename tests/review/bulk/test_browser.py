"""Deciding many in a real browser: by keyboard from the list, and from the line in the desk's foot."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from members.models import Member
from review.models import BulkAct, Decision, Gold, Task
from review.states import Verdict
from tests.review import factories
from tests.review.bulk.acts import THURSDAY
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def open_page(browser: Browser, live_server: Any):
    contexts = []

    def opened(member: Member, address: str, width: int = 1440) -> Page:
        expect.set_options(timeout=60_000)
        context = context_of(browser, live_server.url, member, viewport={"width": width, "height": 900})
        contexts.append(context)
        page = context.new_page()
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.slow
def test_rows_are_chosen_by_keys_rejected_and_brought_back(
    open_page: Callable[..., Page], task: Task, expert: Member
) -> None:
    page = open_page(expert, "/tasks/outreach/review/list/?q=thursday")
    bar = page.locator(".bulk")
    expect(bar).to_be_hidden()

    for key in "jxjxjx":
        page.keyboard.press(key)
    expect(page.get_by_text("3 selected")).to_be_visible()
    page.get_by_role("button", name="Reject…").click()
    page.get_by_label("Too long").or_(page.get_by_label("Tone")).first.check()
    page.get_by_role("button", name="Show what would happen").click()
    page.get_by_role("button", name="Reject 3 drafts").click()
    expect(page.get_by_text("3 drafts rejected").first).to_be_visible()
    rejected = Gold.objects.filter(verdict=Verdict.REJECT).count()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("3 drafts back as before.")).to_be_visible()

    assert rejected == 3
    assert not Gold.objects.exists()


def test_a_changed_form_takes_its_preview_away(open_page: Callable[..., Page], task: Task, expert: Member) -> None:
    page = open_page(expert, "/tasks/outreach/review/bulk/?state=pending&give=accept")
    expect(page.get_by_role("button", name="Accept 40 drafts")).to_be_visible()

    page.get_by_label("Set aside").check()

    expect(page.get_by_role("button", name="Accept 40 drafts")).to_have_count(0)
    expect(page.get_by_label("Sentence to replace")).to_be_hidden()


def test_after_an_edit_the_same_change_is_offered_for_the_others(
    open_page: Callable[..., Page], task: Task, expert: Member
) -> None:
    page = open_page(expert, "/tasks/outreach/review/")
    page.locator(".desk.is-live .card:not([hidden])").first.wait_for()

    page.keyboard.press("e")
    body = page.locator('.card:not([hidden]) textarea[name="field:body"]')
    body.fill(body.input_value().replace(THURSDAY, "May I call you?"))
    page.keyboard.press("Control+Enter")
    offer = page.locator(".offer a")
    expect(offer).to_contain_text("other pending drafts contain this sentence")
    offer.click()
    page.get_by_role("button", name="Edit 3").click()
    expect(page.get_by_text("drafts edited").first).to_be_visible()

    act = BulkAct.objects.get()
    assert act.count >= 34  # all but the edited one and those in the deck
    assert "May I call you?" in Decision.objects.filter(bulk=act).first().fields["body"]


@pytest.mark.slow
def test_an_opening_edited_three_times_can_be_made_a_check(
    open_page: Callable[..., Page], task: Task, admin: Member
) -> None:
    page = open_page(admin, "/tasks/outreach/review/")
    page.locator(".desk.is-live .card:not([hidden])").first.wait_for()

    for _ in range(3):
        page.keyboard.press("e")
        body = page.locator('.card:not([hidden]) textarea[name="field:body"]')
        body.fill(body.input_value().replace(THURSDAY, "May I call you?"))
        page.keyboard.press("Control+Enter")
    expect(page.locator(".offer")).to_contain_text(
        "You edited this opening 3 times: make it a check · change it in the"
    )
    page.locator(".offer").get_by_role("link", name="make it a check").click()

    expect(page.get_by_label("Forbidden phrases").first).to_be_visible()
    expect(page.get_by_label("Forbidden phrases").first).to_have_value(re.compile("Would a short call on$"))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("address", ["list/?q=window&state=pending", "alike/", "bulk/?q=window&give=accept"])
def test_pages_fit_a_phone_and_run_nothing_of_a_draft(
    open_page: Callable[..., Page], task: Task, expert: Member, address: str
) -> None:
    records = factories.make_records(factories.make_source(task, name="Hostile"), 3)
    hostile = {"subject": "<script>window.ran=1</script>", "body": "<img src=x onerror='window.ran=1'> Thursday"}
    factories.make_drafts(task, records, fields=[hostile] * 3)

    page = open_page(expert, f"/tasks/outreach/review/{address}", width=375)

    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    assert page.evaluate("window.ran") is None
    assert "window.ran=1" in page.locator("main").text_content()
