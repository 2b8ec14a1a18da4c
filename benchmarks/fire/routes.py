"""Every route by every kind of caller over HTTP: nobody is let through who must not be, and whoever may come gets in.

Refused callers go first, for they change nothing; after each request that may write, the installation is brought back.
"""

from __future__ import annotations

import time
from typing import Any, NamedTuple

from benchmarks.fire import wire
from benchmarks.fire.finding import FiredStage, at_once
from benchmarks.fire.site import Site
from benchmarks.fire.wire import Request

READS = ("GET", "HEAD")
CANARY = b"kestrel"


class Try(NamedTuple):
    """One request of one caller to one route, and what its answer may mean."""

    caller: str
    entry: dict[str, Any]
    allowed: list[str]

    def request(self, laid: dict[str, Any]) -> Request:
        headers, body = wire.content_of(self.entry)
        shown = {**wire.headers_for(self.caller, laid), **headers}
        return Request(self.entry["method"], self.entry["address"] + self.entry["query"], shown, body)

    @property
    def may_change(self) -> bool:
        """Whether it may change the installation."""
        return self.entry["method"] not in READS and "reached" in self.allowed


def fire(site: Site, *, every: int = 1) -> FiredStage:
    """Try every route by every caller.

    Args:
        every: Of so many routes one is tried; 1 for all.
    """
    found, began, before = FiredStage("routes"), time.monotonic(), len(site.errors())
    entries = site.laid["routes"][::every]
    tries = [Try(caller, entry, allowed) for entry in entries for caller, allowed in entry["allowed"].items()]
    at_once(lambda each: judge(site, each, found), [each for each in tries if "reached" not in each.allowed])
    at_once(
        lambda each: judge(site, each, found),
        [each for each in tries if "reached" in each.allowed and not each.may_change],
    )
    site.restore()
    for each in (each for each in tries if each.may_change):
        judge(site, each, found)
        site.restore()
    found.figures = {
        "routes": len({entry["name"] + entry["template"] for entry in entries}),
        "methods": len(entries),
        "callers": len({each.caller for each in tries}),
        "tries": len(tries),
        "seconds": round(time.monotonic() - began),
    }
    found.add_errors(site.errors()[before:])
    return found


def judge(site: Site, each: Try, found: FiredStage) -> None:
    """Send it, and compare what its answer means with what is declared."""
    request = each.request(site.laid)
    answer = wire.ask(site.port, request)
    told = f"{request} as {each.caller}"
    found.add(answer, told, each.entry["name"])
    got = answer.meaning
    if got in ("broken", "silent"):
        return
    if got not in each.allowed:
        what = "LET THROUGH" if got == "reached" else got
        found.violations.append(f"{what} ({answer.status}), declared {each.entry['need']}: {told}")
    if each.caller in ("stranger", "token:elsewhere") and got == "reached" and CANARY in answer.content.lower():
        found.violations.append(f"SHOWS another task: {told}")
