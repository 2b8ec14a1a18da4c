"""Reviewers at a desk, each a thread with one connection kept open, judging card after card."""

from __future__ import annotations

import http.client
import json
import math
import random
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

TOKEN = "b" * 32
VERDICTS = ("accept", "edit", "reject")

Judge = Callable[[], str]  # decides one draft and names it


class DeskEmptyError(Exception):
    """Raised by a judge when no draft is left."""


@dataclass
class Sitting:
    """What a number of reviewers did: seconds of each decision, the drafts they judged, how long it took."""

    times_s: list[float] = field(default_factory=list)
    judged: Counter[str] = field(default_factory=Counter)
    wall_s: float = 0.0
    errors: list[str] = field(default_factory=list)

    def summary(self) -> dict[str, Any]:
        """Milliseconds of a decision, decisions a second, drafts that two reviewers were given.

        Raises:
            SystemExit: Nobody could judge anything.
        """
        if not self.times_s:
            raise SystemExit(f"No decision came through: {self.errors[:1]}")
        ordered = sorted(self.times_s)
        return {
            "decisions": len(ordered),
            "per_s": round(len(ordered) / self.wall_s, 1),
            "median_ms": round(statistics.median(ordered) * 1000, 1),
            "p95_ms": round(ordered[int(len(ordered) * 0.95)] * 1000, 1),
            "worst_ms": round(ordered[-1] * 1000, 1),
            "given_twice": sum(times - 1 for times in self.judged.values()),
            "errors": len(self.errors),
        }


def sit(judges: Sequence[Judge], *, seconds: float, every_s: float = 0.0, decisions: float = math.inf) -> Sitting:
    """Let reviewers judge side by side, until the time is over or no draft is left.

    Args:
        judges: One for each reviewer.
        seconds: Longest time.
        every_s: Seconds from one decision of a reviewer to the next; 0 judges without a pause.
        decisions: Most decisions of one reviewer.
    """
    sitting, lock = Sitting(), threading.Lock()
    until = time.perf_counter() + seconds

    def work(judge: Judge) -> None:
        # They do not begin in step.
        time.sleep(random.random() * min(every_s, seconds / 2))
        left = decisions
        while (began := time.perf_counter()) < until and left > 0:
            left -= 1
            try:
                draft = judge()
            except DeskEmptyError:
                return
            except Exception as error:
                with lock:
                    sitting.errors.append(repr(error)[:200])
                return
            took = time.perf_counter() - began
            with lock:
                sitting.times_s.append(took)
                sitting.judged[draft] += 1
            time.sleep(max(0.0, every_s - took))

    began = time.perf_counter()
    threads = [threading.Thread(target=work, args=(judge,)) for judge in judges]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sitting.wall_s = time.perf_counter() - began
    return sitting


class Reviewer:
    """One signed-in browser: it holds a deck of cards and sends a verdict for the top one."""

    def __init__(self, port: int, task: str, session: str) -> None:
        self._http = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
        self._headers = {"Cookie": f"sessionid={session}; csrftoken={TOKEN}", "X-CSRFToken": TOKEN,
                         "Content-Type": "application/json"}  # fmt: skip
        self._turn = 0
        self._deck: list[dict[str, Any]] = self._ask("GET", f"/api/v1/desk/{task}/deck/?render=html")["cards"]

    def __call__(self) -> str:
        """Judge the top card: the request answers when it is recorded and the next card is drawn.

        Raises:
            DeskEmptyError: The deck has no card.
        """
        if not self._deck:
            raise DeskEmptyError
        card = self._deck.pop(0)
        verdict = VERDICTS[self._turn % 3]
        self._turn += 1
        body: dict[str, Any] = {"id": str(uuid4()), "verdict": verdict, "seconds": 8.0}
        if verdict == "edit":
            body["fields"] = {
                "subject": "A question for you",
                "body": f"Hi,\n\n{'A line of the edit. ' * 40}{self._turn}",
            }
        if verdict == "reject":
            body["reasons"] = ["tone"]
        answer = self._ask("POST", f"/api/v1/drafts/{card['id']}/decisions/?render=html", body, card["etag"])
        self._deck += answer["next"]
        return str(card["id"])

    def _ask(self, method: str, path: str, body: object = None, tag: str = "") -> Any:
        headers = {**self._headers, "If-Match": tag} if tag else self._headers
        sent = None if body is None else json.dumps(body)
        try:
            self._http.request(method, path, body=sent, headers=headers)
            answer = self._http.getresponse()
        except ConnectionError:
            # The server closes connections that were idle; a browser opens another one too.
            self._http.close()
            self._http.request(method, path, body=sent, headers=headers)
            answer = self._http.getresponse()
        text = answer.read()
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {text[:200]!r}")
        return json.loads(text)
