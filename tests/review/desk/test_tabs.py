"""Tabs of review: a short path, the rest one step behind it, and in front where something waits."""

from __future__ import annotations

import re
from types import SimpleNamespace

import pytest
from django.template.loader import render_to_string

from review.ports import DeskLink
from review.templatetags import desks
from web.ports import Listeners

NOTHING, SOME = {"late": 0, "disputed": 0}, {"late": 0, "disputed": 3}
PATH = ["Focus", "List", "My decisions", "Agreement"]


@pytest.fixture(autouse=True)
def rooms_above(monkeypatch: pytest.MonkeyPatch) -> Listeners[..., list[DeskLink]]:
    """Rooms that have desks of their own: none, until a test brings one."""
    rooms: Listeners[..., list[DeskLink]] = Listeners()
    monkeypatch.setattr(desks, "desk_links", rooms)
    return rooms


def tabs(**context: object) -> tuple[list[str], list[str], bool]:
    """Tabs in front, tabs behind *More*, and whether those are shown."""
    page = render_to_string("review/desk/_tabs.html", {"task": SimpleNamespace(slug="outreach"), **context})
    front, more = page.split("<details", 1)
    names = [re.findall(r">([A-Z][a-z -]+?)\s*<(?:/a|span)", part) for part in (front, more)]
    return names[0], names[1], bool(re.match(r"\s*open", more))


def test_a_reviewer_has_a_path_and_what_fewer_visits_need_behind_it() -> None:
    assert tabs(may_review=True, waiting=None, tab="list") == (
        PATH, ["Choose the best", "Near-duplicates", "My statistics", "Guidelines"], False,
    )  # fmt: skip
    assert tabs(may_review=False, waiting=None, tab="list")[0] == PATH[1:]


def test_what_waits_for_a_lead_stands_in_front_and_else_behind() -> None:
    quiet, busy = (tabs(may_review=True, waiting=counts, tab="list") for counts in (NOTHING, SOME))

    assert quiet[0] == PATH and quiet[1][-3:] == ["Late decisions", "Disputed", "Settings"]
    assert busy[0] == [*PATH, "Late decisions", "Disputed"] and busy[1][-1] == "Settings"


@pytest.mark.parametrize(
    ("tab", "waiting", "is_open"),
    [("guidelines", NOTHING, True), ("settings", SOME, True), ("late", NOTHING, True), ("late", SOME, False),
     ("agreement", SOME, False)],
)  # fmt: skip
def test_the_rest_is_open_on_its_own_pages(tab: str, waiting: dict[str, int], is_open: bool) -> None:
    assert tabs(may_review=True, waiting=waiting, tab=tab)[2] is is_open


def test_a_desk_of_another_room_stands_in_front_for_those_who_judge(
    rooms_above: Listeners[..., list[DeskLink]],
) -> None:
    rooms_above.register(lambda task: [DeskLink("Arena", f"/{task.slug}/", "Vote")])

    assert tabs(may_review=True, waiting=None, tab="list")[0] == [*PATH, "Arena"]
    assert "Arena" not in tabs(may_review=False, waiting=None, tab="list")[0]
