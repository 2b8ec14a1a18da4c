"""Swipes on a phone: a long one to the side decides and can be undone; scrolling,
short ones and selections decide nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from members.models import Member
from review.models import Decision
from tests.matrix.looks import AXE, RUN
from tests.review.desk.looking import SHOWN, current, saved

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True), pytest.mark.slow]
PHONE: dict[str, Any] = {"viewport": {"width": 375, "height": 720}, "has_touch": True, "is_mobile": True}


@pytest.fixture
def phone(open_desk: Callable[..., Page], admin: Member) -> Page:
    page = open_desk(admin, **PHONE)
    page.wait_for_selector(".swipe-flag", state="attached")
    return page


def drag(page: Page, dx: int, dy: int = 0, *, lift: bool = True) -> None:
    """Move one finger over the draft's text, from its middle."""
    session = page.context.new_cdp_session(page)
    box = page.locator(f"{SHOWN} .read").bounding_box()
    assert box is not None
    x, y = 187, min(box["y"] + 160, 420)
    session.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]})
    for step in range(1, 9):
        point = {"x": x + dx * step / 8, "y": y + dy * step / 8}
        session.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [point]})
    if lift:
        session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_a_swipe_to_the_right_accepts_and_its_toast_undoes_it(phone: Page) -> None:
    first = current(phone)

    drag(phone, 150)
    saved(phone, 1)
    assert Decision.objects.get().verdict == "accept"
    assert current(phone) != first
    toast = phone.locator(".swipe-toast")
    expect(toast).to_contain_text("Accepted.")
    phone.evaluate(AXE.read_text())
    assert phone.evaluate(RUN, {}) == []
    toast.get_by_role("button", name="Undo").click()

    saved(phone, 2)
    assert current(phone) == first
    assert phone.evaluate("document.documentElement.scrollWidth") <= 375


def test_the_foot_is_read_whole(phone: Page) -> None:
    foot = phone.locator("[data-footer]")
    expect(foot).to_contain_text("version 1 of the task")
    assert foot.evaluate("(foot) => foot.scrollWidth <= foot.clientWidth")

    phone.locator(f"{SHOWN} [data-act=accept]").click()
    saved(phone, 1)
    expect(foot).to_be_hidden()


def test_a_swipe_to_the_left_asks_for_the_reason_first(phone: Page) -> None:
    drag(phone, -150)
    expect(phone.locator(f"{SHOWN} .reason").first).to_be_visible()
    assert not Decision.objects.exists()

    phone.locator(f"{SHOWN} .reason").first.click()
    saved(phone, 1)
    assert Decision.objects.get().verdict == "reject"


@pytest.mark.parametrize(("dx", "dy"), [(80, 0), (20, -250), (130, 130)])
def test_a_short_or_slanting_drag_decides_nothing(phone: Page, dx: int, dy: int) -> None:
    first = current(phone)

    drag(phone, dx, dy)
    phone.wait_for_timeout(300)

    assert current(phone) == first
    expect(phone.locator(".swipe-flag")).to_be_hidden()
    assert not Decision.objects.exists()


def test_while_text_is_selected_nothing_is_swiped(phone: Page) -> None:
    phone.evaluate(f"getSelection().selectAllChildren(document.querySelector('{SHOWN} .read .draft'))")

    drag(phone, 150)
    phone.wait_for_timeout(300)

    assert not Decision.objects.exists()


@pytest.mark.parametrize(("motion", "moves"), [("no-preference", True), ("reduce", False)])
def test_the_card_follows_the_finger_unless_less_motion_is_wanted(phone: Page, motion: Any, moves: bool) -> None:
    phone.emulate_media(reduced_motion=motion)

    drag(phone, 140, lift=False)

    expect(phone.locator(".swipe-flag.is-armed")).to_have_text("✓ Accept")
    assert phone.locator(".stage").evaluate("(stage) => stage.offsetWidth") == 375
    shift = phone.locator(f"{SHOWN} .card-body").evaluate("(body) => new DOMMatrix(getComputedStyle(body).transform).e")
    assert (shift > 30) is moves
