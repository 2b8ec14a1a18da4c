"""Sizes of a page: what the description allows is given, and everything else refused with the range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from drf_spectacular.generators import SchemaGenerator
from rest_framework.test import APIClient

from members.models import Member


@pytest.mark.parametrize("limit", ["501", "1000000", "0", "-1", "x", "1.5", "5e1", "٣", "NaN"])
def test_a_page_of_a_size_there_is_not_is_refused_with_the_range(
    limit: str, admin: Member, api_as: Callable[..., APIClient]
) -> None:
    refused = api_as(admin).get("/api/v1/jobs/", {"limit": limit})

    assert (refused.status_code, refused.json()["code"]) == (400, "bad_filters")
    assert refused.json()["errors"]["limit"] == [f"Found {limit!r}; expected a number from 1 to 500."]


@pytest.mark.parametrize("limit", ["1", "500", "", "007"])
def test_a_page_of_a_size_there_is_is_given(limit: str, admin: Member, api_as: Callable[..., APIClient]) -> None:
    assert api_as(admin).get("/api/v1/jobs/", {"limit": limit}).status_code == 200


@pytest.mark.parametrize("name", ["offset", "page", "page_size"])
def test_another_way_to_page_is_no_parameter(name: str, admin: Member, api_as: Callable[..., APIClient]) -> None:
    assert api_as(admin).get("/api/v1/jobs/", {name: "1"}).json()["code"] == "bad_filters"


def test_the_description_bounds_every_size_of_a_page() -> None:
    schema: dict[str, Any] = dict(SchemaGenerator().get_schema(request=None, public=True))  # type: ignore[no-untyped-call]
    bounds = {
        path: {each["schema"].get(name) for name in ("minimum", "maximum", "default")}
        for path, operations in schema["paths"].items()
        for operation in operations.values()
        for each in operation.get("parameters", ())
        if each["name"] == "limit"
    }

    assert len(bounds) > 30
    assert not [path for path, limit in bounds.items() if limit != {1, 500, 50} and limit != {1, 200, 25}]
