"""The second half of the loop in a real Chromium: a miniature serves, a campaign runs, a test decides, a study ends."""

from __future__ import annotations

import csv
import re
import time
from pathlib import Path
from typing import Any

import openai
import pytest
from playwright.sync_api import Page, expect

from tests.review.desk.looking import until, waiting
from tests.serving.promoting import give_a_reason
from tests.tour.conftest import NONE_LEFT, TASK, Stack, a_frozen_version, a_miniature

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
JOB_PATIENCE_MS = 900_000
DECK = 5
PRESS_APPROVE = """() => {
  const button = [...document.querySelectorAll("main button")].find(
    (each) => each.textContent.trim() === "Approve on the desk");
  if (button) document.body.dataset.pressed = "";
  button?.click();
  return Boolean(button);
}"""
FIXED = "/campaigns/tour-campaign/dry-run/?waits=yes"
# Enough that no throw of the dice leaves an arm with fewer companies than an experiment takes.
PLACES = ("Harbour", "North", "Quarry", "Fjord", "Elm", "Tarn", "Birch", "Cove", "Dune", "Glen")
COMPANIES = [f"{place} {trade}" for place in PLACES for trade in ("Mill", "Freight")]


def test_a_miniature_goes_to_work_in_a_browser(page: Page, stack: Stack, tmp_path: Path) -> None:
    version = a_frozen_version(stack)
    miniature = a_miniature(stack)
    promote(page, miniature)
    ask_through_openais_client(stack, version, miniature)
    try_the_playground(page, miniature)
    add_a_sender(page)
    import_contacts(page, tmp_path)
    make_a_campaign(page, stack, miniature)
    register_an_experiment(page)
    dry_run_and_write(page)
    approve_on_the_desk(page, stack)
    send(page, stack)
    answer_as_readers(page, stack)
    read_the_verdict(page)
    walk_back_from_the_reply(page, stack)
    study_the_sample_size(page, version)


def promote(page: Page, miniature: dict[str, Any]) -> None:
    page.goto(f"/miniatures/{miniature['id']}/")
    # The page fetches this part once it stands: who counts buttons before that finds none.
    expect(page.locator("#serving")).to_be_visible()
    button = page.get_by_role("button", name=re.compile("^(Promote|Make current)$"))
    # The demo's own is in service from the start.
    if button.count():
        button.click()
        give_a_reason(page, miniature["id"])
    expect(page.locator("#serving .badge").first).to_have_text("running", timeout=JOB_PATIENCE_MS)


def ask_through_openais_client(stack: Stack, version: dict[str, Any], miniature: dict[str, Any]) -> None:
    row = stack.row_of(version)
    with openai.OpenAI(base_url=f"{stack.url}v1", api_key=stack.token, max_retries=0) as client:
        names = {model.id for model in client.models.list()}
        whole = client.chat.completions.create(model=TASK, messages=row["prompt"], temperature=0)
        streamed = "".join(
            piece.choices[0].delta.content or ""
            for piece in client.chat.completions.create(model=TASK, messages=row["prompt"], temperature=0, stream=True)
            if piece.choices
        )

    assert {TASK, miniature["slug"]} <= names
    assert whole.choices[0].message.content.startswith("Subject:")
    assert streamed == whole.choices[0].message.content
    assert whole.usage.completion_tokens > 20


def try_the_playground(page: Page, miniature: dict[str, Any]) -> None:
    page.goto(f"/tasks/{TASK}/playground/?left={miniature['slug']}")
    page.get_by_role("button", name="Generate both").click()
    for side in ("left", "right"):
        trial = page.locator(f"[data-side={side}] [data-trial]")
        expect(trial).to_have_attribute("aria-busy", "false", timeout=JOB_PATIENCE_MS)
        expect(trial).to_contain_text(re.compile(r"\d m?s"), timeout=JOB_PATIENCE_MS)


def add_a_sender(page: Page) -> None:
    page.goto(f"/tasks/{TASK}/senders/")
    for name, value in {
        "name": "Tour sales", "from_name": "Ida from Tidewell", "from_address": "ida@tidewell.example",
        "reply_address": "ida@replies.tidewell.example", "postal_address": "Quay 4, 24103 Kiel",
    }.items():  # fmt: skip
        page.locator(f"[name={name}]").fill(value)
    page.get_by_role("button", name="Add the sender").click()
    expect(page.locator("main")).to_contain_text("Tour sales")


def import_contacts(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "contacts.csv"
    with path.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["address", "first_name", "company", "segment", "sector", "role", "city", "pain"])
        for number, company in enumerate(COMPANIES):
            domain = company.lower().replace(" ", "") + ".example"
            writer.writerow([f"mara@{domain}", "Mara", company, "tour", "freight", "Head of Operations", "Kiel",
                             f"late lorries on route {number}"])  # fmt: skip
    page.goto(f"/tasks/{TASK}/contacts/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check columns").click()
    page.locator("[name=lawful_basis]").select_option("legitimate_interest")
    page.locator("[name=basis_source]").fill("Trade fair in Kiel")
    page.locator("[name=basis_date]").fill("2026-01-31")
    page.get_by_role("button", name="Read again").last.click()
    page.get_by_role("button", name=f"Import {len(COMPANIES)} contacts").click()
    expect(page.locator("main")).to_contain_text("harbourmill.example")


