"""From Home of the demo to the first card of one's own: with answers that are there already, and with a key.

Clicks and time are counted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from generation.models import PriceEntry
from jobs.models import Job
from jobs.supervisor import run_job
from jobs.supervisor.spare_processes import SPARE_PROCESSES
from members.models import Member
from review.models import Draft
from tests.generation.answering import Answering, answering
from tests.nursery import Standby
from tests.review import factories
from tests.review.desk.looking import SHOWN, signed_in_page
from tests.review.imports.own_rows.test_own_rows_proposal import TICKETS

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.django_db(transaction=True)]
# One more is spent on signing in.
MOST_CLICKS = 14
PROMPTS = "\n".join(f"Where is parcel {number}, please? It was due." for number in range(20))


# Ten minutes, less the first start of the demo, signing in, and what the machine takes between the clicks: 4 and 8 s,
# measured quiet.
MOST_S = 600 - 180 - 20 - 25
# To think, point and press; to press a key: the keystroke-level model (Card, Moran and Newell 1980), an average typist.
THINK_POINT_PRESS_S, KEY_S = 1.35 + 1.1 + 0.2, 0.28
# Silent reading of English (Brysbaert 2019).
WORDS_A_SECOND = 238 / 60


class Hand:
    """A person at work: reads every word of each page, clicks into whatever is filled, chosen or pressed,
    and counts.
    """

    def __init__(self) -> None:
        self.clicks, self.seconds = 0, 0.0

    def read(self, page: Page) -> None:
        # A page that asks for its price is read when it has it.
        if page.locator("#estimate").count():
            expect(page.locator("#estimate")).to_contain_text("What it costs")
        self.seconds += len(page.locator("main").inner_text().split()) / WORDS_A_SECOND

    def press(self, target: Locator) -> None:
        self._point()
        target.click()

    def fill(self, target: Locator, text: str) -> None:
        self._point()
        # What has lines is pasted.
        self.seconds += KEY_S * (2 if "\n" in text else len(text))
        target.fill(text)

    def _point(self) -> None:
        self.clicks += 1
        self.seconds += THINK_POINT_PRESS_S


@pytest.fixture
def page(browser: Browser, live_server: Any, admin: Member, settings: Any, tmp_path: Path) -> Iterator[Page]:
    settings.DEMO, settings.VAR_DIR = True, tmp_path
    # The demo's own task: on any other, Home says nothing of the demo.
    factories.make_task(by=admin, slug="outreach-e-mail")
    with signed_in_page(browser, live_server.url, admin) as page:
        yield page


@pytest.fixture
def provider(settings: Any) -> Iterator[Answering]:
    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    with answering(lambda body: "It left us on Monday.") as server:
        yield server


def bring(page: Page, hand: Hand, rows: str) -> None:
    page.goto("/")
    hand.read(page)
    hand.press(page.get_by_role("link", name="Use my own rows"))
    page.wait_for_url("**/tasks/new/rows/")
    hand.read(page)
    assert fits_a_phone(page)
    hand.fill(page.get_by_label("Paste rows"), rows)
    hand.press(page.get_by_role("button", name="Continue"))
    page.wait_for_url(re.compile("/tasks/new/rows/[0-9a-f]+/"))
    hand.read(page)


def fits_a_phone(page: Page) -> bool:
    page.set_viewport_size({"width": 375, "height": 800})
    fits = page.evaluate("document.documentElement.scrollWidth") == 375
    page.set_viewport_size({"width": 1280, "height": 900})
    return bool(fits)


def test_rows_with_answers_are_judged_after_four_clicks(page: Page) -> None:
    hand = Hand()
    bring(page, hand, TICKETS)
    expect(page.get_by_label("What Kategorie is")).to_have_value("answer")
    expect(page.get_by_label("Type of Dringend")).to_have_value("boolean")
    assert fits_a_phone(page)
    hand.press(page.get_by_role("button", name="Create the task and judge its answers"))
    page.wait_for_url("**/tasks/my-rows/review/")
    page.wait_for_selector(".desk.is-live")
    card = page.locator(SHOWN)
    expect(card).to_contain_text("Müller & Söhne")

    assert hand.clicks <= MOST_CLICKS
    assert hand.clicks == 4
    assert hand.seconds < MOST_S
    assert Draft.objects.filter(task__slug="my-rows").count() == 20


@pytest.mark.slow
def test_rows_without_answers_reach_the_desk_by_a_key(
    page: Page, provider: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SPARE_PROCESSES, "take", Standby)
    # Of one that is shut down soon the page says so, at some length.
    priced = PriceEntry.objects.filter(provider="openai", shutdown_date=None).first()
    assert priced is not None
    hand = Hand()
    bring(page, hand, PROMPTS)
    hand.press(page.get_by_role("button", name="Create the task and choose a teacher"))
    page.wait_for_url("**/tasks/my-rows/generation/")
    hand.read(page)
    hand.press(page.get_by_role("link", name="Connect a teacher"))
    hand.read(page)
    hand.press(page.get_by_role("link", name="OpenAI", exact=True))
    hand.fill(page.locator("[name=name]"), "House model")
    hand.fill(page.locator("[name=model]"), priced.model)
    hand.fill(page.locator("[name=key]"), "sk-of-a-test")
    # Stands in for the provider's own address, which nobody has to type.
    page.locator("[name=base_url]").fill(provider.url)
    hand.press(page.get_by_role("button", name="Add the teacher"))
    page.wait_for_url("**/tasks/my-rows/generation/?teacher=house-model")
    expect(page.locator("#estimate")).not_to_contain_text("Order between")
    hand.read(page)
    expect(page.locator("#estimate")).to_contain_text("20 for 20 records")
    hand.fill(page.locator("[name=max_cost_usd]"), "1")
    hand.press(page.get_by_role("button", name="Generate drafts"))
    page.wait_for_url(re.compile("/generation/[0-9a-f-]{36}/"))
    hand.read(page)
    job = Job.objects.get(kind="generation")
    run_job(job.pk, worker="w")
    job.refresh_from_db()
    assert (job.state, job.error) == ("succeeded", None)
    page.reload()
    hand.press(page.get_by_role("link", name="Review them"))
    page.wait_for_selector(".desk.is-live")
    expect(page.locator(SHOWN)).to_contain_text("It left us on Monday.")

    assert hand.clicks <= MOST_CLICKS
    assert hand.seconds < MOST_S
    assert Draft.objects.filter(task__slug="my-rows").count() == len(provider.asked) == 20
