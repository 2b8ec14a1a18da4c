"""Bad input at every endpoint that takes a body: never a fault of the server,
always a problem that names what is wrong.

What bodies may hold is read off the published schema, so an endpoint that comes is asked here by itself.
"""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from drf_spectacular.generators import SchemaGenerator

from miniatures_site.access import ACCOUNTS
from tests.matrix.bodies import body_of
from tests.matrix.installation import Installation
from tests.matrix.parts import PARTS, STRIDE, by_kind, held_by, slow_but
from tests.matrix.routes import Route, walk
from web.http.known_parameters import KnownParameters
from web.http.problem_shape import CONTENT_TYPE

pytestmark = pytest.mark.django_db
WRITING = ("POST", "PUT", "PATCH")
ROUTES = [
    route
    for route in walk()
    if route.name not in ACCOUNTS and route.is_api and set(route.methods() or ()) & set(WRITING)
]
DEEP, DIGITS = 100_000, 5_000
EVERY = [
    route for route in walk() if KnownParameters in getattr(route.view, "permission_classes", ()) and route.methods()
]
# By kind: nothing that ends; numbers that are none; no JSON and no object; text that no database holds.
BODIES = (
    ("[" * DEEP, '{"a":' * DEEP, "[" * 500 + "]" * 500, f'{{"note": {"[" * 80 + "]" * 80}}}'),
    (f'{{"count": {"9" * DIGITS}}}', '{"count": 1e999}', '{"count": -Infinity}', '{"id": NaN}'),
    ("{", "\xff", "[]", "null", '"x"', "7"),
    (r'{"note": "\ud800"}', r'{"note": {"x": ["\u0000"]}}'),
)
# In the place of a field, some for each: of another kind, of another size.
VALUES: tuple[Any, ...] = (None, "x" * 20_000, ["x"], "\ud800", {"x": [1]}, -1, 10**30, "", {"x": "\x00"}, [{}], True)
EACH = 2


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The published description of the API."""
    return dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]


def fields_of(schema: dict[str, Any], route: Route, method: str) -> list[str]:
    """Names that the body of an endpoint may hold, by its description."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route.pattern}")
    told = schema["paths"].get(path, {}).get(method.lower(), {}).get("requestBody", {}).get("content", {})
    names: set[str] = set()
    for each in told.values():
        shape = each["schema"]
        if "$ref" in shape:
            shape = schema["components"]["schemas"][shape["$ref"].rpartition("/")[2]]
        names |= set(shape.get("properties", ()))
    return sorted(names)


def parameters_of(schema: dict[str, Any], route: Route, method: str) -> list[str]:
    """Names of the query that an endpoint takes, by its description."""
    path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", f"/{route.pattern}").replace("{pk}", "{id}")
    told = schema["paths"].get(path, {}).get(method.lower(), {}).get("parameters", [])
    return [each["name"] for each in told if each["in"] == "query"]


def send(client: Client, method: str, address: str, body: str) -> str:
    """Send one body, undo what came of it, and say what is wrong with the answer; nothing when all is well."""
    with transaction.atomic():
        answer = client.generic(
            method, address, body.encode("latin-1"), content_type="application/json", headers={"If-Match": '"x"'}
        )
        content = b"" if answer.streaming else answer.content
        transaction.set_rollback(True)
    if answer.status_code < 400 or (answer.status_code in (404, 405) and not content):
        return ""
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"{answer.status_code}"
    if not answer["Content-Type"].startswith(CONTENT_TYPE):
        return f"{answer.status_code} as {answer['Content-Type']}"
    problem = json.loads(content)
    # Who is told of mistakes is told which they are.
    return "" if problem["title"] and (problem["code"] != "invalid" or problem.get("errors")) else content.decode()


@pytest.mark.parametrize("part", PARTS)
@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.name)
def test_a_bad_body_is_a_problem_and_no_fault(
    route: Route, part: str, installation: Installation, schema: dict[str, Any]
) -> None:
    address, client = route.address(installation.values(route)), installation.browsers["admin"]
    wrong = []

    for method in sorted(set(route.methods() or ()) & set(WRITING)):
        base = body_of(method, route.name, installation)
        bodies = {body: body for body in by_kind(part, BODIES, ROUTES.index(route))}
        cases = [
            (name, VALUES[(place + turn * 3) % len(VALUES)])
            for place, name in enumerate(sorted({*fields_of(schema, route, method), *base}))
            for turn in range(EACH)
        ]
        for name, value in held_by(part, cases, cases[::STRIDE]):
            bodies[f"{name}={value!r:.30}"] = json.dumps({**base, name: value})
        cookies = client.cookies.copy()
        for told, body in bodies.items():
            if said := send(client, method, address, body):
                wrong.append(f"{method} {address} with {told[:40]}: {said[:200]}")
            client.cookies = cookies.copy()

    assert not wrong, "\n" + "\n".join(wrong)


@pytest.mark.parametrize("route", slow_but(EVERY, EVERY[::STRIDE]), ids=lambda route: route.name)
def test_an_unknown_parameter_is_refused_by_name(
    route: Route, installation: Installation, schema: dict[str, Any]
) -> None:
    address, client = f"{route.address(installation.values(route))}?nonsense=1", installation.browsers["admin"]

    for method in set(route.methods() or ()):
        answer = client.generic(method, address, b"{}", content_type="application/json", headers={"If-Match": '"x"'})

        assert answer.status_code == 400, method
        problem = json.loads(answer.content)
        assert problem["code"] in ("unknown_parameters", "bad_filters")
        (said,) = problem["errors"]["nonsense"]
        assert all(name in said for name in parameters_of(schema, route, method)), said


def test_every_address_of_the_api_is_asked_for_what_it_does_not_know() -> None:
    left_out = {route.name for route in walk() if route.pattern.startswith("api/")} - {route.name for route in EVERY}

    # A provider's own addresses may carry what it likes; the schema and its page are no endpoints of ours.
    assert left_out == {"schema", "docs", "api-inbound", "api-inbound-provider"}
