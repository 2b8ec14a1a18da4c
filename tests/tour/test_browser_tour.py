"""What a new user does and sees, in a real Chromium, with keys and mouse, on the product as `make run` starts it."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from tests.tour.conftest import FIRST_PROSPECTS, ONE_OF_EACH_COMPANY

pytestmark = [pytest.mark.slow, pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(1800)]
JOB_PATIENCE_MS = 900_000


def test_the_whole_loop_in_a_browser(page: Page, tmp_path: Path) -> None:
    look_around(page)
    edit_the_task(page)
    import_a_file(page, tmp_path)
    generate(page)
    review_by_keys(page)
    freeze(page)
    tune_lora_and_leave(page)
    stop_and_resume_full(page)
    read_the_evaluation(page)
    write_with_the_miniature(page, tmp_path)


def look_around(page: Page) -> None:
    expect(page.get_by_role("link", name="Connect a real teacher")).to_be_visible()
    expect(page.locator("body")).to_contain_text("Outreach e-mail")


def edit_the_task(page: Page) -> None:
    page.goto("/tasks/outreach-e-mail/")
    page.get_by_role("link", name=re.compile("^Edit")).click()
    guideline = page.locator("[name=guideline]")
    guideline.fill(guideline.input_value() + " Prefer short sentences.")
    page.get_by_role("button", name=re.compile("^Save")).first.click()
    page.wait_for_url(re.compile(r"/tasks/outreach-e-mail/(diff/\d+/\d+/)?$"))
    newest = int(re.findall(r"v(\d+)", page.locator("body").inner_text())[-1])
    page.goto(f"/tasks/outreach-e-mail/diff/{newest - 1 or 1}/{max(newest, 2)}/")
    expect(page.locator("ins").first).to_be_visible()


def import_a_file(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "more.csv"
    rows = "\n".join(f"Quarry{i} Stone,quarrying,Site Manager,{30 + i},Bergen,late trucks" for i in range(8))
    path.write_text(f"Company,Sector,Role,Headcount,City,Pain\n{rows}\n")
    page.goto("/tasks/outreach-e-mail/sources/import/")
    page.locator("input[type=file]").set_input_files(path)
    page.get_by_role("button", name="Check columns").click()
    page.wait_for_url(re.compile("/sources/import/.+/"))
    expect(page.locator("main")).to_contain_text("Quarry0 Stone")
    page.get_by_role("button", name=re.compile("Import")).click()
    page.wait_for_url(re.compile(r"/sources/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("Quarry7 Stone")


def generate(page: Page) -> None:
    page.goto("/tasks/outreach-e-mail/generation/")
    page.locator("[name=teacher]").select_option("offline")
    page.locator("[name=count]").fill("16")
    expect(page.locator("#estimate")).to_contain_text("16 for 16 records")
    page.get_by_role("button", name="Generate drafts").click()
    page.wait_for_url(re.compile("/generation/[0-9a-f-]{36}/"))
    expect(page.locator("[data-figure=drafts]")).to_have_text("16", timeout=JOB_PATIENCE_MS)
    expect(page.locator("[data-drafts] li").first).to_be_visible()


def visit(page: Page, address: str) -> None:
    """Go somewhere; a page that loads itself anew when its job ends may cut the first try off."""
    try:
        page.goto(address)
    except Error as error:
        if "ERR_ABORTED" not in error.message:
            raise
        page.goto(address)


def review_by_keys(page: Page) -> None:
    visit(page, "/tasks/outreach-e-mail/review/")
    page.wait_for_selector(".desk.is-live")
    shown = []
    for keys in (["a"], ["r", "2"], ["a"]):
        shown.append(current_card(page))
        for key in keys:
            page.keyboard.press(key)
        assert current_card(page) != shown[-1]
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    page.keyboard.press("z")
    assert current_card(page) == shown[-1]
    page.keyboard.press("e")
    page.keyboard.type("Well, ")
    page.keyboard.press("Control+Enter")
    expect(page.locator("[data-saved]")).to_contain_text("saved")
    assert current_card(page) not in shown


def current_card(page: Page) -> str:
    return page.locator(".card:not([hidden])").get_attribute("data-card") or ""


def freeze(page: Page) -> None:
    page.goto("/tasks/outreach-e-mail/datasets/")
    page.get_by_label("Name").fill("Browser tour")
    page.get_by_role("button", name="Create dataset").click()
    page.get_by_text("Limits", exact=True).click()
    page.locator("[name=cap_per_group]").fill(str(ONE_OF_EACH_COMPANY["cap_per_group"]))
    page.locator(f"[name=sources][value={FIRST_PROSPECTS}]").evaluate("box => { box.closest('details').open = true }")
    page.locator(f"[name=sources][value={FIRST_PROSPECTS}]").check()
    page.get_by_role("button", name="Freeze version 1").click()
    page.wait_for_url(re.compile("/datasets/browser-tour/v/1/"))
    expect(page.get_by_text("Content hash").first).to_be_visible()
    expect(page.get_by_role("link", name="Train on it")).to_be_visible()


def launch(page: Page, recipe: str, **values: str) -> None:
    page.goto("/tasks/outreach-e-mail/training/")
    version = page.locator("[name=dataset_version]")
    version.select_option(label=next(t for t in version.locator("option").all_inner_texts() if "Browser tour" in t))
    # The network is never idle while a job of another tour is looked after: wait for the recipe's own values.
    page.locator("#recipe-values").evaluate("box => { box.firstElementChild.dataset.before = '' }")
    page.locator("[name=recipe]").select_option(recipe)
    expect(page.locator("#recipe-values [data-before]")).to_have_count(0)
    page.locator("[name=student]").select_option("demo")
    for name, value in values.items():
        page.locator(f"[name=set-{name}]").evaluate(
            "e => { for (let d = e.closest('details'); d; d = d.parentElement.closest('details')) d.open = true }"
        )
        page.locator(f"[name=set-{name}]").fill(value)
    expect(page.locator("#estimate")).to_contain_text("%")
    expect(page.locator("#estimate")).to_contain_text(re.compile("memory", re.IGNORECASE))
    page.get_by_role("button", name="Launch run").click()
    page.wait_for_url(re.compile("/training/[0-9a-f-]{36}/"))


def tune_lora_and_leave(page: Page) -> None:
    """The curve draws while one looks; who comes back has missed nothing."""
    launch(page, "demo", epochs="1")
    expect(page.locator("#chart-loss svg path, #chart-loss svg polyline").first).to_be_attached(timeout=JOB_PATIENCE_MS)
    address = page.url
    page.goto("about:blank")
    page.goto(address)
    expect(page.locator("[data-job-badge]").first).to_have_text("succeeded", timeout=JOB_PATIENCE_MS)
    expect(page.locator("[data-samples] .sample").first).to_be_attached()
    page.locator("#chart-loss summary").click()
    steps = int(page.locator("[data-latest=step]").inner_text())
    expect(page.locator("#chart-loss table tbody tr")).to_have_count(steps + 1)


def stop_and_resume_full(page: Page) -> None:
    launch(page, "demo-full", epochs="1")
    badge = page.locator("[data-job-badge]").first
    expect(page.locator("#chart-loss svg path, #chart-loss svg polyline").first).to_be_attached(timeout=JOB_PATIENCE_MS)
    page.get_by_role("button", name="Pause").click()
    expect(badge).to_have_text("paused", timeout=JOB_PATIENCE_MS)
    page.get_by_role("button", name="Resume").click()
    expect(badge).to_have_text("succeeded", timeout=JOB_PATIENCE_MS)
    # It is begun just after the run has ended: until then the list's newest is another's.
    until_evaluated(page, page.url.rstrip("/").rsplit("/", 1)[-1])


def until_evaluated(page: Page, run: str) -> None:
    deadline = time.monotonic() + JOB_PATIENCE_MS / 1000
    while not page.request.get(f"/api/v1/evaluations/?run={run}").json()["results"]:
        assert time.monotonic() < deadline, f"The run {run} has no evaluation."
        page.wait_for_timeout(300)


def read_the_evaluation(page: Page) -> None:
    """Both runs have been evaluated by themselves; the later evaluation shows all four side by side."""
    page.goto("/tasks/outreach-e-mail/evaluation/")
    page.locator("main tbody a").first.click()
    page.wait_for_url(re.compile("/evaluations/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("All metrics", timeout=JOB_PATIENCE_MS)
    head = page.locator("main table thead").filter(has_text="Metric")
    for name in ("before tuning", "LoRA", "Your miniature", "Offline"):
        expect(head).to_contain_text(name)
    expect(page.locator("figure[data-chart=intervals] svg").first).to_be_visible()
    page.locator("summary", has_text=re.compile(r"All \d+ samples")).click()
    expect(page.locator("#samples article").first).to_be_visible()


def write_with_the_miniature(page: Page, tmp_path: Path) -> None:
    page.goto("/tasks/outreach-e-mail/miniatures/")
    # What is served comes above it in a table of its own, which names other miniatures first.
    page.locator("table[data-keys] a", has_text="LoRA").first.click()
    page.wait_for_url(re.compile("/miniatures/[0-9a-f-]{36}/"))
    expect(page.locator("main")).to_contain_text("Browser tour")
    with page.expect_download() as download:
        page.get_by_role("link", name=re.compile("Download adapter")).click()
    assert download.value.path().stat().st_size > 10_000
    page.locator("[name=company]").fill("Halden Timber")
    page.get_by_role("button", name="Write").click()
    expect(page.locator("#written .draft").first).to_have_text(re.compile(r"\w{3}"), timeout=JOB_PATIENCE_MS)
