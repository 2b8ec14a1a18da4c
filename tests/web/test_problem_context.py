"""A refused request says what was found beside what is wanted."""

from __future__ import annotations

import pytest

from members.models import Member
from web.http import problems


@pytest.mark.parametrize(
    ("path", "sent", "said"),
    [
        ("days", {"days": "soon"}, "Wrong. Found 'soon'."),
        ("days", {"days": -3}, "Wrong. Found -3."),
        ("arms[1].weight", {"arms": [{}, {"weight": 0.5}]}, "Wrong. Found 0.5."),
        ("name", {"name": "x" * 2000}, f"Wrong. Found '{'x' * 60}\u2026', 2,000 characters."),
        ("days", {}, "Wrong."),
        ("days", {"days": None}, "Wrong."),
        ("days", {"days": {"x": 1}}, "Wrong."),
        ("days", {"days": "a\u202eb"}, "Wrong."),
        ("arms[7].weight", {"arms": []}, "Wrong."),
        ("non_field_errors", ["x"], "Wrong."),
        ("api_key", {"api_key": "sk-very-secret"}, "Wrong."),
    ],
)
def test_what_stood_there_is_told_once_and_no_secret(path: str, sent: object, said: str) -> None:
    errors = {path: ["Wrong."]}

    problems.add_found_values(errors, sent)

    assert errors == {path: [said]}


def test_a_message_that_tells_it_already_is_left_alone() -> None:
    errors = {"verdict": ['"burn" is not a valid choice.']}

    problems.add_found_values(errors, {"verdict": "burn"})

    assert errors == {"verdict": ['"burn" is not a valid choice.']}


@pytest.mark.django_db
def test_the_api_names_field_finding_and_wish(admin: Member, api_as) -> None:
    body = api_as(admin).post("/api/v1/tokens/", {"name": "x", "scopes": ["read"], "days": "soon"}, format="json")
    query = api_as(admin).get("/api/v1/audit/?since=31.5.2026")

    inside = api_as(admin).post("/api/v1/tokens/", {"name": "x", "scopes": ["read", "rule"]}, format="json")

    assert list(inside.json()["errors"]) == ["scopes[1]"]
    assert "'rule'" in inside.json()["errors"]["scopes[1]"][0]
    assert body.json()["errors"] == {"days": ["A valid integer is required. Found 'soon'."]}
    assert query.json()["errors"]["since"][0].endswith("YYYY-MM-DD. Found '31.5.2026'.")
