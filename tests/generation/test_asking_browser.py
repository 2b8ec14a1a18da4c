"""Asking a teacher again in a real browser: a key, a wish, and the revision as the next card without a reload."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, Page, expect

from generation.models import Order, Teacher
from generation.orders import launch
from generation.states import Purpose
from generation.teachers import seeds
from jobs.supervisor import run_job
from members.models import Member
from review.datasets import export_rows
from review.models import Assignment, Draft, Gold, Membership, Source, Task
from review.states import AssignmentState, DraftState, Role
from tests.review.desk.looking import until
from tests.signed_in import context_of

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def desk(task: Task, source: Source, lead: Member, make_member: Any, browser: Browser,
         live_server: Any) -> Any:  # fmt: skip
    """The focus page over three drafts of the offline teacher, in front of a reviewer."""
    order = launch.launch(launch.OrderRequest(task, teacher=_offline(), count=3, by=lead, seed=1))
    run_job(order.job_id, worker="w")
    expert = make_member("rob")
    Membership.objects.create(member=expert, task=task, role=Role.REVIEWER)
    context = context_of(browser, live_server.url, expert)
    context.set_default_timeout(60_000)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    page.goto("/tasks/outreach/review/")
    page.wait_for_selector(".desk.is-live")
    expect.set_options(timeout=60_000)
    yield page
    context.close()
    assert errors == []


def _offline() -> Teacher:
    seeds.create_defaults(sender=None)
    return Teacher.objects.get(slug="offline")


def shown(page: Page) -> str:
    return page.locator(".card:not([hidden])").get_attribute("data-card") or ""


def ask(page: Page, wish: str) -> None:
    page.keyboard.press("t")
    box = page.locator("[data-asking] textarea")
    expect(box).to_be_focused()
    box.fill(wish)
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-asking]")).not_to_be_visible()


def carry_out() -> None:
    """The worker, in this process: a supervisor and a real engine."""
    order = Order.objects.get(purpose=Purpose.REVISION)
    run_job(order.job_id, worker="w")
    connections.close_all()


@pytest.mark.slow
def test_a_revision_comes_as_the_next_card_and_is_accepted_by_one_key(desk: Page) -> None:
    parent, title = shown(desk), desk.locator(".card:not([hidden])").get_attribute("data-title")

    ask(desk, "shorter, mention the audit")
    second = shown(desk)
    expect(desk.locator("[data-asked]")).to_have_text("1 revision on the way")
    carry_out()

    expect(desk.locator("[data-asked]")).to_have_text("Revision here: show it")
    assert shown(desk) == second != parent, "nobody is interrupted while reading"
    desk.locator("[data-asked]").click()
    revision = Draft.objects.get(parent=parent)
    assert shown(desk) == str(revision.pk)
    card = desk.locator(".card:not([hidden])")
    expect(card).to_have_attribute("data-title", title or "")
    expect(card.locator(".revised")).to_contain_text("Request: shorter, mention the audit")
    expect(card.locator(".revised ins", has_text="audit")).to_be_visible()
    desk.wait_for_timeout(300)
    desk.keyboard.press("a")
    until(desk, Gold.objects.exists)
    [[gold]] = export_rows.judged([str(Gold.objects.get(draft=revision).decision_id)])
    assert [(worse.kind, worse.draft_id) for worse in gold.worse] == [("revision", parent)]
    assert Draft.objects.get(pk=parent).state == DraftState.KEPT


def test_a_first_draft_that_was_judged_meanwhile_is_not_said_to_be_back(desk: Page) -> None:
    parent = shown(desk)
    ask(desk, "warmer")
    carry_out()
    desk.locator("[data-asked]").click()
    button = desk.locator(".card:not([hidden]) [data-act=restore]")
    expect(button).to_be_visible()
    Draft.objects.filter(pk=parent).update(state=DraftState.DECIDED)
    desk.wait_for_timeout(300)

    button.click()

    expect(desk.locator("[data-saved]")).to_contain_text("it was already judged")
    expect(button).to_be_visible()


def test_a_refusal_stands_in_the_panel_and_the_card_stays(desk: Page) -> None:
    card = shown(desk)
    desk.keyboard.press("t")
    expect(desk.locator("[data-asking] textarea")).to_be_focused()
    Teacher.objects.update(is_active=False)

    desk.locator("[data-asking] textarea").fill("warmer")
    desk.keyboard.press("Control+Enter")

    expect(desk.locator("[data-ask-refusal]")).to_contain_text("no teacher")
    desk.keyboard.press("Escape")
    assert shown(desk) == card
    assert not Order.objects.filter(purpose=Purpose.REVISION).exists()


def test_undo_brings_the_draft_back_while_its_revision_is_away(desk: Page) -> None:
    parent = shown(desk)
    ask(desk, "warmer")
    assert shown(desk) != parent

    desk.keyboard.press("z")

    expect(desk.locator(f"#card-{parent}")).to_be_visible()
    held = Assignment.objects.filter(draft=parent, state=AssignmentState.ACTIVE)
    until(desk, lambda: held.all().exists())


@pytest.mark.slow
def test_what_was_asked_before_a_reload_arrives_after_it(desk: Page) -> None:
    ask(desk, "warmer")
    desk.reload()
    desk.wait_for_selector(".desk.is-live")
    expect(desk.locator("[data-asked]")).to_have_text("1 revision on the way")

    carry_out()

    expect(desk.locator("[data-asked]")).to_have_text("Revision here: show it")
