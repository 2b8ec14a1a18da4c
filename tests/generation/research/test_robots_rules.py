"""Rules of robots.txt, by the examples and clauses of RFC 9309."""

from __future__ import annotations

import pytest

from generation.engine.research.robots import Robots, parse
from tests import pace
from web.net.page_fetch import FetchedPage, FetchError

HOST = "https://x.example"


@pytest.mark.parametrize(("rules", "path", "is_allowed"), [
    ("Disallow:", "/a", True),
    ("Disallow: /", "/a", False),
    ("Disallow: /a\nAllow: /a/b", "/a/b/c", True),
    ("Allow: /a\nDisallow: /a", "/a", True),
    ("Disallow: /*.php$", "/x/y.php", False),
    ("Disallow: /*.php$", "/x/y.php?z=1", True),
    ("Disallow: /a*b*c", "/aXbYc", False),
    ("Disallow: /a*b*c", "/acb", True),
    ("Disallow: /aa*a$", "/aa", True),
    ("Disallow: /*?session=", "/page?session=7", False),
    ("Disallow: /%C3%BC", "/ü", False),
    ("Disallow: /private # not for you", "/private/x", False),
    ("disALLOW : /x", "/x", False),
    ("no rule at all", "/x", True),
])  # fmt: skip
def test_the_longest_pattern_that_fits_decides(rules: str, path: str, is_allowed: bool) -> None:
    found = parse(f"User-agent: *\n{rules}", "Robot")

    assert found.allow(HOST + path) is is_allowed


def test_the_group_that_names_the_robot_goes_before_the_one_for_all() -> None:
    text = (
        "User-agent: *\nDisallow: /\n\nUser-agent: other\nUser-agent: ROBOT/2.0\nDisallow: /a\n\nUser-agent: "
        "robot\nDisallow: /b"
    )

    found = parse(text, "Robot")

    assert [found.allow(HOST + path) for path in ("/", "/a", "/b")] == [True, False, False]


def test_a_group_of_its_own_without_rules_allows_all() -> None:
    assert parse("User-agent: *\nDisallow: /\nUser-agent: robot\n", "Robot").allow(f"{HOST}/x")


def test_the_longest_pause_that_is_asked_for_counts_and_nonsense_does_not() -> None:
    assert parse("User-agent: *\nCrawl-delay: 2\nCrawl-delay: soon\nCrawl-delay: -4", "Robot").delay_s == 2


def test_a_pattern_of_many_stars_costs_no_time() -> None:
    rules = parse("User-agent: *\nDisallow: /" + "*a" * 200 + "b", "Robot")

    with pace.within(0.1):
        assert rules.allow(f"{HOST}/" + "a" * 2000)


@pytest.mark.parametrize(("answer", "is_allowed"), [
    (404, True), (403, True), (503, False), ("connection", False), ("address", False), ("too_large", True),
])  # fmt: skip
def test_a_file_that_is_not_there_allows_all_and_one_that_cannot_be_reached_nothing(
    answer: int | str, is_allowed: bool
) -> None:
    def ask(url: str) -> FetchedPage:
        if isinstance(answer, str):
            raise FetchError(answer, "no")
        return FetchedPage(url, answer, "text/plain", "", b"")

    robots = Robots("Robot", ask)

    if is_allowed:
        robots.check(f"{HOST}/a")
    else:
        with pytest.raises(FetchError, match=r"robots\.txt"):
            robots.check(f"{HOST}/a")


def test_a_host_is_asked_once() -> None:
    asked: list[str] = []

    def ask(url: str) -> FetchedPage:
        asked.append(url)
        return FetchedPage(url, 200, "text/plain", "", b"User-agent: *\nDisallow: /x")

    robots = Robots("Robot", ask)
    for path in ("/a", "/b"):
        robots.check(HOST + path)

    assert asked == [f"{HOST}/robots.txt"]
