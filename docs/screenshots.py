"""Take the README's pictures from one running demo: `python docs/screenshots.py` while `make run` is up.

Reads the address and the login from `var/demo-login.json` (or the folder VAR_DIR names), does what the demo has not done yet
(freeze, tune, evaluate, promote, a small study), and takes each page at 1440 and 375 px, light and dark, into docs/images.
`figures.json` beside them says what that demo came to; README quotes it, and `tests/test_docs.py` compares the two.
"""

from __future__ import annotations

import json
import os
import sys
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from playwright.sync_api import Browser, Page, sync_playwright

HERE = Path(__file__).parent
IMAGES = HERE / "images"
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
]
TASK = "outreach-e-mail"
SETTLE_MS = 1500
WITHIN_MS = 120_000
ENDED_WITHIN_S = 3600
SIZES = [20, 40, 80]
# A draft of the demo that is right but for one number: it says 12, its fact says 10.
NEARLY_GOOD = "Quiet Bay Freight"
WRONG, RIGHT, FACT = "12", "10", "trigger"

Json = dict[str, Any]


class Demo:
    """The running demo, by its API and the login that `make run` printed."""

    def __init__(self, card: dict[str, str]) -> None:
        self.url, self.token = card["url"], card["token"]
        self.username, self.password = card["username"], card["password"]

    def call(self, method: str, path: str, body: Json | None = None) -> Any:
        """One request of the API."""
        request = urllib.request.Request(  # noqa: S310 (our own address)
            f"{self.url}api/v1/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=90) as answer:  # noqa: S310 (our own address)
            return json.loads(answer.read())

    def newest(self, path: str) -> Json | None:
        """The first row of a list of the task, None where it has none."""
        rows: list[Json] = self.call("GET", f"{path}/?task={TASK}")["results"]
        return rows[0] if rows else None

    def wait(self, job: str) -> None:
        """Return when a job has succeeded."""
        deadline = time.monotonic() + ENDED_WITHIN_S
        while time.monotonic() < deadline:
            state = self.call("GET", f"jobs/{job}/")
            if state["state"] == "succeeded":
                return
            if state["state"] in ("failed", "cancelled"):
                sys.exit(f"The job {state['title']} is {state['state']}.")
            time.sleep(1)
        sys.exit("A job has not ended within an hour.")


def main() -> None:
    """Do what is missing, then take every page in every look."""
    demo = Demo(json.loads((Path(os.environ.get("VAR_DIR", HERE.parent / "var")) / "demo-login.json").read_text()))
    evaluation, study = prepare(demo)
    hero = demo.call("GET", f"drafts/?task={TASK}&q=%22{NEARLY_GOOD.replace(' ', '%20')}%22+electric")
    pages = {
        "home": "/",
        "focus": f"/tasks/{TASK}/review/?card={hero['results'][0]['id']}",
        "agreement": f"/tasks/{TASK}/review/agreement/",
        "training": f"/training/{evaluation['training_run']}/",
        "evaluation": f"/evaluations/{evaluation['id']}/",
        "playground": f"/tasks/{TASK}/playground/",
        "campaign": "/campaigns/four-miniatures/",
        "experiment": "/experiments/four-miniatures/",
        "study": f"/studies/{study['id']}/",
    }
    IMAGES.mkdir(exist_ok=True)
    (IMAGES / "figures.json").write_text(json.dumps(figures(demo, evaluation), indent=1) + "\n")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for scheme in ("light", "dark"):
            for width in (1440, 375):
                take(browser, demo, pages, scheme, width)
        browser.close()


def prepare(demo: Demo) -> tuple[Json, Json]:
    """Freeze, tune, promote and study where the demo has not yet; returns its evaluation and its study."""
    if demo.newest("evaluations") is None:
        version = frozen(demo)
        plan = {"student": "demo", "recipe": "demo", "dataset_version": version}
        demo.wait(demo.call("POST", "training-runs/", plan)["job"])
    evaluation = evaluated(demo)
    miniature = demo.newest("miniatures") or {}
    demo.call("POST", f"miniatures/{miniature['id']}/promote/", {})
    if demo.newest("studies") is None:
        wanted = {"kind": "samples", "dataset_version": evaluation["dataset_version"], "student": "demo"}
        demo.wait(demo.call("POST", "studies/", wanted | {"sizes": SIZES})["job"])
    return evaluation, demo.newest("studies") or {}


def frozen(demo: Demo) -> str:
    """Id of a frozen version of all golds."""
    made = demo.call("POST", "datasets/", {"task": TASK, "name": "Approved mails"})
    started = demo.call("POST", f"datasets/{made['slug']}/versions/", {"note": "first"})
    demo.wait(started["job"])
    return str(started["id"])


def evaluated(demo: Demo) -> Json:
    """The newest evaluation, once it is done."""
    deadline = time.monotonic() + ENDED_WITHIN_S
    while time.monotonic() < deadline:
        evaluation = demo.newest("evaluations")
        if evaluation and evaluation["is_done"]:
            return evaluation
        time.sleep(1)
    sys.exit("The evaluation has not ended within an hour.")


def figures(demo: Demo, evaluation: Json) -> Json:
    """What base, miniature and teacher came to on held-out records, and how large the run was."""
    summary = evaluation["summary"]
    by_kind: dict[str, Json] = {kind: summary["systems"][name] for name, kind in summary["kinds"].items()}
    run = demo.call("GET", f"training-runs/{evaluation['training_run']}/")
    names = {kind: name for name, kind in summary["kinds"].items()}
    (lead,) = (
        row["value"]
        for row in summary["differences"]
        if (row["of"], row["against"], row["metric"]) == (names["lora"], names["teacher"], "passes_all")
    )
    nll = {kind: by_kind[kind]["gold_nll_per_byte"]["mean"] for kind in ("base", "lora")}
    return {
        "taken": datetime.now(UTC).date().isoformat(),
        "records": evaluation["records"],
        "rows": run["summary"]["rows"],
        "epochs": run["values"]["epochs"],
        **{
            name: {metric: count(by_kind[kind][metric]) for metric in ("passes_all", "passes_names_company")}
            for name, kind in (("base", "base"), ("miniature", "lora"), ("teacher", "teacher"))
        },
        "lead_over_teacher_points": [round(100 * lead[end], 1) for end in ("low", "high")],
        "nll_change_percent": round(100 * (nll["lora"] / nll["base"] - 1)),
    }


def count(metric: Json) -> int:
    """How many outputs a share stands for."""
    outputs: float = metric["mean"] * metric["n"]
    return round(outputs)


def take(browser: Browser, demo: Demo, pages: dict[str, str], scheme: Literal["light", "dark"], width: int) -> None:
    """All pages in one look."""
    context = browser.new_context(
        base_url=demo.url, color_scheme=scheme, viewport={"width": width, "height": 900 if width > 400 else 780}
    )
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", demo.username)
    page.fill("[name=password]", demo.password)
    page.click("button[type=submit]")
    page.wait_for_url(demo.url)
    for name, path in pages.items():
        page.goto(path)
        if name == "playground":
            write_with_both(page)
        if is_hero := name == "focus" and width > 400:
            edit_nearly_good(page)
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=IMAGES / f"{name}-{scheme}-{width}.png")
        if is_hero:
            leave_as_it_was(page)
    context.close()


