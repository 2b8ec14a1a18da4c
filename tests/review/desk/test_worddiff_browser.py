"""The word diff of the editor, run where it runs: in a browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def diff(browser: Browser, live_server: Any) -> Iterator[Callable[[str, str], list[tuple[str, str]]]]:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{live_server.url}/static/js/desk/worddiff.js")

    def run(before: str, after: str) -> list[tuple[str, str]]:
        script = "([a, b]) => import('/static/js/desk/worddiff.js').then((m) => m.wordDiff(a, b))"
        return [(piece["kind"], piece["text"]) for piece in page.evaluate(script, [before, after])]

    yield run
    context.close()


def test_changed_words_stand_between_those_that_stayed(diff: Callable[[str, str], list[tuple[str, str]]]) -> None:
    assert diff("We cut costs by 31 %.", "We cut waste by 31 %.") == [
        ("same", "We cut "), ("del", "costs"), ("ins", "waste"), ("same", " by 31 %."),
    ]  # fmt: skip


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("before", "after"),
    [("", "new words"), ("old words", ""), ("same", "same"), ("Grüße, Zoë!", "Grüsse, Zoe!"), ("a\n\nb", "a b\n\nb c"),
     ("x " * 3000, "y " * 3000)],
)  # fmt: skip
def test_what_stayed_and_went_is_the_old_text_and_what_stayed_and_came_the_new(
    diff: Callable[[str, str], list[tuple[str, str]]], before: str, after: str
) -> None:
    pieces = diff(before, after)

    assert "".join(text for kind, text in pieces if kind != "ins") == before
    assert "".join(text for kind, text in pieces if kind != "del") == after
