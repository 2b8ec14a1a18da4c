"""The declaration holds by itself: with the services' checks stubbed out,
it still lets in nobody below a route's level.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from members.models import Member
from miniatures_site.access import ACCESS, AccessLevel, enforce
from tests.matrix.bodies import body_of, query_of
from tests.matrix.callers import allowed, ask
from tests.matrix.installation import Installation
from tests.matrix.parts import PARTS, STRIDE, held_by
from tests.matrix.routes import Route, walk

pytestmark = pytest.mark.django_db
# Who comes closest to what a level needs and lacks it, and who belongs to another task.
NEAREST = {
    AccessLevel.VIEWER: ("stranger",),
    AccessLevel.REVIEWER: ("viewer", "stranger"),
    AccessLevel.LEAD: ("reviewer", "stranger"),
    AccessLevel.ANY_LEAD: ("reviewer",),
    AccessLevel.ADMIN: ("lead", "stranger"),
}
# What the declaration leaves to the services, by reading and writing: looked at one by one.
LEFT_TO_SERVICES = {
    "GET": {"api-messages", "api-reviewer", "api-revision", "api-stage-runs", "demo:mailbox-mail", "review:reviewer"},
    "POST": {
        "api-arenas", "api-budgets", "api-campaigns", "api-comment", "api-contacts", "api-datasets", "api-decisions",
        "api-evaluations", "api-experiments", "api-gates", "api-order-estimate", "api-orders", "api-outcomes",
        "api-pipelines", "api-restore", "api-route", "api-route-outcome", "api-routers", "api-sender", "api-sources",
        "api-studies", "api-suites", "api-sweep-estimate", "api-sweeps", "api-test-openings", "api-training-estimate",
        "api-training-runs", "demo:mailbox-answer", "review:comments", "review:restore",
    },
}  # fmt: skip


@pytest.fixture
def without_services(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is let in is an admin to everything behind the declaration."""
    deciding: list[bool] = []
    decide, is_admin = enforce.decide, Member.is_admin.fget

    def decide_as_they_are(*args: Any) -> None:
        deciding.append(True)
        try:
            decide(*args)
        finally:
            deciding.pop()

    monkeypatch.setattr(enforce, "decide", decide_as_they_are)
    monkeypatch.setattr(Member, "is_admin", property(lambda member: is_admin(member) if deciding else True))


def _calls(caller: str) -> Iterator[tuple[Route, str, AccessLevel]]:
    for route in walk():
        if route.name in ACCESS:
            for method in route.methods() or ["GET", "POST"]:
                need = ACCESS[route.name].enforced(method)
                if caller in NEAREST.get(need, ()):
                    yield route, method, need


def _ask(installation: Installation, caller: str, route: Route, method: str) -> str:
    address = route.address(installation.values(route)) + query_of(route.name, installation)
    body = body_of(method, route.name, installation)
    return ask(installation.browsers[caller], route, address, method, body)[0]


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("caller", ["stranger", "viewer", "reviewer", "lead"])
@pytest.mark.usefixtures("without_services")
def test_nobody_below_a_level_is_let_in(caller: str, part: str, installation: Installation) -> None:
    calls = list(_calls(caller))

    answers = [
        (route, method, need, _ask(installation, caller, route, method))
        for route, method, need in held_by(part, calls, calls[::STRIDE])
    ]

    wrong = [
        f"{method} {route.name}: {got}, but it needs {need.name}"
        for route, method, need, got in answers
        if got not in allowed(need, caller)
    ]
    assert len(calls) >= 20
    assert wrong == []


@pytest.mark.usefixtures("without_services")
def test_without_the_declaration_the_stubbed_services_let_a_stranger_in(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enforce, "decide", lambda *args: None)
    sample = [route for route, method, _ in _calls("stranger") if method == "GET"][::6]

    answers = {route.name: _ask(installation, "stranger", route, "GET") for route in sample}

    assert len(answers) > 15
    assert set(answers.values()) == {"reached"}, answers


def test_what_is_left_to_services_was_looked_at() -> None:
    for method, reviewed in LEFT_TO_SERVICES.items():
        left = {name for name, rule in ACCESS.items() if rule.enforced(method) is not rule.declared(method)}
        assert left == reviewed, "A route is left to its services, or is no longer: look at it, then change the list."
