"""Every answer of the API against the published schema: a client made from the schema reads what really comes."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.matrix import many_rows
from tests.matrix.bodies import query_of
from tests.matrix.installation import Installation
from tests.matrix.parts import STRIDE, slow_but
from tests.matrix.published import Published
from tests.matrix.routes import Route, walk
from web.http.problem_shape import CONTENT_TYPE

pytestmark = pytest.mark.django_db
# The document itself, which declares no shape of its own.
THE_SCHEMA = "schema"
READ = [
    route
    for route in walk()
    if route.is_api
    and route.pattern.startswith("api/")
    and route.name != THE_SCHEMA
    and "GET" in (route.methods() or ())
]
BY_NAME = {route.name: route for route in walk()}
# What differs between two versions, and sentences that stand in several drafts: neither has rows here.
EMPTY = {"api-version-diff", "api-repeated"}


@pytest.fixture(scope="module")
def published() -> Published:
    return Published()


@pytest.fixture(scope="module")
def instead(installation: Installation) -> dict[str, dict[str, Any]]:
    """What parameters are filled with instead of the installation's own, once it holds more rows."""
    return many_rows.add(installation)


@pytest.mark.parametrize("route", slow_but(READ, READ[::STRIDE]), ids=lambda route: route.name)
def test_an_answer_is_as_the_schema_says(
    route: Route, installation: Installation, instead: dict[str, dict[str, Any]], published: Published
) -> None:
    values = {**installation.values(route), **instead.get(route.name, {})}
    address = route.address(values) + query_of(route.name, installation)

    answer = installation.browsers["admin"].get(address)

    assert published.faults(route, "GET", answer) == []
    if rows := _rows_of(answer):
        assert rows[0] or route.name in EMPTY, "Add a row to tests/matrix/many_rows.py"


def _rows_of(answer: Any) -> list[list[Any]]:
    """The rows of an answer, if it is a list's."""
    if not answer.headers["Content-Type"].startswith("application/json"):
        return []
    body = answer.json()
    if isinstance(body, list):
        return [body]
    return [body["results"]] if isinstance(body.get("results"), list) else []


def _json_shape(published: Published, route: Route) -> dict[str, Any]:
    content = published.operation(route, "GET")["responses"]["200"].get("content", {})
    return published.resolved(content.get("application/json", {}).get("schema", {}))


def _is_list(shape: dict[str, Any]) -> bool:
    return shape.get("type") == "array" or shape.get("properties", {}).get("results", {}).get("type") == "array"


def _impossible(shape: dict[str, Any]) -> bool:
    """Whether the shape leaves a text out."""
    return bool({"enum", "format"} & set(shape)) or shape.get("type") in ("integer", "boolean")


@pytest.mark.parametrize("route", slow_but(READ, READ[::STRIDE]), ids=lambda route: route.name)
def test_a_list_refuses_filters_that_it_does_not_know(
    route: Route, installation: Installation, published: Published
) -> None:
    if not _is_list(_json_shape(published, route)):
        return
    address = route.address(installation.values(route)) + (query_of(route.name, installation) or "?")
    client = installation.browsers["admin"]
    declared = [each for each in published.operation(route, "GET").get("parameters", []) if each["in"] == "query"]

    unknown = client.get(f"{address}&no_such_filter=1")
    wrong = {
        each["name"]: client.get(f"{address}&{each['name']}=no-such")
        for each in declared
        if _impossible(each["schema"])
    }

    assert unknown.status_code == 400, "Declare its filters: web.http.lists"
    assert unknown.headers["Content-Type"] == CONTENT_TYPE
    (message,) = unknown.json()["errors"]["no_such_filter"]
    assert all(each["name"] in message for each in declared)
    assert {
        name: (answer.status_code, name in answer.json()["errors"]) for name, answer in wrong.items()
    } == dict.fromkeys(wrong, (400, True))


def test_lists_are_found(published: Published) -> None:
    assert sum(_is_list(_json_shape(published, route)) for route in READ) > 50


def test_acts_on_the_desk_answer_as_the_schema_says(installation: Installation, published: Published) -> None:
    client, task = installation.browsers["reviewer"], installation.task.slug
    cards = client.get(f"/api/v1/desk/{task}/deck/").json()["cards"]
    first, second, third = cards[:3]
    fields = {**first["fields"], "subject": "Another subject"}
    edit = {"id": str(uuid4()), "verdict": "edit", "fields": fields, "seconds": 3}
    match = {"If-Match": first["etag"]}
    calls: list[tuple[str, str, str, Any, dict[str, str]]] = [
        ("api-check", "POST", first["id"], {"fields": fields}, {}),
        ("api-check", "POST", f"{first['id']}?render=html", {"fields": fields}, {}),
        ("api-unfinished", "PUT", first["id"], {"fields": fields}, {}),
        ("api-decisions", "POST", first["id"], {**edit, "verdict": "praise"}, match),
        ("api-decisions", "POST", first["id"], edit, {"If-Match": "stale"}),
        ("api-decisions", "POST", first["id"], edit, match),
        ("api-decisions", "POST", first["id"], edit, match),
        ("api-decisions", "POST", f"{second['id']}?render=html",
            {**edit, "id": str(uuid4()), "verdict": "accept", "fields": None},
         {"If-Match": second["etag"]}),
        ("api-set-aside", "POST", third["id"], {"note": "Later."}, {}),
        ("api-hold", "POST", third["id"], {}, {}),
        ("api-comments", "POST", third["id"], {"id": str(uuid4()), "text": "A remark."}, {}),
    ]  # fmt: skip

    answers = []
    for name, method, which, body, headers in calls:
        draft, _, query = which.partition("?")
        address = BY_NAME[name].address({"draft_id": draft})
        answer = client.generic(
            method, f"{address}?{query}", json.dumps(body), content_type="application/json", headers=headers
        )
        answers.append((name, method, answer))

    assert [answer.status_code for _, _, answer in answers] == [200, 200, 200, 400, 412, 201, 200, 201, 200, 200, 201]
    assert {
        f"{place} {name}": faults
        for place, (name, method, answer) in enumerate(answers)
        if answer.status_code != 400 and (faults := published.faults(BY_NAME[name], method, answer))
    } == {}
