"""Short words for tests that look at the desk in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from members.models import Member
from review.models import Decision
from tests.signed_in import context_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PATIENCE_MS = 60_000
PAUSE_MS = 20
SHOWN = ".card:not([hidden])"
OUTBOX = """() => new Promise((done) => {
  indexedDB.open("miniatures-desk").onsuccess = ({ target: { result: base } }) => {
    base.transaction("outbox").objectStore("outbox").count().onsuccess = ({ target }) => {
      base.close();
      done(target.result);
    };
  };
})"""


@contextmanager
def signed_in_page(browser: Browser, url: str, member: Member) -> Iterator[Page]:
    """A page of a wide screen on which a member is signed in; an error in a script fails the test."""
    from playwright.sync_api import expect

    context = context_of(browser, url, member, viewport={"width": 1280, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    expect.set_options(timeout=PATIENCE_MS)
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(error.stack or error.message))
    yield page
    context.close()
    assert errors == []


def current(page: Page) -> str:
    """Id of the card in front."""
    return page.locator(SHOWN).get_attribute("data-card") or ""


def saved(page: Page, decisions: int) -> None:
    """Wait until the server has so many decisions."""
    until(page, lambda: Decision.objects.count() >= decisions)
    assert Decision.objects.count() == decisions


def waiting(page: Page) -> int:
    """How many verdicts the browser holds that no server has taken yet."""
    return int(page.evaluate(OUTBOX))


def until(page: Page, is_so: Callable[[], bool]) -> None:
    """Wait until something holds on the server."""
    for _ in range(PATIENCE_MS // PAUSE_MS):
        if is_so():
            return
        page.wait_for_timeout(PAUSE_MS)
    raise AssertionError("it never came to hold")
