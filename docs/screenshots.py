"""Take the README's pictures and its film from one running demo: `make pictures` while `make run` is up.

Reads the address and the login from `var/demo-login.json` (or the folder VAR_DIR names). Ends with an error where a
page holds an alert. `figures.json` beside the pictures holds what that demo came to: README quotes it,
`tests/test_docs.py` compares the two, and `test_shipped.py` compares it with the snapshot that is shipped. The film
needs Pillow.
"""

from __future__ import annotations

import io
import json
import os
import re
import sys
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from PIL import Image
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
SIZE = {"width": 1440, "height": 900}
FILM_SIZE = {"width": 1120, "height": 700}
FILM_S, FRAME_MS = 40, 400
# Sentences that pages lead with.
LEADING = "#claim, #answer"
# Keys of one round of the film: accept, reject with a reason, edit and save, take back.
ACTS = [["a"], ["a"], ["r", "1"], ["e", "Hello, ", "Control+Enter"], ["a"], ["z"], ["a"]]
NAMED = ("Control+Enter",)
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

    def newest(self, path: str) -> Json:
        """The first row of a list of the task."""
        rows: list[Json] = self.call("GET", f"{path}/?task={TASK}")["results"]
        return rows[0]


def main() -> None:
    """Take every page, then the film."""
    demo = Demo(json.loads((Path(os.environ.get("VAR_DIR", HERE.parent / "var")) / "demo-login.json").read_text()))
    evaluation = demo.newest("evaluations")
    hero = demo.call("GET", f"drafts/?task={TASK}&q=%22{NEARLY_GOOD.replace(' ', '%20')}%22+electric&check=unsupported")
    pages = {
        "home": "/",
        "focus": f"/tasks/{TASK}/review/?card={hero['results'][0]['id']}",
        "training": f"/training/{evaluation['training_run']}/",
        "evaluation": f"/evaluations/{evaluation['id']}/",
        "experiment": "/experiments/four-miniatures/",
    }
    IMAGES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        says = take(signed_in(browser, demo, SIZE), pages)
        film(signed_in(browser, demo, FILM_SIZE))
        browser.close()
    (IMAGES / "figures.json").write_text(json.dumps(figures(demo, evaluation) | {"says": says}, indent=1) + "\n")


def figures(demo: Demo, evaluation: Json) -> Json:
    """Return the held-out results of base, miniature and teacher, and the size of the run."""
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
    """Return the number of outputs behind a share."""
    outputs: float = metric["mean"] * metric["n"]
    return round(outputs)


def signed_in(browser: Browser, demo: Demo, size: Any) -> Page:
    """A page of the demo's member, in the light theme."""
    context = browser.new_context(base_url=demo.url, color_scheme="light", viewport=size)
    context.set_default_timeout(WITHIN_MS)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", demo.username)
    page.fill("[name=password]", demo.password)
    page.click("button[type=submit]")
    page.wait_for_url(demo.url)
    return page


def take(page: Page, pages: dict[str, str]) -> dict[str, str]:
    """Take all pages; returns the sentence that each leads with, where it has one.

    Raises:
        SystemExit: A page holds an alert.
    """
    says = {}
    for name, path in pages.items():
        page.goto(path)
        if name == "focus":
            edit_nearly_good(page)
        page.wait_for_timeout(SETTLE_MS)
        if alerts := page.locator(".alert:not(.is-good):visible").all_inner_texts():
            sys.exit(f"The page {name} holds an alert: {alerts[0]}")
        page.screenshot(path=IMAGES / f"{name}-light-1440.png")
        if name == "focus":
            leave_as_it_was(page)
        for sentence in page.locator(LEADING).all():
            says[name] = re.sub(r"\s+", " ", sentence.inner_text()).strip()
    return says


def film(page: Page) -> None:
    """Film the desk for forty seconds: cards accepted, rejected and edited by keys, and one verdict taken back."""
    page.goto(f"/tasks/{TASK}/review/")
    page.locator(".card:visible").wait_for()
    frames: list[Image.Image] = []

    def shoot(count: int) -> None:
        for _ in range(count):
            page.wait_for_timeout(FRAME_MS)
            frames.append(Image.open(io.BytesIO(page.screenshot())).convert("RGB"))

    shoot(5)
    for keys in ACTS * (FILM_S * 1000 // FRAME_MS):
        if len(frames) >= FILM_S * 1000 // FRAME_MS:
            break
        for key in keys:
            page.keyboard.type(key, delay=40) if len(key) > 1 and key not in NAMED else page.keyboard.press(key)
            shoot(3)
        shoot(3)
    frames[0].save(
        IMAGES / "desk.webp", save_all=True, append_images=frames[1:], duration=FRAME_MS, loop=0, quality=50, method=6
    )


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
