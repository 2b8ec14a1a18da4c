"""Fetching as a polite robot: by robots.txt, one page of a host at a time, with a pause between two."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import urlsplit

from generation.engine.research import robots
from generation.engine.research.contracts import ResearchSpec
from generation.engine.research.robots import Robots
from web.net.page_fetch import FetchedPage, FetchError, FetchLimits, FetchRules, fetch

TYPES = frozenset({"text/html", "application/xhtml+xml", "text/plain"})
_SEARCH_BYTES = 2_000_000
# How often a pause is broken off to see whether all is to end.
_LOOK_S = 0.2


class FetchStopped(Exception):  # noqa: N818 (asked for, and no fault)
    """The engine was asked to stop."""


class Fetcher:
    """Reads pages for one order. Safe to use from many threads; those that want the same host take turns."""

    def __init__(self, spec: ResearchSpec, should_stop: Callable[[], bool] = lambda: False) -> None:
        self._spec, self._named, self._should_stop = spec, tuple(spec.named), should_stop
        self._robots = Robots(spec.user_agent.split("/")[0], self._robots_txt)
        self._turns: dict[str, threading.Lock] = defaultdict(threading.Lock)
        self._free_at_s: dict[str, float] = {}
        self._lock = threading.Lock()

    def page(self, url: str, *, until_s: float) -> FetchedPage:
        """Read a page, keeping the pauses its hosts ask for.

        Args:
            until_s: When the site's time is over, by `time.monotonic`.

        Raises:
            NotFetchedError: As `page_fetch.fetch`, and `robots`, or `site_time` where the pauses leave no time.
            FetchStopped: The engine was asked to, during a pause.
        """
        rules = FetchRules(
            self._spec.user_agent, named=self._named, types=TYPES, may_go=lambda hop: self._may_go(hop, until_s)
        )
        limits = FetchLimits(total_s=self._spec.page_s, max_bytes=self._spec.max_bytes)
        with self._turn(_host(url)):
            return fetch(url, rules=rules, limits=limits)

    def search(self, url: str, headers: dict[str, str]) -> FetchedPage:
        """Ask a search server that an admin named; robots.txt is for robots, not for its own users."""
        rules = FetchRules(self._spec.user_agent, named=self._named, headers=headers)
        return fetch(url, rules=rules, limits=FetchLimits(total_s=self._spec.page_s, max_bytes=_SEARCH_BYTES, hops=0))

    def _turn(self, host: str) -> threading.Lock:
        with self._lock:
            return self._turns[host]

    def _may_go(self, url: str, until_s: float) -> None:
        self._robots.check(url)
        delay_s = max(self._spec.delay_s, self._robots.of(url).delay_s)
        host = _host(url)
        with self._lock:
            now_s = time.monotonic()
            go_s = max(now_s, self._free_at_s.get(host, 0.0))
            if go_s > until_s:
                raise FetchError("site_time", f"The pause of {delay_s:g} s between pages leaves no time for it.")
            self._free_at_s[host] = go_s + delay_s
        while (left_s := go_s - time.monotonic()) > 0:
            if self._should_stop():
                raise FetchStopped
            time.sleep(min(left_s, _LOOK_S))

    def _robots_txt(self, url: str) -> FetchedPage:
        rules = FetchRules(self._spec.user_agent, named=self._named)
        return fetch(url, rules=rules, limits=FetchLimits(total_s=self._spec.page_s, max_bytes=robots.MAX_BYTES))


def _host(url: str) -> str:
    try:
        return (urlsplit(url).netloc or "").lower()
    except ValueError:
        return ""
