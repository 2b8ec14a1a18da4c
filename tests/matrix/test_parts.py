"""The two parts of the matrix are disjoint and together everything,
and the first holds what lies nearest to each rule.
"""

from __future__ import annotations

import pytest

from members.tokens.scopes import SCOPES, allows
from miniatures_site.access import AccessLevel
from tests.matrix.callers import CALLERS
from tests.matrix.pages import PAGE_OF_EACH_KIND, PAGES
from tests.matrix.parts import NEAREST, OTHERS, by_kind, callers_of, held_by, scopes_of, slow_but
from tests.matrix.test_bad_input import BODIES, ROUTES

BORDERS = {
    AccessLevel.OPEN: {"visitor", "deactivated"},
    AccessLevel.KEY: {"lead", "admin"},
    AccessLevel.MEMBER: {"deactivated", "viewer"},
    AccessLevel.VIEWER: {"deactivated", "viewer"},
    AccessLevel.REVIEWER: {"viewer", "reviewer"},
    AccessLevel.LEAD: {"reviewer", "lead"},
    AccessLevel.ANY_LEAD: {"reviewer", "lead"},
    AccessLevel.USERS: {"reviewer", "lead"},
    AccessLevel.ADMIN: {"lead", "admin"},
    AccessLevel.OWN: {"lead", "admin"},
    AccessLevel.NONE: {"lead", "admin"},
}


@pytest.mark.parametrize("need", AccessLevel)
def test_every_caller_is_in_one_part_and_those_at_the_border_in_the_first(need: AccessLevel) -> None:
    assert set(callers_of(NEAREST, need)) == BORDERS[need] | {"stranger"}
    assert sorted(callers_of(NEAREST, need) + callers_of(OTHERS, need)) == sorted(CALLERS)


@pytest.mark.parametrize("needed", SCOPES)
def test_every_scope_is_in_one_part_and_the_first_has_one_that_suffices_and_one_that_does_not(needed: str) -> None:
    nearest = scopes_of(NEAREST, needed)

    assert sorted(allows([scope], needed) for scope in nearest) == [False, True]
    assert sorted(nearest + scopes_of(OTHERS, needed)) == sorted(SCOPES)


@pytest.mark.parametrize("place", range(12))
def test_every_bad_body_is_in_one_part_and_one_of_each_kind_in_the_first(place: int) -> None:
    nearest = by_kind(NEAREST, BODIES, place)

    assert [sum(body in nearest for body in kind) for kind in BODIES] == [1, 1, 1, 1]
    assert sorted(nearest + by_kind(OTHERS, BODIES, place)) == sorted(body for kind in BODIES for body in kind)


def test_all_bad_bodies_are_in_the_first_part_of_some_route() -> None:
    assert {body for place in range(len(ROUTES)) for body in by_kind(NEAREST, BODIES, place)} == set().union(*BODIES)


def test_every_page_is_in_one_part_and_a_list_a_detail_page_and_a_form_in_the_first() -> None:
    quick = [each for each in slow_but(PAGES, PAGE_OF_EACH_KIND) if each in PAGES]
    rest = [each.values[0] for each in slow_but(PAGES, PAGE_OF_EACH_KIND) if each not in PAGES]

    assert {route.name for route in quick} == {"review:tasks", "review:draft", "review:new"}
    assert quick == held_by(NEAREST, PAGES, PAGE_OF_EACH_KIND)
    assert rest == held_by(OTHERS, PAGES, PAGE_OF_EACH_KIND)
    assert sorted(quick + rest, key=PAGES.index) == PAGES
