"""A team at work in real browsers: two reviewers judge sixty drafts blind to each other, a lead settles where they
differ and freezes the dataset, and a program pulls it. On the product as `make run` starts it."""

from __future__ import annotations

import csv
import json
import re
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.tour.conftest import NONE_LEFT, PATIENCE_MS, Stack

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
TASK, DRAFTS, PASSWORD = "team-desk", 60, "a calm desk by the sea"
PUSHY = "Buy now, this offer ends today!"
Verdict = Callable[[str], list[str]]


def test_a_team_judges_disagrees_adjudicates_and_freezes(
    stack: Stack, page: Page, browser: Browser, tmp_path: Path
) -> None:
    make_the_task(stack, page, tmp_path)
    people = {
        name: invite(page, name, role) for name, role in (("ana", "reviewer"), ("bo", "reviewer"), ("lea", "lead"))
    }
    with (
        joined(browser, stack, "ana", people["ana"]) as ana,
        joined(browser, stack, "bo", people["bo"]) as bo,
        joined(browser, stack, "lea", people["lea"]) as lea,
    ):
        have_half_judged_twice(lea)
        took_s = judge_side_by_side({ana: likes_everything, bo: rejects_pushy})
        print(f"{DRAFTS} drafts, two reviewers, half of the drafts judged twice: {took_s:.0f} s")
        disputed = send_one_back_to_both(lea)
        judge_side_by_side({ana: rejects_pushy, bo: rejects_pushy})
        settled = settle_the_others(lea)
        assert settled == disputed - 1
        read_the_agreement(lea)
        version = freeze(lea)
        pull(stack, lea, version)


def make_the_task(stack: Stack, page: Page, folder: Path) -> None:
    stack.post("tasks/", {"name": "Team desk", "slug": TASK, "starter": "outreach"})
    path = folder / "drafts.csv"
    with path.open("w", newline="") as handle:
        rows = csv.writer(handle)
        rows.writerow(["company", "sector", "role", "trigger", "subject", "body"])
        for number in range(DRAFTS):
            company = f"Fjordline {number} Ropes"
            end = PUSHY if number % 3 == 0 else "Would a short call on Thursday be of use?"
            body = (
                f"Hi {{{{contact.first_name}}}},\n\nI read that {company} opened loft number {number}. A second loft "
                f"often means that nobody sees which order waits where, and the phone tells it too late.\n\n{end}"
            )
            rows.writerow([company, "rope making", "Yard Manager", f"opened loft number {number}", "A question", body])
    page.goto(f"/tasks/{TASK}/sources/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_label(re.compile("drafts", re.IGNORECASE)).first.check()
    page.get_by_role("button", name="Check columns").click()
    page.wait_for_url(re.compile("/sources/import/.+/"))
    page.get_by_role("button", name=re.compile("Import")).click()
    page.wait_for_url(re.compile(r"/sources/[0-9a-f-]{36}/"))


def invite(page: Page, name: str, role: str) -> str:
    """Ask a person in; the link that is shown once."""
    page.goto("/settings/invitations/")
    page.locator("[name=email]").fill(f"{name}@ropes.example")
    page.locator("[name=display_name]").fill(name.capitalize())
    page.locator(f"[name='role_{TASK}']").select_option(role)
    page.get_by_role("button", name=re.compile("^(Invite|Make)")).click()
    return page.locator("#new-link").inner_text()


@contextmanager
def joined(browser: Browser, stack: Stack, name: str, link: str) -> Iterator[Page]:
    """A tab of a person who followed their link and chose a password."""
    context = browser.new_context(base_url=stack.url, viewport={"width": 1440, "height": 900})
    context.set_default_timeout(PATIENCE_MS)
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(error.message))
    tab.goto(link)
    tab.locator("[name=username]").fill(name)
    tab.locator("[name=password]").fill(PASSWORD)
    tab.locator("[name=again]").fill(PASSWORD)
    tab.get_by_role("button", name="Join").click()
    tab.wait_for_url(stack.url)
    yield tab
    context.close()
    assert errors == []


def have_half_judged_twice(lead: Page) -> None:
    lead.goto(f"/tasks/{TASK}/review/settings/")
    lead.locator("[name=overlap_percent]").fill("50")
    with lead.expect_navigation():
        lead.locator("button[name=act][value=save]").click()
    assert lead.request.get(f"/api/v1/tasks/{TASK}/desk-settings/").json()["overlap_share"] == 0.5


def likes_everything(text: str) -> list[str]:
    return ["a"]


def rejects_pushy(text: str) -> list[str]:
    return ["r", "1"] if PUSHY in text else ["a"]


