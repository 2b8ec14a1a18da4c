"""The matrix in two parts: what lies nearest to each rule, which `make test` asks, and all others,
for `make test-rest`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import pytest

from members.tokens.scopes import SCOPES, allows
from miniatures_site.access import AccessLevel
from tests.matrix.callers import CALLERS, allowed

T = TypeVar("T")
NEAREST, OTHERS = "nearest", "others"
PARTS = (NEAREST, pytest.param(OTHERS, marks=pytest.mark.slow))
# Of routes that are all asked the same, one in so many is asked at once.
STRIDE = 12
STRANGER = "stranger"
BY_POWER = sorted(SCOPES, key=lambda scope: sum(allows([scope], other) for other in SCOPES))


def held_by(part: str, everything: Sequence[T], nearest: Sequence[T]) -> list[T]:
    """Return those that a part holds, in their order."""
    return [each for each in everything if (each in nearest) is (part == NEAREST)]


def at_the_border(by_power: Sequence[str], lets_in: Callable[[str], bool]) -> list[str]:
    """Return the strongest that is refused and the weakest that is let in,
    or two of the other kind where one has none.
    """
    ordered = sorted(by_power, key=lets_in)
    refused = sum(not lets_in(each) for each in by_power)
    start = min(max(refused - 1, 0), len(ordered) - 2)
    return ordered[start : start + 2]


def callers_of(part: str, need: AccessLevel) -> list[str]:
    """Return the callers that a part asks a route with: the two at the border of a level and a stranger,
    or the rest.
    """
    roles = [caller for caller in CALLERS if caller != STRANGER]
    nearest = at_the_border(roles, lambda caller: "reached" in allowed(need, caller))
    return held_by(part, CALLERS, [*nearest, STRANGER])


def scopes_of(part: str, needed: str) -> list[str]:
    """Return the scopes that a part asks an endpoint with."""
    return held_by(part, list(SCOPES), at_the_border(BY_POWER, lambda scope: allows([scope], needed)))


def by_kind(part: str, kinds: Sequence[Sequence[T]], place: int) -> list[T]:
    """Return of each kind the one whose turn it is at a place, or the rest."""
    nearest = [kind[place % len(kind)] for kind in kinds]
    return held_by(part, [each for kind in kinds for each in kind], nearest)


def slow_but(everything: Sequence[T], nearest: Sequence[T]) -> list[Any]:
    """Return all as parameters of a test, of which those that are not nearest are slow."""
    return [each if each in nearest else pytest.param(each, marks=pytest.mark.slow) for each in everything]
