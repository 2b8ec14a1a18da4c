"""What people and models wrote stays text in a browser,
and every page can be used by everybody whatever is written on it.
"""

from __future__ import annotations

from typing import Any

import pytest

from tests.matrix.installation import Installation
from tests.matrix.looks import Looks, look_at
from tests.matrix.pages import PAGE_OF_EACH_KIND, PAGES, visit
from tests.matrix.parts import OTHERS, PARTS, held_by
from tests.matrix.shown import Shown

# Every page in a browser, under the rules of axe-core: a minute of a quiet core, many on a busy one.
EVERY_PAGE = pytest.mark.timeout(1200)
# Chromium starts before the rows are made: inside its loop, Django has another database connection than before it.
pytestmark = [pytest.mark.django_db, pytest.mark.browser, pytest.mark.usefixtures("shown")]


@pytest.fixture(scope="module", params=PARTS)
def looks(request: Any, shown: Shown, poisoned: Installation, django_db_blocker: Any) -> Looks:
    """Each page of a part is loaded once for all that is asked of it in a browser."""
    routes = held_by(request.param, PAGES, PAGE_OF_EACH_KIND)
    with django_db_blocker.unblock():
        looks = look_at(shown, {route.name: visit(poisoned, route, "admin")[1] for route in routes})
    assert looks.pages > (80 if request.param == OTHERS else 2)
    return looks


@EVERY_PAGE
def test_no_page_brings_stored_text_to_life_in_a_browser(looks: Looks) -> None:
    assert looks.alive == {}
    assert [each for each in looks.sent if "evil" in each] == []


@EVERY_PAGE
def test_no_page_is_wider_than_a_phone(looks: Looks) -> None:
    assert looks.wide == {}


@EVERY_PAGE
def test_no_text_is_squeezed_into_a_column_of_letters(looks: Looks) -> None:
    assert looks.squeezed == {}


@EVERY_PAGE
def test_every_page_can_be_used_by_keyboard_screen_reader_and_weak_sight(looks: Looks) -> None:
    assert looks.broken == {}


def test_markup_that_does_come_through_is_counted_and_what_it_sends_is_seen(shown: Shown) -> None:
    """The counter counts: the same page with the poison let through."""
    script = '<script src="/static/django_htmx/htmx-2.min.js"></script>'
    live = '<evil-tag hx-post="/evil/" hx-trigger="load"></evil-tag>'

    with shown.page.expect_request("**/evil/"):
        assert shown.load(f"<!DOCTYPE html><body>{script}{live}") == 1
