"""An hour of a newcomer: eighty tickets of one's own, three answers each, become a tuned, evaluated and served model.

From the state in which `make run` leaves a machine, with a provider and a hub on loopback. Clicks and typed fields are
counted. The stand-in student has read nothing, so the last gate asks for a reason before it serves it.
"""

from __future__ import annotations

import json
import os
import re
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.generation.answering import answering
from tests.tour import small_student, tickets
from tests.tour.conftest import Stack, copied, free_port, start, stop
from tests.training.engine.hub_server import HubServer
from training.students.catalogue import SMALL_WRITERS

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
JOB_PATIENCE_MS = 900_000
MOST_CLICKS, MOST_FIELDS = 25, 10


class Hand:
    """A person who presses and types, and counts both. Keys on the desk are no clicks."""

    def __init__(self) -> None:
        self.clicks = self.fields = 0

    def press(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def type(self, target: Locator, text: str) -> None:
        self.fields += 1
        target.fill(text)


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    with answering(tickets.answer) as server:
        yield server.url


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The product of its own, whose hub is on loopback."""
    folder = tmp_path_factory.mktemp("hour")
    hub = HubServer(small_student.make(folder / "student"), *SMALL_WRITERS)
    before = dict(os.environ)
    os.environ |= {"HF_ENDPOINT": hub.url, "HF_HOME": str(folder / "hub"), "HF_HUB_OFFLINE": "0", "NO_PROXY": "*"}
    os.environ.pop("HF_TOKEN", None)
    try:
        running = start(copied(folder), free_port())
        yield running
        stop(running)
    finally:
        os.environ.clear()
        os.environ.update(before)
        hub.close()


def test_eighty_tickets_become_a_served_model(stack: Stack, page: Page, provider: str, tmp_path: Path) -> None:
    hand, refused = Hand(), list[str]()
    page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 400 else None)
    began_s = time.monotonic()

    bring_the_rows(page, hand, tmp_path)
    connect_a_teacher(page, hand, provider)
    order_drafts(page, hand)
    judge_by_keys(page, hand)
    freeze(page, hand)
    download_the_student(page, hand)
    tune_and_evaluate(page, hand)
    promote(page, hand)

    ending = ask(stack)
    print(f"{hand.clicks} clicks, {hand.fields} fields, {refused} refused, {time.monotonic() - began_s:.0f} s")
    assert hand.clicks <= MOST_CLICKS
    assert hand.fields <= MOST_FIELDS
    assert [url for url in refused if not url.endswith("/promote/")] == []
    assert ending in ("stop", "length")


def bring_the_rows(page: Page, hand: Hand, folder: Path) -> None:
    path = folder / "support tickets.csv"
    path.write_text(tickets.as_csv())
    hand.press(page.get_by_role("link", name="Use my own rows"))
    with page.expect_file_chooser() as chooser:
        hand.press(page.locator("input[type=file]"))
    chooser.value.set_files(path)
    hand.press(page.get_by_role("button", name="Continue"))
    expect(page.get_by_label("What category is")).to_have_value("answer")
    expect(page.get_by_label("Type of category")).to_have_value("choice")
    expect(page.get_by_label("Type of reply")).to_have_value("text")
    expect(page.locator("main")).to_contain_text("64 rows to train, 8 rows to validation, 8 rows to test")
    hand.press(page.get_by_role("button", name="Create the task and choose a teacher"))
    page.wait_for_url("**/tasks/support-tickets/generation/")


def connect_a_teacher(page: Page, hand: Hand, provider: str) -> None:
    hand.press(page.get_by_role("link", name="Connect a teacher"))
    hand.press(page.get_by_role("link", name="OpenAI", exact=True))
    hand.type(page.locator("[name=model]"), "gpt-4.1-mini")
    hand.type(page.locator("[name=base_url]"), provider)
    hand.type(page.locator("[name=key]"), "sk-of-a-test")
    hand.press(page.get_by_role("button", name="Add the teacher"))
    page.wait_for_url(re.compile("/tasks/support-tickets/generation/"))


def order_drafts(page: Page, hand: Hand) -> None:
    expect(page.locator("[name=count]")).to_have_value(str(tickets.ROWS))
    expect(page.locator("#estimate")).to_contain_text(f"{tickets.ROWS} for {tickets.ROWS} records")
    hand.press(page.get_by_role("button", name="Generate drafts"))
    page.wait_for_url(re.compile("/generation/[0-9a-f-]{36}/"))
    expect(page.locator("[data-figure=drafts]")).to_have_text(str(tickets.ROWS), timeout=JOB_PATIENCE_MS)
    hand.press(page.get_by_role("link", name="Review them"))


def judge_by_keys(page: Page, hand: Hand) -> None:
    page.wait_for_selector(".desk.is-live")
    card = page.locator(".card:not([hidden])")
    for _ in range(tickets.ROWS):
        shown = card.get_attribute("data-card")
        page.keyboard.press("a")
        page.wait_for_function(
            "shown => document.querySelector('.card:not([hidden])')?.dataset.card !== shown", arg=shown
        )
    hand.press(page.locator("[data-gap=done]").get_by_role("link", name="Freeze a dataset"))


def freeze(page: Page, hand: Hand) -> None:
    hand.press(page.get_by_role("button", name="Freeze everything approved"))
    hand.press(page.get_by_role("link", name="Train on it"))


def download_the_student(page: Page, hand: Hand) -> None:
    expect(page.locator("#student")).to_contain_text("so the student must write")
    hand.press(page.get_by_role("button", name=re.compile(r"^Download \S+ \(")))
    expect(page.locator("[name=student]")).not_to_have_value("demo", timeout=JOB_PATIENCE_MS)
    expect(page.locator("#student")).to_contain_text("this student writes", timeout=JOB_PATIENCE_MS)
    expect(page.locator("[name=recipe]")).to_have_value("paper-lora")


def tune_and_evaluate(page: Page, hand: Hand) -> None:
    hand.press(page.get_by_role("button", name="Launch run"))
    page.wait_for_url(re.compile("/training/[0-9a-f-]{36}/"))
    expect(page.locator("#outcome")).to_contain_text("Miniature ready", timeout=JOB_PATIENCE_MS)
    expect(page.locator("#outcome")).to_contain_text("All metrics and samples", timeout=JOB_PATIENCE_MS)
    expect(page.locator("#progress")).to_contain_text("accepted drafts")


def promote(page: Page, hand: Hand) -> None:
    with page.expect_navigation():
        hand.press(page.get_by_role("button", name="Promote"))
    if page.locator("#override-reason").is_visible():
        hand.type(page.locator("#override-reason"), "A stand-in that has read nothing.")
        hand.press(page.get_by_role("button", name="Promote all the same"))
    expect(page.locator("#serving")).to_contain_text("Model name")


def ask(stack: Stack) -> str:
    """Reason why the served model's answer to one more ticket ends, over the API that programs call."""
    facts = {name: tickets.ticket(123)[name] for name in ("customer", "message")}
    body = {"model": "support-tickets", "messages": [{"role": "user", "content": json.dumps(facts)}]}
    request = urllib.request.Request(
        f"{stack.url}v1/chat/completions",
        data=json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {stack.token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=180) as answer:
        return str(json.loads(answer.read())["choices"][0]["finish_reason"])
