"""A visitor's first five minutes on a fresh demo: from Home through the acts, with every click and field counted."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Literal

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.matrix.looks import AXE, RUN
from tests.review.desk.looking import until, waiting
from tests.tour.conftest import Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
JOB_PATIENCE_MS = 900_000
PAIRS, CARDS = 10, 5
# One for each pair, and one for each link or button of an act.
MOST_CLICKS, MOST_FIELDS = PAIRS + 5, 2
TICKETS, MAILS = "ticket-routing", "outreach-e-mail"
LINE = ("We are leaving", "Please cancel our plan at the end of the month and delete all our data. It's final.")
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1440, "light"), (375, "dark"))

# Colours change at once, or they would be measured on their way.
AT_REST = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync("*, *::before, *::after { transition: none !important }");
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
}"""


class Visitor:
    """Hands of a visitor.

    Attributes:
        clicks: Clicks so far.
        fields: Fields filled in so far.
    """

    def __init__(self) -> None:
        self.clicks = self.fields = 0

    def click(self, target: Locator) -> None:
        target.click()
        self.clicks += 1

    def choose(self, page: Page, key: str) -> None:
        """Press a key in the place of a click."""
        page.keyboard.press(key)
        self.clicks += 1

    def fill(self, field: Locator, text: str) -> None:
        field.fill(text)
        self.fields += 1


def test_a_visitor_goes_through_four_acts_from_home(page: Page, stack: Stack) -> None:
    visitor = Visitor()
    page.goto("/")
    expect(page.locator("#claim")).to_contain_text("your miniature")
    expect(page.locator("ol.path li")).to_have_count(5)
    expect(page.locator("main .btn-primary")).to_have_text("Which is the teacher?")

    guess_ten_times(page, visitor)
    judge_five_cards(page, visitor)
    train(page, visitor)
    line = ask(page, visitor)

    page.goto("/")
    expect(page.locator("ol.path .is-done")).to_have_count(4)
    expect(page.locator("main .btn-primary")).to_have_text("Use my own rows")
    assert visitor.clicks <= MOST_CLICKS
    assert visitor.fields <= MOST_FIELDS
    paste(line, stack)


def guess_ten_times(page: Page, visitor: Visitor) -> None:
    act(page, visitor, "Which is the teacher?")
    page.wait_for_url(re.compile("/guess/$"))  # Loaded whole: a key before the page's scripts is lost.
    for number in range(1, PAIRS + 1):
        expect(page.locator("#lineup h2")).to_contain_text(f"{number} of {PAIRS}")
        visitor.choose(page, "1")
    expect(page.locator("#answer")).to_contain_text(re.compile(rf"You chose \d+ of {PAIRS} correctly"))


def judge_five_cards(page: Page, visitor: Visitor) -> None:
    page.goto("/")
    act(page, visitor, "Judge five cards")
    page.wait_for_selector(".desk.is-live")
    card = page.locator(".card:not([hidden])")
    for _ in range(CARDS):
        shown = card.get_attribute("data-card") or ""
        if card.locator(".hidden-note").count():
            # One card in ten hides the teacher's label, and wants the visitor's own.
            page.keyboard.press("1")
        page.keyboard.press("a")
        expect(card).not_to_have_attribute("data-card", shown)
    until(page, lambda: waiting(page) == 0)


def train(page: Page, visitor: Visitor) -> None:
    page.goto("/")
    visitor.click(page.get_by_role("button", name="Train"))
    page.wait_for_url(re.compile("/train/$"))
    expect(page.locator("#steps li")).to_have_count(3)
    expect(page.locator("#answer")).to_contain_text(
        re.compile(r"(No measurable change yet|moved it).* on \d+ validation records"), timeout=JOB_PATIENCE_MS
    )


def ask(page: Page, visitor: Visitor) -> str:
    """Ask in a line of one's own; returns the line for a shell that stands beside the answer."""
    visitor.click(page.get_by_role("link", name="Ask it"))
    for name, text in zip(("subject", "body"), LINE, strict=True):
        visitor.fill(page.locator(f"[name=fact-{name}]"), text)
    visitor.click(page.get_by_role("button", name="Ask"))
    answer = page.locator("[data-side=left] [data-trial]")
    expect(answer).to_contain_text(re.compile(r"Confidence \d+\.\d %"), timeout=JOB_PATIENCE_MS)
    expect(answer).to_contain_text(re.compile(r"\$0\.0*[1-9]\d* this answer"))
    expect(answer.locator(".draft").first).to_have_text(re.compile(r"^\s*cancellation\s*$"))
    return answer.locator("pre").inner_text()


def paste(line: str, stack: Stack) -> None:
    """Run the line in a shell, with the demo's token."""
    environment = {**os.environ, "TOKEN": stack.token}
    done = subprocess.run(["sh", "-c", line], env=environment, capture_output=True, text=True, timeout=120, check=True)
    answer = json.loads(done.stdout)["choices"][0]["message"]["content"]
    assert re.fullmatch("[a-z_]+", answer)


def act(page: Page, visitor: Visitor, name: str) -> None:
    visitor.click(page.locator("ol.path").get_by_role("link", name=name))


def test_the_pages_a_visitor_sees_break_no_rule_of_axe(page: Page, stack: Stack) -> None:
    evaluation = next(each for each in stack.get("evaluations/")["results"] if each["task"] == MAILS)
    campaign = stack.get(f"campaigns/?task={MAILS}")["results"][0]
    addresses = [
        "/", f"/tasks/{MAILS}/review/", f"/evaluations/{evaluation['id']}/", f"/tasks/{TICKETS}/playground/?own=1",
        f"/campaigns/{campaign['slug']}/", f"/tasks/{MAILS}/costs/", f"/tasks/{TICKETS}/train/",
    ]  # fmt: skip
    broken = {}
    for address in addresses:
        for width, scheme in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)
            answer = page.goto(address)
            assert answer and answer.ok, address
            page.evaluate(AT_REST)
            page.evaluate(AXE.read_text())
            if found := page.evaluate(RUN, {}):
                broken[f"{address}, {width}, {scheme}"] = found

    assert broken == {}