def make_a_campaign(page: Page, stack: Stack, miniature: dict[str, Any]) -> None:
    page.goto(f"/tasks/{TASK}/campaigns/new/")
    page.locator("[name=name]").fill("Tour campaign")
    page.locator("[name=sender]").select_option(label="Tour sales")
    page.locator("[name=segment]").select_option("tour")
    page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    for number, (name, teacher) in enumerate((("Miniature", miniature["slug"]), ("Teacher", "offline")), start=1):
        page.locator(f"[name=arm_{number}_name]").fill(name)
        page.locator(f"[name=arm_{number}_teacher]").select_option(teacher)
    page.locator("[name=control]").select_option("2")
    page.locator("[name=links]").fill("demo https://tidewell.example/demo")
    page.locator("[name=has_step_2]").check()
    page.locator("[name=step_2_wait_days]").fill("0")
    page.locator("[name=step_2_writer]").select_option("template")
    page.locator("[name=step_2_body]").fill("Hi {{contact.first_name}},\n\nhere it is in action: {{link.demo}}\n\nIda")
    page.locator("[name=mails_per_minute]").fill("6000")
    page.locator("[name=quiet_from]").fill("0")
    page.locator("[name=quiet_until]").fill("0")
    page.locator("[name=sends_at_weekends]").check()
    page.get_by_role("button", name="Make the campaign").click()
    page.wait_for_url(re.compile("/campaigns/tour-campaign/"))


def register_an_experiment(page: Page) -> None:
    page.goto("/campaigns/tour-campaign/experiment/")
    page.locator("[name=hypothesis]").fill("The miniature's mails are answered no less than the teacher's.")
    page.locator("[name=margin]").fill("5")
    page.locator("[name=baseline]").fill("10")
    expect(page.locator("main")).to_contain_text(re.compile("contacts|mails"))
    page.get_by_role("button", name="Register the experiment").click()
    page.wait_for_url(re.compile("/experiments/"))
    expect(page.locator("main")).to_contain_text("Registered")


def dry_run_and_write(page: Page) -> None:
    page.goto("/campaigns/tour-campaign/dry-run/")
    expect(page.locator("main")).to_contain_text(str(len(COMPANIES)))
    page.goto("/campaigns/tour-campaign/")
    page.get_by_role("button", name="Write the mails, do not send").click()
    expect(page.locator("main")).to_contain_text(re.compile(r"\d+ mails wait for approval"), timeout=JOB_PATIENCE_MS)


def approve_on_the_desk(page: Page, stack: Stack) -> None:
    """Every draft is judged by key.

    A text with a slot that nobody fills is not sent, whoever accepts it, and what is no mail fails: a small student may
    write either.
    """
    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        page.goto("/campaigns/tour-campaign/")
        states = first_mails(stack)
        if sum(states.get(name, 0) for name in ("approved", "rejected", "failed")) == len(COMPANIES):
            assert states["approved"] >= len(COMPANIES) / 2, states
            return
        # The page draws itself anew every few seconds, and the button may be gone: looked for and pressed in one.
        if not page.evaluate(PRESS_APPROVE):
            page.wait_for_timeout(500)
            continue
        page.wait_for_selector("body:not([data-pressed])")
        if "/review/" not in page.url:
            continue  # All are judged; the campaign moves on within seconds.
        judge_a_deck(page)
    raise AssertionError((first_mails(stack), stack.get("messages/?campaign=tour-campaign")))


def judge_a_deck(page: Page) -> None:
    """Accept the cards of one deck; the desk keeps to the campaign's drafts, and its mails move on within seconds."""
    page.wait_for_selector(".desk.is-live")
    for _ in range(DECK):
        card = page.locator(".card:not([hidden])")
        # A further card or the word that there is none: the next ones may be on their way.
        expect(card.or_(page.locator(NONE_LEFT)).first).to_be_visible()
        if not card.count():
            break
        shown = card.get_attribute("data-card")
        page.keyboard.press("a")
        expect(page.locator(f".card:not([hidden])[data-card='{shown}']")).to_have_count(0)
        expect(page.locator("[data-saved]")).to_contain_text("saved")
    until(page, lambda: waiting(page) == 0)


def first_mails(stack: Stack) -> dict[str, int]:
    """First mails by state."""
    steps = stack.get("campaigns/tour-campaign/")["steps"]
    return dict(next(step["states"] for step in steps if step["number"] == 1))


