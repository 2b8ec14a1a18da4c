"""Rules of sites for robots: each host's robots.txt, asked for once through the guarded fetch."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

from generation.engine.research.charset import decode
from web.net.page_fetch import OK, FetchedPage, FetchError

_LONGEST_DELAY_S = 3600.0
_MOST_RULES = 20_000


@dataclass(frozen=True)
class RobotsRule:
    """One `Allow` or `Disallow` and its pattern, percent-encoded in one way."""

    allows: bool
    pattern: str


@dataclass(frozen=True)
class RobotsRules:
    """Rules for one robot, and how long it waits between two requests, seconds."""

    rules: tuple[RobotsRule, ...] = ()
    delay_s: float = 0.0

    def allow(self, url: str) -> bool:
        """Tell whether a page may be read: the longest pattern that fits decides, of equals the allowing (2.2.2)."""
        parts = urlsplit(url)
        path = _encoded(parts.path or "/") + (f"?{_encoded(parts.query)}" if parts.query else "")
        fitting = [rule for rule in self.rules if _fits(rule.pattern, path)]
        return max(fitting, key=lambda rule: (len(rule.pattern), rule.allows)).allows if fitting else True


def parse(text: str, robot: str) -> RobotsRules:
    """The rules of the groups that name a robot, all together; where none does, those for `*` (2.2.1)."""
    own: list[tuple[str, str]] = []
    others: list[tuple[str, str]] = []
    groups: set[str] = set()
    is_open = False
    for key, value in _lines(text):
        if key == "user-agent":
            groups = (groups if is_open else set()) | {value.split("/")[0].strip().lower()}
            is_open = True
        elif key in ("allow", "disallow", "crawl-delay"):
            is_open = False
            if robot.lower() in groups:
                own.append((key, value))
            if "*" in groups:
                others.append((key, value))
        if robot.lower() in groups and not own:
            own.append(("", ""))
    return _rules(own or others)


def _rules(lines: list[tuple[str, str]]) -> RobotsRules:
    rules = [
        RobotsRule(key == "allow", _encoded(value)) for key, value in lines if key in ("allow", "disallow") and value
    ]
    delays = [delay_s for key, value in lines if key == "crawl-delay" and (delay_s := _seconds(value)) > 0]
    return RobotsRules(tuple(rules[:_MOST_RULES]), max(delays, default=0.0))


def _lines(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        key, colon, value = line.partition("#")[0].partition(":")
        if colon:
            yield key.strip().lower(), value.strip()


def _seconds(text: str) -> float:
    try:
        return min(max(float(text), 0.0), _LONGEST_DELAY_S)
    except ValueError:
        return 0.0


def _fits(pattern: str, path: str) -> bool:
    """Match a pattern with `*` and a last `$` against the beginning of a path; linear in both (2.2.3)."""
    is_whole = pattern.endswith("$")
    first, *rest = pattern.removesuffix("$").split("*")
    if not path.startswith(first):
        return False
    at = len(first)
    if not rest:
        return not is_whole or at == len(path)
    last = rest.pop() if is_whole else ""
    for part in rest:
        position = path.find(part, at)
        if position < 0:
            return False
        at = position + len(part)
    return not is_whole or (len(path) - len(last) >= at and path.endswith(last))


def _encoded(text: str) -> str:
    """Percent-encode all but letters as they are: `/ö` and `/%C3%B6` are the same path (2.2.2)."""
    return quote(unquote_to_bytes(text), safe="/*$?&=:;,+@!~'()-._")


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
        return parse(decode(answer.body, "utf-8"), self._robot) if answer.status == OK else RobotsRules()
