"""A task with drafts, two reviewers, and a card in the deck of one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from members.models import Member
from review.desk import deck
from review.models import Assignment, Task
from tests.review import factories
from tests.review.desk.looking import PATIENCE_MS
from tests.signed_in import context_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page


@pytest.fixture
def task(admin: Member) -> Task:
    return factories.make_desk(by=admin, count=8)


@pytest.fixture
def card(task: Task, expert: Member) -> Assignment:
    return deck.deal(expert, task, count=1)[0]


@pytest.fixture
def open_desk(browser: Browser, live_server: Any, task: Task) -> Iterator[Callable[..., Page]]:
    """Open a task's desk for a member, in a browser of their own; an error in a script fails the test."""
    from playwright.sync_api import expect

    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_for(member: Member, *, slug: str = "outreach", **options: Any) -> Page:
        context = context_of(browser, live_server.url, member, **options)
        context.set_default_timeout(PATIENCE_MS)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: errors.append(error.stack or error.message))
        page.goto(f"/tasks/{slug}/review/")
        if options.get("java_script_enabled", True):
            page.wait_for_selector(".desk.is-live")
        return page

    expect.set_options(timeout=PATIENCE_MS)
    yield open_for
    for context in contexts:
        context.close()
    assert errors == []