def send(page: Page, stack: Stack) -> None:
    approved = str(first_mails(stack)["approved"])
    page.goto("/campaigns/tour-campaign/")
    with page.expect_navigation():
        page.get_by_role("button", name="Start sending").click()
    for number in (1, 2):
        if number == 2:
            approve_fixed_texts(page, int(approved))
        section = page.locator(f"section[aria-labelledby=step-{number}-h]")
        sent = section.locator(".stat", has_text="sent").locator(".stat-value")
        expect(sent).to_have_text(approved, timeout=JOB_PATIENCE_MS)


def approve_fixed_texts(page: Page, count: int) -> None:
    """A person sees every mail: second mails with a fixed text wait for a lead too, on pages of some."""
    deadline, seen = time.monotonic() + JOB_PATIENCE_MS / 1000, set[str | None]()
    while len(seen) < count and time.monotonic() < deadline:
        page.goto(FIXED)
        waiting = {field.get_attribute("value") for field in page.locator("article input[name=mail]").all()}
        if waiting:
            with page.expect_navigation():
                page.get_by_role("button", name="Approve all on this page").click()
        seen |= waiting
        page.wait_for_timeout(500)
    assert len(seen) == count
    page.goto("/campaigns/tour-campaign/")


def answer_as_readers(page: Page, stack: Stack) -> None:
    first = a_mail_of_the_miniature(stack)
    address = stack.get(f"contacts/{first['contact']['id']}/")["address"]
    page.goto(f"/mailbox/?q={address}")
    page.locator("main tbody a").last.click()
    expect(page.locator(".mailbox-mail")).to_contain_text("Quay 4, 24103 Kiel")
    expect(page.locator(".mailbox-mail")).to_contain_text("List-Unsubscribe")
    with page.expect_navigation():
        page.get_by_role("button", name="Reply as this person").click()
    page.goto(f"/mailbox/?q={address}")
    page.locator("main tbody a", has_text="Re: ").first.click()
    link = page.get_by_role("link", name="Click its link").get_attribute("href") or ""
    agent = page.evaluate("navigator.userAgent").replace("Headless", "")
    answer = page.request.get(link, headers={"User-Agent": agent}, max_redirects=0)
    assert (answer.status, answer.headers["location"]) == (302, "https://tidewell.example/demo")
    page.goto("/campaigns/tour-campaign/")
    for figure in ("replied", "clicked"):
        number = page.locator(".funnel .stat", has_text=figure).locator(".stat-value", has_text="1")
        expect(number.first).to_be_visible()


def a_mail_of_the_miniature(stack: Stack) -> dict[str, Any]:
    """A first mail that was sent."""
    sent = stack.get("messages/?campaign=tour-campaign&state=sent")["results"]
    return dict(next(mail for mail in sent if mail["arm"] == "Miniature" and mail["step"] == 1))


def read_the_verdict(page: Page) -> None:
    page.goto(f"/tasks/{TASK}/experiments/")
    page.get_by_role("link", name=re.compile("no less than the teacher's")).click()
    expect(page.locator(".verdict").first).to_have_text(re.compile(r"\w+ \w+ \w+"))
    expect(page.locator("main")).to_contain_text("Miniature")
    expect(page.locator("main")).to_contain_text(re.compile("95 %"))


def walk_back_from_the_reply(page: Page, stack: Stack) -> None:
    page.goto("/campaigns/tour-campaign/replies/")
    expect(page.locator("main")).to_contain_text("Could you call me on Thursday")
    mail = a_mail_of_the_miniature(stack)
    kinds = [station["kind"] for station in stack.get(f"messages/{mail['id']}/")["walk"]]
    page.goto(f"/campaigns/tour-campaign/mails/{mail['id']}/")
    expect(page.locator(".lineage")).to_contain_text(
        "At work" if "At work" in page.content() else re.compile("v1|version")
    )
    page.locator("section[aria-labelledby=taught-h] a").first.click()
    expect(page.locator("main")).to_contain_text(re.compile("Accepted|Edited|accepted|edited"))
    assert len(kinds) >= 4, kinds


def study_the_sample_size(page: Page, version: dict[str, Any]) -> None:
    page.goto(f"/tasks/{TASK}/studies/")
    page.locator("[name=dataset_version]").select_option(version["id"])
    page.get_by_text("Change the grid", exact=True).click()
    page.locator("[name=sizes]").fill("20, 40")
    page.locator("[name=seeds]").fill("1, 2")
    page.locator("[name=epochs]").fill("1")
    expect(page.locator("#new-study .estimate")).to_contain_text("min", timeout=60_000)
    page.get_by_role("button", name="Register and start").click()
    page.wait_for_url(re.compile("/studies/[0-9a-f-]{36}/"))
    expect(page.locator(".verdict")).to_have_text(re.compile(r"\w+ \w+ \w+"), timeout=JOB_PATIENCE_MS)
    expect(page.locator("figure[data-chart=lines] svg").first).to_be_visible()
    expect(page.locator("main")).to_contain_text("Registered")
