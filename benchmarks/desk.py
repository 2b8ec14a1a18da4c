"""Claim: a decision answers with the next card in under 50 ms, and no slower on a desk of 10,000 drafts than of 1,000.

Starts two real servers (uvicorn, SQLite in a file), one with each number of drafts, signs one reviewer in to each, and
judges card after card: alternating between the two, so that a noisy machine is noisy for both. Measured is what a
browser waits for: the POST of a decision until its reply, with the next card drawn as HTML. The last line of output is
one JSON object; `ratio` is the median at 10,000 over the median at 1,000.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx

ROOT = Path(__file__).resolve().parent.parent
SIZES = (1_000, 10_000)
WARM_UP, ROUNDS = 20, 200
PASSWORD = "correct horse battery"

# Runs in a process of its own, since each desk has its own database.
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
task = factories.make_task(by=member)
factories.make_drafts(task, factories.make_records(factories.make_source(task), int(sys.argv[1])))
"""


@dataclass
class Desk:
    """One served desk and a signed-in client."""

    size: int
    http: httpx.Client
    hand: list[dict[str, str]]
    times_ms: list[float]

    def judge(self) -> float:
        """Judge the top card; milliseconds until the reply."""
        card = self.hand.pop(0)
        headers = {"If-Match": card["etag"], "X-CSRFToken": self.http.cookies["csrftoken"]}
        body = {"id": str(uuid4()), "verdict": "accept", "seconds": 8.0}
        began = time.perf_counter()
        answer = self.http.post(f"/api/v1/candidates/{card['id']}/decisions/?render=html", json=body, headers=headers)
        took = (time.perf_counter() - began) * 1000
        answer.raise_for_status()
        self.hand += answer.json()["next"]
        return took


@contextmanager
def served(size: int) -> Iterator[Desk]:
    """Lay out a desk of so many drafts and serve it."""
    with tempfile.TemporaryDirectory(prefix="bench-desk-") as folder, socket.socket() as free:
        env = {**os.environ, "DJANGO_SETTINGS_MODULE": "miniatures_site.settings.dev", "VAR_DIR": folder,
               "PYTHONPATH": str(ROOT), "LOG_LEVEL": "WARNING"}  # fmt: skip
        env.pop("DATABASE_URL", None)
        subprocess.run([sys.executable, "-c", LAY_OUT, str(size), PASSWORD], check=True, env=env, cwd=ROOT)
        collect = [sys.executable, "manage.py", "collectstatic", "--noinput", "-v0"]
        subprocess.run(collect, check=True, env=env, cwd=ROOT)
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        command = [sys.executable, "-m", "uvicorn", "miniatures_site.asgi:application", "--port", str(port),
                   "--log-level", "warning"]  # fmt: skip
        server = subprocess.Popen(command, env=env, cwd=ROOT)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", follow_redirects=True, timeout=60) as http:
                yield signed_in(http, size)
        finally:
            server.terminate()
            server.wait(10)


def signed_in(http: httpx.Client, size: int) -> Desk:
    """Wait for the server, sign in, and take a hand."""
    for _ in range(300):
        try:
            http.get("/livez").raise_for_status()
            break
        except httpx.HTTPError:
            time.sleep(0.2)
    http.get("/accounts/login/")
    form = {"login": "bench", "password": PASSWORD, "csrfmiddlewaretoken": http.cookies["csrftoken"]}
    http.post("/accounts/login/", data=form).raise_for_status()
    hand = http.get("/api/v1/desk/outreach/deck/?render=html").raise_for_status().json()["cards"]
    return Desk(size, http, hand, [])


def main() -> None:
    with served(SIZES[0]) as small, served(SIZES[1]) as big:
        for _ in range(WARM_UP):
            small.judge()
            big.judge()
        for _ in range(ROUNDS):
            small.times_ms.append(small.judge())
            big.times_ms.append(big.judge())
        report = {str(desk.size): summary(desk.times_ms) for desk in (small, big)}
    ratio = report[str(SIZES[1])]["median_ms"] / report[str(SIZES[0])]["median_ms"]
    print(json.dumps({"claim": "desk", "ratio": round(ratio, 3), "rounds": ROUNDS, "by_drafts": report}))


def summary(times_ms: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {
        "median_ms": round(statistics.median(times_ms), 2),
        "p95_ms": round(statistics.quantiles(times_ms, n=20)[-1], 2),
    }


if __name__ == "__main__":
    main()