def judge_side_by_side(people: dict[Page, Verdict]) -> float:
    """Let each judge card after card by keys, turn and turn about, until nothing waits for any; seconds it took."""
    began = time.monotonic()
    for tab in people:
        tab.goto(f"/tasks/{TASK}/review/")
    busy = dict(people)
    idle_rounds = 0
    while idle_rounds < 2:
        moved = False
        for tab, verdict in busy.items():
            while judge_one(tab, verdict):
                moved = True
                if len(busy) > 1:
                    break
        if not moved:
            # What waits for a second verdict may have come free for the other meanwhile.
            idle_rounds += 1
            for tab in people:
                tab.wait_for_timeout(500)
                tab.reload()
        else:
            idle_rounds = 0
    return time.monotonic() - began


def judge_one(tab: Page, verdict: Verdict) -> bool:
    """Judge the card on top; whether there was one."""
    tab.wait_for_selector(".desk.is-live")
    card = tab.locator(".card:not([hidden])")
    # That none is left is said only once the server has taken all that was judged.
    expect(card.or_(tab.locator(NONE_LEFT)).first).to_be_visible()
    if card.count() == 0:
        return False
    shown = card.get_attribute("data-card")
    for key in verdict(card.inner_text()):
        tab.keyboard.press(key)
    tab.wait_for_function("shown => document.querySelector('.card:not([hidden])')?.dataset.card !== shown", arg=shown)
    return True


def send_one_back_to_both(lead: Page) -> int:
    """Send the first dispute back with a comment; how many there were."""
    disputed = count_disputed(lead)
    assert disputed >= 2, "half of twenty pushy drafts were judged by both"
    lead.goto(f"/tasks/{TASK}/review/disputed/")
    lead.keyboard.press("s")
    lead.locator("#send-back-comment").fill("Pressure to buy today: see the guideline.")
    with lead.expect_navigation():
        lead.keyboard.press("Control+Enter")
    assert count_disputed(lead) == disputed - 1
    return disputed


def count_disputed(lead: Page) -> int:
    answer = lead.request.get(f"/api/v1/drafts/?task={TASK}&state=disputed&limit=100")
    return len(answer.json()["results"])


def settle_the_others(lead: Page) -> int:
    """Settle each dispute on the verdict that stands first; how many."""
    settled = 0
    lead.goto(f"/tasks/{TASK}/review/disputed/")
    while lead.locator("[data-adjudicate]").count():
        before = lead.locator("[name=draft]").get_attribute("value")
        lead.keyboard.press("a")
        lead.wait_for_function("before => document.querySelector('[name=draft]')?.value !== before", arg=before)
        lead.wait_for_load_state("load")
        settled += 1
    expect(lead.locator("main")).to_contain_text("No dispute")
    return settled


def read_the_agreement(lead: Page) -> None:
    lead.goto(f"/tasks/{TASK}/review/agreement/")
    expect(lead.locator("main")).to_contain_text(re.compile("alpha", re.IGNORECASE))
    expect(lead.locator("main")).to_contain_text("Ana")


def freeze(lead: Page) -> dict[str, Any]:
    """Freeze the first version in the builder; what the API says of it."""
    lead.goto(f"/tasks/{TASK}/datasets/")
    lead.locator("[name=name]").fill("Team golds")
    with lead.expect_navigation():
        lead.get_by_role("button", name="Create dataset").click()
    lead.get_by_role("button", name="Freeze version 1").click()
    lead.wait_for_url(re.compile(r"/datasets/team-golds/v/1/"))
    for _ in range(240):
        [version] = lead.request.get("/api/v1/datasets/team-golds/versions/").json()["results"]
        if version["frozen_at"]:
            # The page fetches itself again once it has heard; who leaves before that may be called back.
            expect(lead.get_by_role("link", name="Train on it")).to_be_visible(timeout=120_000)
            return dict(version)
        lead.wait_for_timeout(500)
    raise AssertionError(f"not frozen: {version}")


def pull(stack: Stack, lead: Page, version: dict[str, Any]) -> None:
    """A program with the lead's token reads every row, and each draft is there once."""
    lead.goto("/settings/tokens/")
    lead.locator("[name=name]").fill("nightly pull")
    lead.get_by_role("button", name=re.compile("token", re.IGNORECASE)).first.click()
    expect(lead.locator("main")).to_contain_text(re.compile("[0-9a-f]{64}"))
    token = re.search(r"[0-9a-f]{64}", lead.locator("main").inner_text())
    assert token
    rows = [row for split in ("train", "validation", "test") for row in read(stack, token[0], version["id"], split)]

    assert len({row["id"] for row in rows}) == len(rows) == version["counts"]["rows"]
    said = [row["decision"]["verdict"] for row in rows]
    assert set(said) == {"accept"}
    assert DRAFTS // 2 < len(rows) <= DRAFTS


def read(stack: Stack, token: str, version: str, split: str) -> list[dict[str, Any]]:
    address = f"{stack.url}api/v1/dataset-versions/{version}/rows.jsonl?split={split}&format=raw"
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [json.loads(line) for line in answer.read().splitlines()]
