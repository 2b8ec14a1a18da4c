"""Rules of sites for robots: each host's robots.txt, asked for once through the guarded fetch."""

from __future__ import annotations

import threading
from collections.abc import Callable
from urllib.parse import urlsplit

from generation.engine.research import robots_rules
from generation.engine.research.charset import decode
from generation.engine.research.robots_rules import RobotsRule, RobotsRules
from web.net.page_fetch import OK, FetchedPage, FetchError

# RFC 9309, section 2.5, wants at least 500 KiB read.
MAX_BYTES = 512_000
_SERVER_FAULT = 500
_NOTHING = RobotsRules((RobotsRule(allows=False, pattern="/"),))
# Longer than what is read, or going in circles: as good as none.
_AS_NONE = frozenset({"too_large", "loop", "too_many_redirects"})


class Robots:
    """Rules of every host asked so far. Safe to use from many threads; two may ask the same host once each."""

    def __init__(self, robot: str, ask: Callable[[str], FetchedPage]) -> None:
        self._robot, self._ask = robot, ask
        self._known: dict[str, RobotsRules] = {}
        self._lock = threading.Lock()

    def check(self, url: str) -> None:
        """Refuse a page that robots may not read.

        Raises:
            NotFetchedError: `robots`.
        """
        rules = self.of(url)
        if not rules.allow(url):
            reason = (
                "could not be read, so nothing may be"
                if rules is _NOTHING
                else "does not allow robots to read this page"
            )
            raise FetchError("robots", f"The site's robots.txt {reason}.")

    def of(self, url: str) -> RobotsRules:
        parts = urlsplit(url)
        root = f"{parts.scheme}://{parts.netloc}"
        with self._lock:
            rules = self._known.get(root)
        if rules is None:
            rules = self._read(f"{root}/robots.txt")
            with self._lock:
                self._known[root] = rules
        return rules

    def _read(self, url: str) -> RobotsRules:
        """Sections 2.3.1.3 and 2.3.1.4: a file that is not there allows all, one that cannot be reached nothing."""
        try:
            answer = self._ask(url)
        except FetchError as error:
            return RobotsRules() if error.code in _AS_NONE else _NOTHING
        if answer.status >= _SERVER_FAULT:
            return _NOTHING
        return robots_rules.parse(decode(answer.body, "utf-8"), self._robot) if answer.status == OK else RobotsRules()
