"""A robots.txt as rules for one robot, by RFC 9309. Pure Python; asks nothing of the network.

Patterns are matched part by part from the left, never by a regular expression: the file is a stranger's, and a pattern
of forty stars would keep one busy for years.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes, urlsplit

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