def write_with_both(page: Page) -> None:
    """Have both models of the playground write, and wait for what they wrote."""
    page.get_by_text("Facts", exact=True).click()
    page.get_by_role("button", name="Generate both").click()
    for side in ("left", "right"):
        page.wait_for_selector(f"[data-side={side}] [data-trial][aria-busy=false]")


def edit_nearly_good(page: Page) -> None:
    """Mend the subject of the draft, select the number that is still wrong, and light the fact it should agree with."""
    card = page.locator(".card:visible")
    card.wait_for()
    # An edit that waits on the card opens by itself, a moment after the card.
    page.wait_for_timeout(SETTLE_MS)
    subject = card.locator(".editor input[data-path]").first
    if not subject.is_visible():
        page.keyboard.press("e")
    subject.fill(subject.input_value().replace(WRONG, RIGHT))
    page.wait_for_timeout(SETTLE_MS)
    card.locator(".checks li[data-path]", has_text=f"The number {WRONG}").last.click(position={"x": 40, "y": 8})
    card.locator(f'[data-fact="{FACT}"]').hover()


def leave_as_it_was(page: Page) -> None:
    """Put the draft's own texts back into the boxes, so that no edit waits on the card."""
    card = page.locator(".card:visible")
    for box in card.locator(".editor [data-path]").all():
        box.fill(box.get_attribute("data-draft") or "")
    page.keyboard.press("Escape")
    page.wait_for_timeout(SETTLE_MS)


if __name__ == "__main__":
    main()
