"""Who is not signed in reaches the open routes and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from miniatures_site.access import RULES, AccessLevel

SAMPLES = {
    "uuid": "00000000-0000-4000-8000-000000000000",
    "int": "1",
    "slug": "sample",
    "str": "sample",
    "path": "sample",
}
# `/v1` asks for a key before anything else; the inbound addresses ask for a signature, and for no member.
OPEN_ROUTES = {
    name
    for name, rule in RULES.items()
    if not {AccessLevel.OPEN, AccessLevel.KEY}.isdisjoint(rule[:2]) and not name.startswith("v1-")
}


def _walk(patterns: list[URLPattern | URLResolver], prefix: str, namespace: str) -> Iterator[tuple[str, str]]:
    for pattern in patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            yield from _walk(pattern.url_patterns, route, inner)
        else:
            yield route, f"{namespace}{pattern.name}" if pattern.name else route


def _address(route: str) -> str:
    """A concrete address for a route; what a converter or a group wants gets a sample."""
    path = re.sub(r"<(?:(\w+):)?\w+>", lambda found: SAMPLES[found[1] or "str"], route)
    path = re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "sample", path)
    return "/" + re.sub(r"[\^$\\]|\(\?:|\)\??|\.\?$", "", path)


ROUTES = sorted(set(_walk(get_resolver().url_patterns, "", "")))


def _first_of_each_kind() -> list[tuple[str, str]]:
    """The first closed route of each beginning, and the API's description; `tests/matrix` asks every other."""
    kinds: dict[str, tuple[str, str]] = {}
    for route, name in ROUTES:
        if name not in OPEN_ROUTES:
            kinds.setdefault(route if route == "api/v1/docs/" else route.split("/")[0], (route, name))
    return list(kinds.values())


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(("route", "name"), _first_of_each_kind())
def test_a_visitor_is_sent_to_sign_in_or_answered_401(db, route, name):
    address = _address(route)

    response = Client().get(address)

    if route.startswith("api/") and route != "api/v1/docs/":
        assert response.status_code == 401, address
        assert response["Content-Type"] == "application/problem+json"
    elif route.startswith("v1/"):
        assert response.status_code == 401, address
        assert response.json()["error"]["code"] == "missing_api_key"
    else:
        assert response.status_code == 302, address
        assert "/login/" in response["Location"]


def test_the_list_names_only_routes_that_could_exist():
    known = {name for _, name in ROUTES}

    assert {"livez", "healthz", "account_login", "mfa_authenticate"} <= known & OPEN_ROUTES


def test_the_walk_finds_pages_of_every_room():
    names = {name.split(":")[0] for _, name in ROUTES}

    assert {"home", "members", "jobs", "review"} <= names
    assert len(ROUTES) > 40
