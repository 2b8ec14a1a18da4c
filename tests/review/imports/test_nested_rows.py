"""Objects inside the rows of JSON: their keys are columns too, and what stays whole is told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from members.models import Member
from review.models import Record, Task
from review.sources.imports import import_records, read_preview
from review.sources.imports.tables import open_table, rows
from review.spec.starters import outreach
from tests.review.imports.conftest import Write

ACME, BOLT = {"name": "Acme", "sector": "steel"}, {"name": "Bolt", "sector": "rail"}
NESTS: dict[str, Any] = {
    "attributes": {"data": [{"id": "1", "attributes": ACME}, {"id": "2", "attributes": BOLT}], "meta": {"n": 2}},
    "properties": {"features": [{"properties": ACME, "geometry": None}, {"properties": BOLT, "geometry": None}]},
    "_source": {"hits": {"total": 2, "hits": [{"_id": "1", "_source": ACME}, {"_id": "2", "_source": BOLT}]}},
    "node": {"data": {"companies": {"edges": [{"node": ACME}, {"node": BOLT}]}}},
}


@pytest.mark.django_db
@pytest.mark.parametrize("key", NESTS)
def test_keys_of_objects_are_columns_of_preview_and_import(task: Task, admin: Member, write: Write, key: str) -> None:
    path = write(json.dumps(NESTS[key]), "rows.json")

    preview = read_preview(path, spec=outreach.SPEC, task=task)
    result = import_records(task, path, by=admin)

    assert preview.mapping == {f"{key}.name": "company", f"{key}.sector": "sector"}
    assert [record.facts for record in Record.objects.order_by("title")] == [
        {"company": "Acme", "sector": "steel"}, {"company": "Bolt", "sector": "rail"},
    ]  # fmt: skip
    assert json.loads(preview.samples[0][preview.columns.index(key)]) == ACME
    told = f"Keys of objects are columns too, such as '{key}.name'."
    assert preview.form is not None and preview.form.notes == result.notes == (told,)


@pytest.mark.django_db
def test_a_company_beside_an_object_takes_the_name(task: Task, admin: Member, write: Write) -> None:
    row = {"company": "Acme", "attributes": {"name": "Ann", "sector": "steel"}, "address": {"city": "Kiel"}}

    import_records(task, write(json.dumps([row]), "rows.json"), by=admin)

    assert Record.objects.get().facts == {"company": "Acme", "sector": "steel", "city": "Kiel"}


def test_an_object_stays_whole_beside_its_keys_and_a_key_of_the_row_goes_first(write: Write) -> None:
    lines = [{"a": {"x": 1, "y": 2}, "a.x": 3}, {"a": None}, {"a": {"z": 4}}]

    table = open_table(write("\n".join(map(json.dumps, lines)), "rows.jsonl")).opened()

    assert table.columns == ("a", "a.y", "a.z", "a.x")
    assert [row.values for row in table.rows()] == [
        {"a": {"x": 1, "y": 2}, "a.x": 3, "a.y": 2}, {"a": None}, {"a": {"z": 4}, "a.z": 4},
    ]  # fmt: skip


@pytest.mark.parametrize("late", [1, 3000])
def test_a_column_of_objects_and_other_values_is_not_opened_and_told(write: Write, late: int) -> None:
    lines = [{"a": {"x": 1}}] * late + [{"a": "x"}]

    table = open_table(write("\n".join(map(json.dumps, lines)), "rows.jsonl")).opened()

    assert table.columns == ("a",)
    assert table.notes == ("Objects in 'a' come whole: they fill an object, a conversation or an answer, but no text.",)


def test_objects_further_in_come_whole_and_are_told(write: Write) -> None:
    row = {"a": {"x": {"deep": 1}, "y": [{"z": 1}], "w": 1}, "list": [{"z": 1}]}

    table = open_table(write(json.dumps([row]), "rows.json")).opened()

    assert table.columns == ("a", "a.x", "a.y", "a.w", "list")
    assert table.notes[0] == "Keys of objects are columns too, such as 'a.x'."
    assert table.notes[1].startswith("Objects in 'a.x', 'a.y', 'list' come whole:")


def test_objects_of_more_keys_than_a_file_may_have_columns_come_whole(
    monkeypatch: pytest.MonkeyPatch, write: Write
) -> None:
    monkeypatch.setattr(rows, "MAX_COLUMNS", 4)
    lines = [{"few": {"x": 1, "y": 2}, "many": {str(at): 1, "x": 2}} for at in range(9)]

    table = open_table(write("\n".join(map(json.dumps, lines)), "rows.jsonl")).opened()

    assert table.columns == ("few", "few.x", "few.y", "many")
    assert table.notes[1].startswith("Objects in 'many' come whole:")


@pytest.mark.django_db
def test_the_page_offers_the_keys_of_objects_and_imports_them(
    task: Task, client: Client, admin: Member, write: Write
) -> None:
    client.force_login(admin)
    with write(json.dumps({"items": [{"firm": {"title": "Acme"}, "sector": "steel"}]}), "rows.json").open("rb") as file:
        place = client.post(reverse("review:import", args=[task.slug]), {"file": file, "kind": "records"})["Location"]

    page = client.get(place).content.decode()
    client.post(place, {"do": "import", "map.1": "company", "map.2": "sector"})

    assert "Keys of objects are columns too, such as &#x27;firm.title&#x27;." in page
    assert Record.objects.get().facts == {"company": "Acme", "sector": "steel"}
