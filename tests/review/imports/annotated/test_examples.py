"""Exports of annotation tools as rows of one's own: facts, answers, and nothing of who gave them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from members.models import Member
from review.models import Draft, Record
from review.sources.imports import import_drafts, import_records
from review.sources.imports.annotated import open_export
from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.own_rows.proposal import mapping_of, propose
from review.sources.imports.preview import read_preview
from review.states import SourceKind
from review.tasks.queries import latest_version
from tests.review.factories import make_task
from tests.review.imports.conftest import Write

TEXTS = [f"Le lave-linge {n} fuit depuis mardi." for n in range(8)]
LABELS = [("panne", "devis")[n % 2] for n in range(8)]
BOTH = [["panne", "urgent"], ["devis"]] * 4
PLACE = {"start": 3, "end": 13}
MARK = {"text": "lave-linge", **PLACE, "label": "APPAREIL"}


def result(kind: str, name: str, value: object, **more: object) -> dict[str, Any]:
    return {"from_name": name, "to_name": "t", "type": kind, "value": {kind: value, **more}}


def task(text: str, *annotations: list[dict[str, Any]], **more: object) -> dict[str, Any]:
    held = [{"completed_by": at, "result": each, "lead_time": 2.5, **more} for at, each in enumerate(annotations)]
    return {"id": 5, "data": {"texte": text}, "annotations": held, "predictions": [{"result": []}], "project": 3}


def lines(rows: list[dict[str, Any]]) -> str:
    return "\n".join(json.dumps(row) for row in rows)


def each(**columns: list[Any]) -> list[dict[str, Any]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def doccano(labels: list[list[Any]]) -> str:
    return lines([row | {"Comments": []} for row in each(id=list(range(8)), text=TEXTS, label=labels)])


def prodigy(**columns: list[Any]) -> str:
    own = {"_input_hash": 3, "_task_hash": 4, "_session_id": "x", "answer": "accept", "meta": {"page": 2}}
    return lines([own | row for row in each(text=TEXTS, **columns)])


MIN = each(text=TEXTS, id=list(range(8)), themes=[{"choices": words} for words in BOTH])
MARKS = {"annotator": 1, "annotation_id": 4, "created_at": "2026-04-01", "updated_at": "2026-04-01", "lead_time": 3.1}
CSV = "annotation_id,annotator,created_at,id,lead_time,intent,text\n" + "".join(
    f"{n},1,2026-04-01,{n},3.5,{label},{text}\n" for n, (text, label) in enumerate(zip(TEXTS, LABELS, strict=True))
)
ARGILLA = [
    {"id": "a", "status": "completed", "_server_id": "s", "fields": {"demande": text}, "metadata": {},
     "suggestions": {"sorte": {"value": "devis", "score": 0.2, "agent": "m"}},
     "responses": {"sorte": [{"value": label, "user_id": "u"}]}}
    for text, label in zip(TEXTS, LABELS, strict=True)
]  # fmt: skip
USERS = [{"id": 1, "text": text, "meta": {"page": 2}, "annotation_approver": None,
          "annotations": [{"label": 7, "start_offset": 3, "end_offset": 13, "user": 1}]} for text in TEXTS]  # fmt: skip
PAIRS = list(zip(TEXTS, LABELS, strict=True))


@pytest.mark.parametrize(
    ("export", "facts", "answer", "kind", "value"),
    [
        (json.dumps([task(t, [result("choices", "humeur", [w])]) for t, w in PAIRS]),
         {"texte"}, "humeur", "choice", "panne"),
        (json.dumps([task(t, [result("choices", "humeur", w)]) for t, w in zip(TEXTS, BOTH, strict=True)]),
         {"texte"}, "humeur", "choices", BOTH[0]),
        (json.dumps([task(t, [result("labels", "label", ["APPAREIL"], text=t[3:13], **PLACE)]) for t in TEXTS]),
         {"texte"}, "label", "", [MARK]),
        (json.dumps([task(t, [result("taxonomy", "sorte", [["Eau", w]])]) for t, w in PAIRS]),
         {"texte"}, "sorte", "choice", "Eau > panne"),
        (json.dumps([row | MARKS for row in MIN]), {"id", "text"}, "themes", "choices", BOTH[0]),
        (json.dumps([{"id": 1, "text": t, "label": w, **MARKS} for t, w in PAIRS]), {"id", "text"}, "label", "choice",
         "panne"),
        (CSV, {"id", "text"}, "intent", "choice", "panne"),
        (doccano([[label] for label in LABELS]), {"id", "text"}, "label", "choice", "panne"),
        (doccano(BOTH), {"id", "text"}, "label", "choices", BOTH[0]),
        (doccano([[text.upper()] for text in TEXTS]), {"id", "text"}, "label", "text", TEXTS[0].upper()),
        (doccano([[[3, 13, "APPAREIL"]]] * 8), {"id", "text"}, "label", "", [MARK]),
        (lines(USERS), {"id", "text", "page"}, "label", "", [{**MARK, "label": 7}]),
        (prodigy(options=[[{"id": "panne"}]] * 8, accept=[[label] for label in LABELS]),
         {"text", "page"}, "accept", "choice", "panne"),
        (prodigy(tokens=[[{"id": 0}]] * 8, spans=[[{**PLACE, "token_start": 1, "label": "APPAREIL"}]] * 8),
         {"text", "page"}, "spans", "", [MARK]),
        (json.dumps(ARGILLA), {"demande"}, "sorte", "choice", "panne"),
    ],
    ids=["choice", "choices", "places", "taxonomy", "JSON_MIN", "id-first", "CSV", "doccano", "doccano-several",
         "doccano-texts", "doccano-places", "doccano-users", "prodigy-options", "prodigy-spans", "argilla"],
)  # fmt: skip
def test_an_export_proposes_its_texts_as_facts_and_its_labels_as_the_answer(
    write: Write, export: str, facts: set[str], answer: str, kind: str, value: object
) -> None:
    path = write(export, "export")
    table = open_export(path)
    columns = columns_of(table)

    assert {column.name for column in columns if column.use == "fact"} == facts
    assert [(column.name, column.kind) for column in columns if column.use == "answer"] == [(answer, kind)]
    assert next(table.rows()).values[answer] == value
    spec = propose(columns)
    preview = read_preview(path, spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec))
    assert (preview.rows_total, preview.rows_bad, preview.problems) == (8, 0, {})


@pytest.mark.parametrize("row", [
    {"_task_hash": 1, "answer": "accept", "spans": [{"label": "X"}]},
    {"_task_hash": 1, "answer": "accept", "spans": ["X"]},
    {"annotations": [{"user": 1, "label": 3, "start_offset": 1}]},
])  # fmt: skip
def test_a_marked_place_without_its_ends_is_a_bad_row(write: Write, row: dict[str, Any]) -> None:
    (read,) = open_export(write(lines([{"text": TEXTS[0], **row}]), "marks.jsonl")).rows()

    assert "has no 'start" in read.problem


def test_relations_are_left_out_counted_and_no_bad_rows(write: Write, admin: Member) -> None:
    marks = [result("labels", "label", ["APPAREIL"], **PLACE, text="lave-linge")]
    relation = {"from_id": "a", "to_id": "b", "type": "relation", "direction": "right", "labels": ["cause"]}
    path = write(json.dumps([task(text, [*marks, relation]) for text in TEXTS]), "tasks.json")

    rows = list(open_export(path).rows())
    preview = read_preview(path, spec=latest_version(make_task(by=admin)).spec)

    assert [(row.problem, row.values["label"]) for row in rows] == [("", [MARK])] * 8
    assert (preview.rows_total, preview.rows_bad) == (8, 0)
    assert preview.form and "Relations between marked places are left out: 8." in preview.form.notes


def test_texts_that_nobody_marked_yet_keep_their_columns(write: Write) -> None:
    table = open_export(write(lines(each(text=TEXTS, annotations=[[]] * 8, note=LABELS)), "rows.jsonl"))

    assert (table.tool, table.columns) == ("", ("text", "annotations", "note"))


def test_what_was_cancelled_ignored_or_rejected_is_no_answer(write: Write) -> None:
    held = [task(TEXTS[0], [result("choices", "humeur", ["panne"])], was_cancelled=True)]
    held.append(task(TEXTS[1], [result("choices", "humeur", ["devis"])]))
    cancelled = open_export(write(json.dumps(held), "tasks.json"))
    answers = [
        f'{{"text": "{word}", "_task_hash": 1, "accept": ["a"], "answer": "{word}"}}'
        for word in ("accept", "reject", "ignore")
    ]
    ignored = open_export(write("\n".join(answers), "db.jsonl"))

    assert [row.values for row in cancelled.rows()] == [{"texte": TEXTS[0]}, {"texte": TEXTS[1], "humeur": "devis"}]
    assert [row.problem for row in ignored.rows()] == [
        "",
        "its annotator chose 'reject'",
        "its annotator chose 'ignore'",
    ]


def test_a_lone_label_of_prodigy_is_a_fact_and_whether_it_fits_the_answer(write: Write) -> None:
    columns = columns_of(open_export(write(prodigy(label=["FUITE"] * 8, answer=["accept", "reject"] * 4), "db.jsonl")))

    assert {column.name: column.use for column in columns} == {
        "text": "fact", "label": "fact", "page": "fact", "answer": "answer",
    }  # fmt: skip


@pytest.mark.parametrize(
    "more",
    [
        {"comments": "seen"},
        {"Comments": "seen"},
        {"annotations": [{"at": 1}]},
        {"responses": "two"},
        {"votes": [{"user_id": 4}]},
        {"data": {"page": 1}, "annotations": ["panne"]},
        {"data": {"page": 1}, "annotations": [{"label": "panne", "by": "Ida"}]},
        {"fields": {"age": 4}, "responses": ["yes", "no"]},
        {"fields": {"age": 4}, "responses": [{"question": "Why?", "answer": "It leaks."}]},
        {"fields": {"age": 4}, "responses": {"why": "It leaks."}},
        {"name": "Ida", "folder": "7b", "marks": "12"},
    ],
)
def test_rows_that_only_resemble_an_export_keep_their_columns(write: Write, more: dict[str, Any]) -> None:
    path = write(lines([row | more for row in each(id=list(range(8)), text=TEXTS, label=BOTH)]), "rows.jsonl")

    table = open_export(path)

    assert (table.tool, table.columns) == ("", ("id", "text", "label", *more))


@pytest.mark.django_db
def test_two_annotators_of_one_text_give_a_record_and_their_different_answers(write: Write, admin: Member) -> None:
    words = [result("choices", "humeur", [word]) for word in ("panne", "panne", "devis")]
    path = write(json.dumps([task(text, *([word] for word in words)) for text in TEXTS]), "tasks.json")
    columns = columns_of(open_export(path))
    spec = propose(columns)
    own, mapping = make_task(by=admin, spec=spec), mapping_of(columns, spec)

    preview = read_preview(path, spec=spec, kind=SourceKind.DRAFTS, mapping=mapping, task=own)
    taken = import_drafts(own, path, by=admin, mapping=mapping)

    assert (preview.rows_total, preview.rows_known, preview.rows_bad) == (24, 8, 0)
    assert (taken.rows_total, taken.rows_added, taken.rows_known) == (24, 16, 8)
    assert (Record.objects.count(), Draft.objects.count()) == (8, 16)
    again = import_records(own, path, by=admin, mapping={"texte": "texte"})
    assert (again.rows_added, again.rows_bad) == (0, 0)
