"""Take the README's screenshots from the running demo: `python docs/screenshots.py` while `make run` is up.

Reads the address and the login from `var/demo-login.json` (or the folder VAR_DIR names) and shows the newest run,
evaluation and study there are. Each page is taken at 1440 and 375 px, light and dark, into docs/images.
"""

from __future__ import annotations

import json
import os
import sys
import urllib.request
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

HERE = Path(__file__).parent
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
WRITING_MS = 9000


def main() -> None:
    """Take every page in every look."""
    card = json.loads((Path(os.environ.get("VAR_DIR", HERE.parent / "var")) / "demo-login.json").read_text())
    pages = {
        "home": "/",
        "focus": f"/tasks/{TASK}/review/",
        "agreement": f"/tasks/{TASK}/review/agreement/",
        "training": f"/training/{newest(card, 'training-runs')}/",
        "evaluation": f"/evaluations/{newest(card, 'evaluations')}/",
        "playground": f"/tasks/{TASK}/playground/",
        "campaign": "/campaigns/two-teachers/",
        "experiment": "/experiments/two-teachers/",
        "study": f"/studies/{newest(card, 'studies')}/",
    }
    (HERE / "images").mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        for scheme in ("light", "dark"):
            for width in (1440, 375):
                take(browser, card, pages, scheme, width)
        browser.close()


def newest(card: dict[str, str], path: str) -> str:
    """Id of the newest row of an API list."""
    request = urllib.request.Request(  # noqa: S310 (our own address)
        f"{card['url']}api/v1/{path}/?task={TASK}", headers={"Authorization": f"Bearer {card['token']}"}
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 (our own address)
        rows: list[dict[str, Any]] = json.loads(answer.read())["results"]
    if not rows:
        sys.exit(f"The demo has no {path} yet: tune the demo student first, then take the pictures.")
    return str(rows[0]["id"])


def take(browser: Browser, card: dict[str, str], pages: dict[str, str], scheme: Any, width: int) -> None:
    """All pages in one look."""
    context = browser.new_context(
        base_url=card["url"], color_scheme=scheme, viewport={"width": width, "height": 900 if width > 400 else 780}
    )
    page = context.new_page()
    page.goto("/accounts/login/")
    page.fill("[name=login]", card["username"])
    page.fill("[name=password]", card["password"])
    page.click("button[type=submit]")
    for name, path in pages.items():
        page.goto(path)
        if name == "playground":
            page.get_by_text("Facts", exact=True).click()
            page.get_by_role("button", name="Write with both").click()
            page.wait_for_timeout(WRITING_MS)
        page.wait_for_timeout(SETTLE_MS)
        page.screenshot(path=HERE / "images" / f"{name}-{scheme}-{width}.png")
    context.close()


if __name__ == "__main__":
    main()
