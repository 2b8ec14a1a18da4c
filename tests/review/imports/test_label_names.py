"""Labels of trackers come as names: a board's ids, and an issue's objects."""

from __future__ import annotations

import json
from typing import Any

import pytest

from review.sources.imports.tables import open_table
from tests.review.imports.conftest import Write

GITHUB = [
    {"id": 1, "node_id": "L1", "url": "https://api.example/1", "name": "bug", "color": "d73a4a", "default": True},
    {"id": 2, "node_id": "L2", "url": "https://api.example/2", "name": "help wanted", "description": None},
]


def labels(write: Write, rows: Any, column: str, name: str = "rows.json") -> list[object]:
    return [row.values.get(column) for row in open_table(write(json.dumps(rows), name)).rows()]


def test_labels_of_issues_are_their_names(write: Write) -> None:
    issues = [{"title": f"Issue {n}", "labels": GITHUB[:n]} for n in range(3)]

    assert labels(write, issues, "labels") == [[], ["bug"], ["bug", "help wanted"]]
    path = write("\n".join(map(json.dumps, issues)), "issues.jsonl")
    assert [row.values["labels"] for row in open_table(path).rows()] == [[], ["bug"], ["bug", "help wanted"]]


@pytest.mark.parametrize(
    ("column", "cell"),
    [
        ("labels", [{"name": "PER", "start": 0, "end": 4}]),
        ("labels", [{"id": 3, "color": "red"}, "plain"]),
        ("labels", [{"name": "a", "id": 1}, {"name": None, "id": 2}]),
        ("tags", [{"name": "Ada", "email": "ada@example.com"}]),
        ("items", [{"name": "Shirt", "color": "red"}]),
        ("labels", {"name": "bug"}),
    ],
    ids=["marked places", "mixed", "one without a name", "persons", "goods", "no list"],
)
def test_objects_that_mean_something_else_stay(write: Write, column: str, cell: object) -> None:
    assert labels(write, [{"title": "A", column: cell}] * 2, column) == [cell] * 2


def test_ids_of_a_boards_labels_are_their_names(write: Write) -> None:
    board = {
        "name": "Roadmap",
        "labels": [{"id": "a1", "name": "urgent", "color": "red"}, {"id": "b2", "name": "", "color": "green"}],
        "cards": [
            {"id": "c1", "name": "One", "idLabels": ["a1", "b2"], "idMembers": ["m1"]},
            {"id": "c2", "name": "Two", "idLabels": [], "idMembers": []},
            {"id": "c3", "name": "Three", "idLabels": ["a1", "gone"], "idMembers": []},
        ],
    }

    assert labels(write, board, "idLabels", "board.json") == [["urgent", "green"], [], ["a1", "gone"]]
    assert labels(write, board, "idMembers", "board.json") == [["m1"], [], []]
