"""Claim: the next card is painted within 50 ms of the key, and the desk weighs less than 300 KB compressed.

Serves a desk of 1,000 drafts (uvicorn, its own database) and judges 100 of them in Chromium as an expert would: `a`, now
and then `r` and a digit. A press is timed from the key event's own clock to the frame after the one that shows the next
card, which is a little later than the paint itself. Weight is what came over the wire, encoded, on a first visit with an
empty cache; Chromium reports it (`Network.loadingFinished`).

`--labels` judges tickets instead: a label, yes or no and a sum on each card, most confirmed by `Enter`, every third with
another label picked first, one in ten without the teacher's answer; the press that is timed is `Enter`. `--cards` says how
many are judged. `--list ROWS` measures instead the first paint of the list of drafts with so many rows. The last line of output is one
JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
DRAFTS, CARDS, WARM_UP = 1_000, 100, 5
PASSWORD = "correct horse battery"
FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]

# Runs in a process of its own, since the desk has its own database. Records are shared by drafts beyond 20,000.
LAY_OUT = """
import sys
import django
django.setup()
from django.core.management import call_command
call_command("migrate", verbosity=0)
from members.models import Member
from tests.review import factories
member = Member(username="bench", is_superuser=True)
member.set_password(sys.argv[2])
member.save()
is_labels = sys.argv[3] == "labels"
task = factories.make_task(by=member, spec=factories.triage_spec() if is_labels else None)
left, chunk = int(sys.argv[1]), 20_000
records = factories.make_records(factories.make_source(task), min(left, chunk))
while left > 0:
    here = records[:left]
    fields = [factories.triage_fields(index) for index in range(len(here))] if is_labels else None
    factories.make_drafts(task, here, fields=fields)
    left -= chunk
"""

PAINTS = """
(decisive) => {
  Object.assign(window, { paints: [], decisive });
  const shown = () => document.querySelector(".card:not([hidden])")?.dataset.card;
  document.addEventListener("keydown", (event) => {
    if (!window.decisive.includes(event.key)) return;
    const before = shown();
    const look = (at) => {
      // This frame holds the new card; the one after it begins when it has been painted.
      if (shown() !== before) requestAnimationFrame(() => window.paints.push(performance.now() - event.timeStamp));
      else if (at - event.timeStamp < 5000) requestAnimationFrame(look);
    };
    requestAnimationFrame(look);
  }, { capture: true });
}
"""


@contextmanager
def served(drafts: int, kind: str = "mails") -> Iterator[str]:
    """Lay out a desk and serve it; yields its address."""
    with tempfile.TemporaryDirectory(prefix="bench-browser-") as folder:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev", "VAR_DIR": folder,
               "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING", "PACK_STATIC": "1"}  # fmt: skip
        subprocess.run([sys.executable, "-c", LAY_OUT, str(drafts), PASSWORD, kind], check=True, env=env, cwd=ROOT)
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(collect, check=True, env=env, cwd=ROOT)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        command = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(port),
                   "--log-level", "warning"]  # fmt: skip
        server = subprocess.Popen(command, env=env, cwd=ROOT)
        try:
            wait_for(f"http://127.0.0.1:{port}/livez")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()
            server.wait(10)


def wait_for(url: str) -> None:
    """Until the server answers."""
    for _ in range(300):
        try:
            urllib.request.urlopen(url, timeout=1)
        except OSError:
            time.sleep(0.2)
        else:
            return
    raise SystemExit("the server did not start")


@contextmanager
def browsing(url: str) -> Iterator[Page]:
    """A signed-in page with an empty cache."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=os.environ.get("CHROMIUM", "/usr/bin/chromium"), args=FLAGS
        )
        context = browser.new_context(base_url=url, viewport={"width": 1440, "height": 900})
        page = context.new_page()
        page.goto("/accounts/login/")
        page.fill("[name=login]", "bench")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_load_state("load")
        yield page
        browser.close()


def weigh(page: Page) -> dict[str, int]:
    """Bytes over the wire of a first visit to the desk, and in how many answers."""
    session: Any = page.context.new_cdp_session(page)
    sizes: list[int] = []
    session.on("Network.loadingFinished", lambda event: sizes.append(int(event["encodedDataLength"])))
    session.send("Network.enable")
    session.send("Network.clearBrowserCache")
    page.goto("/tasks/outreach/review/")
    page.wait_for_selector(".desk.is-live")
    page.wait_for_load_state("networkidle")
    session.detach()
    return {"bytes": sum(sizes), "answers": len(sizes)}


def judge(page: Page, cards: int, press: Callable[[Page, int], None]) -> list[float]:
    """Milliseconds from the key that decides to the painted card, for so many cards."""
    page.evaluate(PAINTS, ["a", "1"] if press is press_mail else ["Enter"])
    for index in range(WARM_UP + cards):
        page.wait_for_function("() => document.querySelectorAll('.card').length > 1")
        press(page, index)
        page.wait_for_function("(count) => window.paints.length > count", arg=index)
        # As a person would, though faster: the answer to one card arrives while the next is read.
        page.wait_for_timeout(60)
    return list(page.evaluate("window.paints"))[WARM_UP:]


def press_mail(page: Page, index: int) -> None:
    """Accept, every fifth time reject."""
    if index % 5 == 4:
        page.keyboard.press("r")
    page.keyboard.press("1" if index % 5 == 4 else "a")


def press_label(page: Page, index: int) -> None:
    """Confirm; every third time pick another label first, and where the teacher's are hidden all that are wanted."""
    is_hidden = page.locator(".card:not([hidden]) [data-values][data-hidden]").count()
    for digit in "11" if is_hidden else "2" if index % 3 == 2 else "":
        page.keyboard.press(digit)
    page.keyboard.press("Enter")


def first_paint(page: Page, times: int = 7) -> list[float]:
    """First contentful paint of the list of drafts, milliseconds, after one visit that warms the server."""
    found = []
    for _ in range(times + 1):
        page.goto("/tasks/outreach/review/list/")
        page.wait_for_function("() => performance.getEntriesByName('first-contentful-paint').length > 0")
        found.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
    return found[1:]


def summary(times_ms: list[float]) -> dict[str, float]:
    """Median, 95th percentile and the worst."""
    return {
        "median_ms": round(statistics.median(times_ms), 1),
        "p95_ms": round(statistics.quantiles(times_ms, n=20)[-1], 1),
        "max_ms": round(max(times_ms), 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--list", type=int, metavar="ROWS", help="measure the list of drafts with so many rows")
    parser.add_argument("--labels", action="store_true", help="judge labels instead of mails")
    parser.add_argument("--cards", type=int, default=CARDS)
    asked = parser.parse_args()
    kind, drafts = "labels" if asked.labels else "mails", max(DRAFTS, asked.cards + 5 * WARM_UP)
    with served(asked.list or drafts, kind) as url, browsing(url) as page:
        if asked.list:
            report: dict[str, Any] = {"claim": "list", "rows": asked.list, "first_paint": summary(first_paint(page))}
        else:
            weight = weigh(page)
            times = judge(page, asked.cards, press_label if asked.labels else press_mail)
            report = {"claim": "browser", "kind": kind, "drafts": drafts, "cards": asked.cards, "weight": weight,
                      "key_to_paint": summary(times)}  # fmt: skip
    print(json.dumps(report))


if __name__ == "__main__":
    main()
