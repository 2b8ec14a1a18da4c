"""A few rows propose a task whose types say their values again, and an import by its mapping takes every row."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from review.sources.imports.own_rows.column_uses import Column, changed
from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.own_rows.pasted import as_file
from review.sources.imports.own_rows.proposal import mapping_of, propose
from review.sources.imports.preview import read_preview
from review.sources.imports.tables import open_table
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.states import SourceKind

LABELS = ("billing", "bug", "How to", "access", "other")
TICKETS = "Ticket;Nachricht;Betrag;Seit;Kategorie;Dringend\n" + "\n".join(
    f"Müller & Söhne {n};Der Text, Nummer {n}.;{1000 + n},50;{n + 1}.3.2026;{LABELS[n % 5]};{'yes' if n % 3 else 'no'}"
    for n in range(20)
)


@pytest.fixture
def look(tmp_path: Path) -> Any:
    def columns(text: str) -> tuple[Column, ...]:
        (tmp_path / "paste").write_bytes(as_file(text))
        return columns_of(open_table(tmp_path / "paste"))

    return columns


def table(**columns: Sequence[object]) -> str:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return json.dumps(rows)


def types(columns: Sequence[Column]) -> dict[str, tuple[str, str]]:
    return {column.field: (column.use, column.kind) for column in columns}


def bad_rows(tmp_path: Path, spec: TaskSpec, columns: Sequence[Column]) -> int:
    preview = read_preview(
        tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec)
    )  # fmt: skip
    assert preview.problems == {}
    return preview.rows_bad


def test_german_tickets_become_labels_a_boolean_and_a_number(look: Any, tmp_path: Path) -> None:
    columns = look(TICKETS)

    spec = propose(columns, record_noun="ticket")

    assert types(columns) == {
        "ticket": ("fact", "text"), "nachricht": ("fact", "text"), "betrag": ("fact", "number"),
        "seit": ("fact", "date"), "kategorie": ("answer", "choice"), "dringend": ("answer", "boolean"),
    }  # fmt: skip
    assert [label.name for label in spec.output_schema[0].labels] == ["access", "billing", "bug", "How to", "other"]
    assert spec.instruction == (
        "You are given the ticket, nachricht, betrag and seit of a ticket. Say which kategorie fits best: access, "
        "billing, bug, How to or other. Say whether it is dringend: yes or no."
    )
    assert bad_rows(tmp_path, spec, columns) == 0


@pytest.mark.parametrize(
    ("answers", "type_"),
    [
        (["good", "bad", "Good", "bad"], "choice"),
        (["yes", "no", "no", "yes"], "boolean"),
        ([0, 1, 1, 0], "choice"),
        (["0", "1", "1", "0"], "choice"),
        ([0, 1, 1, 2], "integer"),
        ([1, 2.5, 3, 4], "number"),
        (["2026-01-02", "3 May 2026", "2026-01-04", "2026-01-05"], "date"),
        (["a;b", "b;a", "a|b", "b"], "choices"),
        ([["a", "b"], ["b"], ["a"], ["b", "a"]], "choices"),
        ([["a", "b"], ["c"], ["d"], ["e", "f"]], "list"),
        ([{"n": 1}, {"n": 2}, {"n": 3}, {"n": 4}], "integer"),
        ([[{"n": 1}], [{"n": 2}], [], [{"n": 4}]], "list"),
        (['{"n": 1}', '{"n": 2}', '```json\n{"n": 3}\n```', '{"n": 4}'], "integer"),
        ([{"Is new": "y"}, {"Is new": "n"}, {"Is new": "n"}, {"Is new": "y"}], "boolean"),
        (["One says so.", "Two do not.", "Three of them.", "Four."], "text"),
        (["0049", "0050", "0050", "0049 "], "choice"),
        ([True, False, True, True], "boolean"),
    ],
)
def test_the_type_of_an_answer_is_told_by_its_values(
    look: Any, tmp_path: Path, answers: list[object], type_: str
) -> None:
    columns = look(table(message=["A b.", "C d.", "E f.", "G h."], answer=answers))

    spec = propose(columns)

    assert [field.type for field in spec.output_schema] == [type_]
    assert bad_rows(tmp_path, spec, columns) == 0


def answered(*answers: str) -> str:
    return table(message=[f"Text {n}." for n in range(len(answers))], answer=answers)


TRIAGED = [
    json.dumps(
        {"category": LABELS[n % 5], "urgent": n % 3 == 0, "parts": {"hours": n}, "due": None if n % 4 else "2026-03-01"}
    )
    for n in range(20)
]


def test_an_answer_in_one_column_of_json_becomes_the_fields_of_the_task(look: Any, tmp_path: Path) -> None:
    columns = look(answered(*TRIAGED))

    spec = propose(columns)

    assert types(columns)["answer"] == ("answer", "fields")
    assert mapping_of(columns, spec) == {"message": "message", "answer": "draft.answer"}
    assert [(field.name, field.type, field.required) for field in spec.output_schema] == [
        ("category", "choice", True), ("urgent", "boolean", True), ("parts", "object", True), ("due", "date", False),
    ]  # fmt: skip
    assert bad_rows(tmp_path, spec, columns) == 0


def test_json_whose_names_are_data_becomes_no_fields(look: Any) -> None:
    rows = table(question=[f"Who is {n}?" for n in range(70)], answer=[json.dumps({f"k{n}": n}) for n in range(70)])

    columns = look(rows)

    assert columns[1].kinds == ("object", "text")
    assert len(propose(columns).output_schema) == 1


def test_json_with_names_inside_that_no_part_can_have_is_read_whole(look: Any, tmp_path: Path) -> None:
    answers = [json.dumps({"label": "a", "parts": {"Deep Key": n}}) for n in range(8)]
    columns = look(table(question=[f"Who is {n}?" for n in range(8)], answer=answers))

    assert bad_rows(tmp_path, propose(columns), columns) == 0


@pytest.mark.parametrize(
    ("broken", "words"),
    [
        ('{"Category": "bug", "urg', "'answer' holds no whole JSON object: "),
        ('{"Category": "bug", "parts": {"hours": NaN}}', "NaN is not a JSON number"),
        ('["bug"]', "'answer' holds no JSON object with the fields of an answer"),
        ('{"Category": "bugs", "urgent": true, "parts": {"hours": 1}}',
            "field 'category' is 'bugs', which is none of its labels"),
        ('{"Category": "bug", "urgent": "maybe", "parts": {"hours": 1}}',
            "'answer', field 'urgent', is 'maybe', expected yes or no"),
        ('{"Category": "bug", "parts": {"hours": 1}}', "field 'urgent' is empty; it is required"),
        ('{"Category": "bug", "urgent": true, "parts": {"hours": "x"}}',
            "field 'parts', part 'hours' is 'x', expected a number"),
        ('{"Category": "bug", "urgent": true, "parts": {"hours": 1}, "more": 2}', "unknown field 'more'"),
        ('{"Category": "bug", "urgent": true, "category": "bug"}', "'answer' says 'category' twice"),
    ],
)  # fmt: skip
def test_a_row_whose_json_does_not_fit_is_named_with_its_field(
    look: Any, tmp_path: Path, broken: str, words: str
) -> None:
    columns = look(answered(*TRIAGED))
    spec = propose(columns)
    look(answered(*TRIAGED, broken))

    preview = read_preview(
        tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec)
    )  # fmt: skip

    assert [(error.row, words in error.reason) for error in preview.errors] == [(21, True)], preview.errors


def test_one_broken_answer_in_ten_keeps_no_fields_from_being_proposed(look: Any) -> None:
    assert types(look(answered(*TRIAGED, '{"Category": "bug", "urg')))["answer"] == ("answer", "fields")
    assert types(look(answered(*TRIAGED[:8], "none", "none")))["answer"] == ("answer", "text")


def test_a_whole_answer_is_chosen_against_and_is_no_fact(look: Any) -> None:
    columns = look(answered(*TRIAGED))

    as_object, as_fact = (
        changed(columns, {"message": "fact", "answer": use}, {"answer": kind})
        for use, kind in (("answer", "object"), ("fact", "fields"))
    )

    assert types(look(table(message=["A b."] * 4, answer=[{"a b": 1, "a-b": 2}] * 4)))["answer"] == ("fact", "object")
    assert [(field.name, field.type) for field in propose(as_object).output_schema] == [("answer", "object")]
    assert types(as_fact)["answer"] == ("fact", "object")


def test_a_field_that_two_columns_bring_is_refused(look: Any, tmp_path: Path) -> None:
    columns = look(table(message=["A b."] * 4, answer=['{"n": 1, "m": 2}'] * 4, label=["7", "8"] * 2))
    spec = propose(columns)
    mapping = {**mapping_of(columns, spec), "label": "n"}

    preview = read_preview(tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping)

    assert "'answer' says 'n' too, which has a column of its own" in preview.errors[0].reason


def test_lists_of_objects_may_be_facts(look: Any, tmp_path: Path) -> None:
    lines = [[{"item": "pump", "count": n}, {"item": "hose", "count": 1}] for n in range(4)]
    columns = look(table(lines=lines, approved=["yes", "no", "no", "yes"]))

    spec = propose(columns)

    assert types(columns) == {"lines": ("fact", ""), "approved": ("answer", "boolean")}
    assert [(field.name, field.type) for field in spec.input_schema] == [("lines", "object")]
    assert bad_rows(tmp_path, spec, columns) == 0
    assert prompting.facts_sheet(spec, {"lines": lines[0][1:]}) == 'lines: [{"item": "hose", "count": 1}]'


def test_codes_of_digits_stay_texts_and_labels_among_the_facts_do_not_bind(look: Any) -> None:
    columns = look(
        table(zip=["01067", "01069", "80331", "80331"], phone=["+4930", "+4931", "+4932", "+4933"], kind=["a", "b"] * 2,
            reply=["x y", "z", "w v", "u"])
    )  # fmt: skip

    assert types(columns) == {
        "zip": ("fact", "text"), "phone": ("fact", "text"), "kind": ("fact", "text"), "reply": ("answer", "text"),
    }  # fmt: skip


def test_an_answer_is_found_by_name_else_by_labels_in_the_last_column(look: Any) -> None:
    named = look(table(label=["a", "b"] * 4, text=[f"Text {n}." for n in range(8)]))
    last = look(table(text=[f"Text {n}." for n in range(8)], mood=["sad", "glad"] * 4))
    none = look(table(text=[f"Text {n}." for n in range(8)], more=[f"More {n}." for n in range(8)]))

    assert [column.use for column in named] == ["answer", "fact"]
    assert [column.use for column in last] == ["fact", "answer"]
    assert [column.use for column in none] == ["fact", "fact"]
    assert [field.name for field in propose(none).output_schema] == ["answer"]


def test_labels_in_one_row_with_the_answers_answer_too(look: Any) -> None:
    label, text = [LABELS[n % 4] for n in range(20)], [f"Text number {n}." for n in range(20)]
    message = [f"Message number {n}, please." for n in range(20)]

    beside = look(table(message=message, category=label, summary=text, reply=text))
    apart = look(table(category=label, message=message, reply=text))
    same = look(table(message=message, reply=text, tags=[["faq", "v2"]] * 20))

    assert types(beside)["category"] == ("answer", "choice")
    assert types(same)["tags"][0] == "fact", "the same in each row"
    assert types(apart)["category"][0] == "fact"


def test_models_and_splits_are_no_facts(look: Any, tmp_path: Path) -> None:
    columns = look(table(question=["A?", "B?"], answer=["C c.", "D d."], model=["m", "m"], split=["train", "test"]))
    spec = propose(columns)

    assert [field.name for field in spec.input_schema] == ["question"]
    assert mapping_of(columns, spec)["model"] == "draft.model"
    assert bad_rows(tmp_path, spec, columns) == 0


def test_a_mail_is_an_answer_where_it_also_stands_to_whom(look: Any) -> None:
    mail = look(table(body=["Dear you.", "Hi."], subject=["A", "B"], company=["Acme", "Bolt"]))
    ticket = look(table(body=["Dear you.", "Hi."], subject=["A", "B"]))

    assert [field.role for field in propose(mail).output_schema] == ["subject", "body"]
    assert {column.use for column in ticket} == {"fact"}


def test_a_person_changes_what_columns_are(look: Any) -> None:
    columns = look(TICKETS)

    spec = propose(
        changed(
            columns,
            {"Betrag": "answer", "Kategorie": "fact", "Dringend": ""},
            {"Kategorie": "choice", "Betrag": "number", "Seit": "no type", "Ticket": "boolean"},
        )
    )

    assert [(field.name, field.type) for field in spec.output_schema] == [("betrag", "number")]
    assert [(field.name, field.type) for field in spec.input_schema] == [
        ("ticket", "text"), ("nachricht", "text"), ("seit", "date"), ("kategorie", "text"),
    ]  # fmt: skip


def test_without_a_fact_there_is_no_task(look: Any) -> None:
    with pytest.raises(ValueError, match="no column is a fact"):
        propose(changed(look("text\nhello"), {"text": "answer"}, {}))


def test_columns_of_one_name_and_of_no_letters_get_names_of_their_own(look: Any) -> None:
    columns = look(json.dumps([{"A b": "x", "a-b": "y", "№": "z", "class": "q"}]))

    assert [column.field for column in columns] == ["a_b", "a_b_2", "no", "class"]
    assert propose(columns)
