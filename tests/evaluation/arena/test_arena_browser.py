"""Two experts vote an arena to its end by keys in a real browser, and its page gives the verdict."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from evaluation.models import Arena, ArenaVote
from members.models import Member
from tests.evaluation.arena.conftest import TEACHER

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def press(page: Page, key: str) -> None:
    """Press a key, and wait until what comes next has taken the pair's place."""
    shown = page.locator("[name=id]").get_attribute("value")
    page.keyboard.press(key)
    expect(page.locator(f'[name=id][value="{shown}"]')).to_have_count(0)


def test_two_experts_vote_an_arena_to_its_end(
    arena: Arena, admin: Member, expert: Member, other_expert: Member, open_as: Callable[[Member, str], Page]
) -> None:
    address = f"/arenas/{arena.pk}/vote/"
    desks = [open_as(expert, address), open_as(other_expert, address)]
    press(desks[0], "b")
    press(desks[0], "z")
    expect(desks[0].locator(".choosing-said")).to_contain_text("Taken back. 0 votes of yours")

    for n in range(9):
        page = desks[n % 2]
        page.goto(address)
        is_left = "Body 1" in page.locator(".choosing-draft").first.inner_text()
        press(page, "1" if is_left else "2")

    expect(desks[0].locator("h2")).to_have_text("This arena is closed")
    standing = ArenaVote.objects.filter(retracts__isnull=True, retracted_by__isnull=True)
    assert sorted(standing.values_list("voter__username", flat=True)) == ["eva"] * 5 + ["otto"] * 4
    desks[0].get_by_role("link", name="Read the result").click()
    expect(desks[0].locator("#answer")).to_have_text(
        f"Your miniature is preferred to {TEACHER}: 9 of the 9 votes that decide."
    )
