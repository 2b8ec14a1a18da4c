"""The API's schema is sound, and its reference is drawn from it."""

from __future__ import annotations

import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.management import call_command
from drf_spectacular.generators import SchemaGenerator

from miniatures_site.api import schema
from web.http.pagination import KeysetPagination


def test_the_reference_names_every_path_of_the_schema(admin, as_member):
    client = as_member(admin)
    told = client.get("/api/v1/schema/?format=json").json()

    page = client.get("/api/v1/docs/").content.decode()

    assert len(told["paths"]) > 5
    assert "next, previous, results, results[].id, results[].task" in page
    assert [path for path in told["paths"] if path not in page] == []
    assert told["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_the_schema_comes_in_the_format_that_is_named(admin, as_member):
    client = as_member(admin)

    as_json, as_yaml = (client.get(f"/api/v1/schema/?format={name}") for name in ("json", "yaml"))

    assert as_json["Content-Type"] == "application/vnd.oai.openapi+json"
    assert 'filename="Miniatures.json"' in as_json["Content-Disposition"]
    assert as_yaml.content.startswith(b"openapi: 3.1.0")
    assert client.get("/api/v1/schema/").content == as_yaml.content
    assert client.get("/api/v1/schema/?format=xml").status_code == 404


def test_every_place_of_the_reference_can_be_linked_to_by_an_id_of_its_own(admin, as_member):
    page = as_member(admin).get("/api/v1/docs/").content.decode()
    ids = Counter(re.findall(r'\bid="([^"]*)"', page))

    assert {id for id, count in ids.items() if count > 1} == set()
    assert set(re.findall(r'href="#([^"]+)"', page)) <= set(ids)
    assert all(each["operationId"] in ids for verbs in schema.whole()["paths"].values() for each in verbs.values())


def test_every_operation_declares_the_refusals_that_any_may_answer_with():
    whole = schema.whole()
    operations = [
        (path, operation["responses"])
        for path, verbs in whole["paths"].items()
        for operation in verbs.values()
        if path.startswith("/api/v1/")
    ]

    assert [path for path, responses in operations if not {"401", "403", "4XX"} <= set(responses)] == []
    assert [path for path, responses in operations if "{" in path and "404" not in responses] == []
    content = whole["components"]["responses"]["404"]["content"]
    assert content["application/problem+json"]["schema"] == {"$ref": "#/components/schemas/ProblemDetails"}


def test_a_cursor_reads_its_order_from_the_row_itself():
    # The place after a page's last row is read by getattr, which does not follow relations.
    assert schema.whole()
    orders = [kind.ordering for kind in KeysetPagination.__subclasses__()]

    assert [order for order in orders if "__" in "".join(order)] == []


@pytest.mark.slow
def test_the_schema_is_valid_and_generated_without_a_warning(tmp_path, capfd):
    # Two components of one name, an endpoint without a shape: the generator only warns, and clients get wrong types.
    call_command("spectacular", "--validate", file=str(tmp_path / "schema.yml"))

    said = capfd.readouterr().err
    assert "Warning" not in said, said
    assert "Error" not in said, said


def test_two_who_ask_for_the_schema_first_get_one_that_was_made_once(monkeypatch):
    monkeypatch.setattr(schema, "_made", None)
    inside, both = [], threading.Event()

    class Slow(SchemaGenerator):
        def get_schema(self, request: Any = None, public: bool = False) -> dict[str, Any]:
            inside.append(1)
            if len(inside) == 2:
                both.set()
            # Where a second may begin it does so within this time, and is seen.
            both.wait(0.3)
            return {"paths": {}}

    monkeypatch.setattr(schema, "SchemaGenerator", Slow)
    with ThreadPoolExecutor(2) as visitors:
        first, second = (visitors.submit(schema.whole) for _ in range(2))

    assert first.result() is second.result()
    assert len(inside) == 1
