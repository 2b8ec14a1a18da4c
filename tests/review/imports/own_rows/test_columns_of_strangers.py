"""Columns as other programs and other languages name them: which one answers, and what the task is told of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from review.sources.imports.own_rows import pasted
from review.sources.imports.own_rows.column_uses import Column, changed
from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.own_rows.proposal import mapping_of, propose
from review.sources.imports.preview import read_preview
from review.sources.imports.tables import open_table
from review.states import SourceKind

TEXTS = [f"The pump of house {n} stands still." for n in range(12)]
LETTERS = [f"Dear Ann,\n\nyour {n} pumps stand still.\n\nRegards" for n in range(12)]
REPEATED = [("Thanks", "Fine by me", "Not now")[n % 3] for n in range(12)]


@pytest.fixture
def look(tmp_path: Path) -> Any:
    def columns(rows: object) -> tuple[Column, ...]:
        (tmp_path / "paste").write_text(rows if isinstance(rows, str) else json.dumps(rows, ensure_ascii=False))
        return columns_of(open_table(tmp_path / "paste"))

    return columns


def rows(**columns: Sequence[object]) -> list[dict[str, object]]:
    return table(columns)


def table(columns: Mapping[str, Sequence[object]]) -> list[dict[str, object]]:
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def uses(columns: Sequence[Column]) -> dict[str, str]:
    return {column.name: column.use for column in columns}


TICKETS = [f"Invoice {n} is wrong, says our house." for n in range(40)]
CODES = [n % 3 for n in range(40)]
NAMES = [("billing", "delivery", "other")[code] for code in CODES]
SCORES = [(0, 0.5, "1e-05", 1)[n % 4] for n in range(12)]
LISTS = [[[0, n, "PUMP"]] for n in range(12)]
FLAGS = [n % 4 == 0 for n in range(12)], [int(n % 3 == 0) for n in range(12)], [0] * 12


@pytest.mark.parametrize(
    ("columns", "answers"),
    [
        ({"質問": TEXTS, "回答": REPEATED[::-1]}, {"回答"}),
        ({"Вопрос": TEXTS, "Ответ": LETTERS}, {"Ответ"}),
        ({"标题": TEXTS, "类别": REPEATED, "日期": ["2026-11-01"] * 12}, {"类别"}),
        ({"prompt": TEXTS, "chosen": LETTERS, "rejected": TEXTS}, {"chosen"}),
        ({"article": LETTERS, "highlights": TEXTS, "id": range(12)}, {"highlights"}),
        ({"Account": TEXTS, "Draft Email": LETTERS, "Rating": REPEATED}, {"Draft Email"}),
        ({"Firma": TEXTS, "Branche": REPEATED, "Anschreiben": LETTERS}, {"Anschreiben"}),
        ({"Betreff": TEXTS, "Beschreibung": LETTERS}, set()),
        ({"text": TEXTS, "joy": FLAGS[1], "fear": FLAGS[2], "anger": FLAGS[1]}, {"joy", "fear", "anger"}),
        ({"text": TEXTS, "toxic": FLAGS[1], "is_toxic": FLAGS[1], "rude": FLAGS[2]}, {"toxic", "is_toxic", "rude"}),
        ({"text": TEXTS, "paid": FLAGS[0], "new": FLAGS[0], "vip": FLAGS[0], "topic": REPEATED}, {"topic"}),
        ({"text": TEXTS, "paid": FLAGS[1], "new": FLAGS[1], "note": LETTERS}, set()),
        ({"draft_id": range(12), "text": TEXTS, "category": REPEATED}, {"category"}),
        ({"text": TEXTS, "category": REPEATED, "generated_at": ["2026-11-01"] * 12}, {"category"}),
        ({"text": TEXTS, "chosen_plan": REPEATED, "topic": REPEATED}, {"topic"}),
        ({"Review Content": TEXTS, "Company Reply Text": LETTERS, "Location Name": REPEATED}, {"Company Reply Text"}),
        ({"agent_response_body": LETTERS, "text": TEXTS}, {"agent_response_body"}),
        ({"text": TEXTS, "response_time": CODES[:12], "category_name": REPEATED}, {"category_name"}),
        ({"v1": REPEATED, "v2": TEXTS}, {"v1"}),
        ({"country": REPEATED, "v2": TEXTS}, set()),
        ({"text": TEXTS, "labels": [[n % 2, 5] for n in range(12)], "id": TEXTS}, {"labels"}),
        ({"question1": TEXTS, "question2": LETTERS, "is_duplicate": FLAGS[1]}, {"is_duplicate"}),
        ({"company": TEXTS, "subject": TEXTS, "body": LETTERS, "is_sent": FLAGS[1]}, {"subject", "body"}),
        ({"text": TEXTS, "upvotes": FLAGS[1]}, set()),
        ({"text": TEXTS, "thread_id": REPEATED}, set()),
        ({"text": TICKETS, "assigned_team_id": NAMES}, {"assigned_team_id"}),
        ({"text": TEXTS, "toxicity": SCORES, "threat": FLAGS[2], "insult": SCORES}, {"toxicity", "threat", "insult"}),
        (
            {
                "text": TEXTS,
                "hate": SCORES,
                "threat": FLAGS[2],
                "joy": SCORES,
                "upvote_ratio": SCORES,
                "hits": range(12),
            },
            {"hate", "threat", "joy"},
        ),
        ({"text": TEXTS, "toxic": SCORES, "severe_toxic": SCORES, "rude": SCORES}, {"toxic", "severe_toxic", "rude"}),
        ({"text": TEXTS, "votes": SCORES, "spam": FLAGS[1], "urgent": FLAGS[1]}, {"spam", "urgent"}),
        ({"text": TEXTS, "sure": SCORES, "joy": FLAGS[1], "shy": FLAGS[2], "odd": FLAGS[1]}, {"joy", "shy", "odd"}),
        ({"text": TEXTS, "discount": SCORES, "tax": SCORES, "rating": SCORES}, set()),
        ({"text": TEXTS, "width": range(12), "height": SCORES, "depth": SCORES}, set()),
        ({"text": TICKETS, "answers": CODES}, set()),
        ({"text": TICKETS, "answers": CODES, "tags": NAMES}, {"tags"}),
        ({"text": TICKETS, "number_of_answers": CODES, "topic": NAMES}, {"topic"}),
        ({"text": TICKETS, "label_count": CODES, "topic": NAMES}, {"topic"}),
        ({"text": TICKETS, "label": NAMES, "tag_count": range(40), "topic": [*NAMES[1:], "other"]}, {"label", "topic"}),
        ({"text": TICKETS, "labels": CODES}, {"labels"}),
        ({"text": TEXTS, "opened": [f"11/3/2026 2:{n % 3}0 PM" for n in range(12)]}, set()),
        ({"text": TEXTS, "reactions": [[{"name": "up", "votes": n}] for n in range(12)]}, set()),
        ({"text": TEXTS, "label.responses": REPEATED, "label.responses.users": [["u1"]] * 12}, {"label.responses"}),
        ({"text": TEXTS, "label": LISTS}, set()),
        ({"text": TEXTS, "label": REPEATED, "evidence": LISTS}, {"label"}),
        ({"text": TEXTS, "in": [{"b": n} for n in range(12)], "out": [{"a b": n, "a-b": 1} for n in range(12)]}, set()),
        ({"text": TEXTS, "itemLabels": [{"a b": name, "a-b": 1} for name in REPEATED]}, set()),
        ({"text": TEXTS, "spans": [[{"at": n, "label": "PUMP"}] for n in range(12)]}, {"spans"}),
        ({"title": TEXTS, "parts": [[{"a": [{"b": [{"c": n}]}]}] for n in range(12)]}, set()),
    ],
)
def test_the_answer_of_a_strangers_file_is_found(look: Any, columns: dict[str, Any], answers: set[str]) -> None:
    found = uses(look(table(columns)))

    assert {name for name, use in found.items() if use == "answer"} == answers
    out = [name for name, values in columns.items() if name == "rejected" or values == LISTS]
    assert [name for name, use in found.items() if use == ""] == out


def test_a_name_in_other_letters_stands_in_the_instruction_and_beside_the_field(look: Any, tmp_path: Path) -> None:
    columns = look(table({"質問": TEXTS, "回答": LETTERS}))
    spec = propose(columns)

    assert spec.instruction == "You are given a 質問. Write the 回答, in at most 10 words."
    assert [(field.name, field.description) for field in (*spec.input_schema, *spec.output_schema)] == [
        ("column", "質問"),
        ("column_2", "回答"),
    ]
    preview = read_preview(
        tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec)
    )  # fmt: skip
    assert (preview.problems, preview.rows_bad) == ({}, 0)


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (LETTERS, "text"),
        (["Dear Ann,\n\nYes.\n\nBye", "Dear Ann,\n\nNo.\n\nBye"] * 6, "text"),
        (["n/a"] * 9 + TEXTS[:3], "text"),
        (["red\nblue", "blue", "red"] * 4, "choices"),
        (REPEATED, "choice"),
        (["x", "y"] * 6, "choice"),
        (["x"] * 12, "boolean"),
        ([["O", "B", "O"], ["O", "O"], ["B", "O"]] * 4, "list"),
        ([["a", "b"], ["b"], ["a"]] * 4, "choices"),
        ([["a", "b"], ["b"], ["a"]] * 3 + [["b"], ["a"], ["a", "a"]], "choices"),
    ],
)
def test_letters_and_lone_texts_are_no_labels(look: Any, values: list[object], kind: str) -> None:
    columns = look(rows(message=TEXTS, answer=values))

    assert [column.kind for column in columns] == ["text", kind]


def test_rows_of_a_dataset_server_are_unwrapped(look: Any) -> None:
    served = [
        {"row_idx": place, "row": row, "truncated_cells": []}
        for place, row in enumerate(rows(text=TEXTS, label=REPEATED))
    ]
    columns = look({"features": [{"name": "text"}, {"name": "label"}], "rows": served, "num_rows_total": 12})

    assert uses(columns) == {"text": "fact", "label": "answer"}
    assert "label" in uses(look([{**each, "label": "spam"} for each in served]))


def test_pasted_labels_without_a_header_answer(look: Any) -> None:
    text = "\n".join(f"{label}\t{text}" for label, text in zip(REPEATED, TEXTS, strict=True))
    columns = look(pasted.as_file(text).decode())

    assert uses(columns) == {"column 1": "answer", "column 2": "fact"}


@pytest.mark.parametrize("name", ["label", "target", "category_id", "answer", "priority"])
def test_few_whole_numbers_that_recur_are_labels_and_others_stay_numbers(look: Any, name: str) -> None:
    few, many = (
        look(rows(text=TICKETS, **{name: CODES})),
        look(rows(text=TICKETS, **{name: [n % 25 for n in range(40)]})),
    )
    assert [column.kind for column in few if column.use == "answer"] == ["choice"]
    assert "choice" not in {column.kind for column in many if column.use == "answer"}
    hours = look(rows(text=TICKETS, target_hours=[24 * (code + 1) for code in CODES]))
    halves = look(rows(text=TICKETS, label=[code / 2 for code in CODES]))
    assert "choice" not in {column.kind for column in (*hours, *halves) if column.use == "answer"}
    spec = propose(few)
    assert {label.name for label in spec.output_schema[0].labels} == {"0", "1", "2"}
    assert "fits best: 0, 1 or 2" in spec.instruction


def test_rows_with_numbers_for_labels_are_imported_by_their_proposal(look: Any, tmp_path: Path) -> None:
    columns = look(rows(text=TICKETS, label=CODES))
    spec = propose(columns)
    preview = read_preview(tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec))
    assert (preview.rows_bad, preview.problems) == (0, {})


@pytest.mark.parametrize(
    ("columns", "answers", "out"),
    [
        ({"text": TICKETS, "label": CODES, "label_text": NAMES}, {"label_text"}, {"label"}),
        ({"text": TICKETS, "label_text": NAMES, "label": CODES}, {"label_text"}, {"label"}),
        ({"text": TICKETS, "category_id": CODES, "category": NAMES}, {"category"}, {"category_id"}),
        ({"label_code": [f"T{code}" for code in CODES], "text": TICKETS, "label": NAMES}, {"label"}, {"label_code"}),
        ({"text": TICKETS, "sla_hours": CODES, "priority": NAMES}, {"priority"}, set()),
        ({"label": CODES, "label_text": NAMES}, {"label_text"}, set()),
        ({"fruit": NAMES, "label": CODES}, {"label"}, set()),
        ({"text": TICKETS, "product": [code // 2 for code in CODES], "label": NAMES}, {"label"}, set()),
        ({"text": TICKETS, "priority": CODES, "topic": [*CODES[1:], 2]}, {"priority", "topic"}, set()),
    ],
)
def test_another_name_of_a_label_stays_out(
    look: Any, columns: dict[str, Sequence[object]], answers: set[str], out: set[str]
) -> None:
    found = uses(look(table(columns)))
    assert {name for name, use in found.items() if use == "answer"} == answers
    assert {name for name, use in found.items() if not use} == out


@pytest.mark.parametrize(
    ("name", "values", "use"),
    [
        ("Unnamed: 0", range(12), ""),
        ("__index_level_0__", range(12), ""),
        ("row_number", range(1, 13), ""),
        ("month", range(1, 13), "fact"),
        ("id", range(12), "fact"),
        ("seats", range(3, 15), "fact"),
        ("remark", [""] * 12, ""),
    ],
)
def test_counted_rows_and_empty_columns_stay_out(look: Any, name: str, values: Sequence[object], use: str) -> None:
    assert uses(look(table({name: values, "text": TEXTS, "label": REPEATED})))[name] == use


def test_a_first_or_last_column_of_few_numbers_answers_where_no_column_has_a_name(look: Any) -> None:
    first = [f'"{code}","{ticket}","Somebody wrote: {ticket}"' for code, ticket in zip(CODES, TICKETS, strict=True)]
    last = [f'"{ticket}","Somebody wrote: {ticket}","{code}"' for code, ticket in zip(CODES, TICKETS, strict=True)]
    assert [column.use for column in look("\n".join(first))] == ["answer", "fact", "fact"]
    assert [column.use for column in look("\n".join(last))] == ["fact", "fact", "answer"]


def test_an_answer_of_yes_or_no_without_a_name_of_its_own_is_asked_plainly(look: Any) -> None:
    spec = propose(look(rows(question=TEXTS, answer=[n % 2 == 0 for n in range(12)])))
    assert spec.instruction == "You are given a question. Answer yes or no."


def test_conversations_that_a_program_lists_are_rows(look: Any) -> None:
    listed = [{"id": str(n), "source": {"body": text}, "label": REPEATED[n]} for n, text in enumerate(TEXTS)]
    columns = look({"type": "conversation.list", "conversations": listed})
    assert [column.name for column in columns] == ["id", "source.body", "label"]
    turns = [{"from": "human", "value": TEXTS[0]}, {"from": "gpt", "value": TEXTS[1]}]
    assert [c.name for c in look({"id": 1, "conversations": turns})] == ["id", "conversations"]


@pytest.mark.parametrize(
    "more", [{"message": "The pump leaks."}, {"from": {"user": {"name": "Ann"}}}, {"from": "Ann"}, {"role": "CTO"}]
)
def test_rows_with_a_message_a_sender_or_a_role_are_rows(look: Any, more: dict[str, Any]) -> None:
    listed = [{"id": str(n), **more, "label": label} for n, label in enumerate(REPEATED)]

    assert [c.name for c in look({"count": 12, "value": listed})] == ["id", *more, "label"]


def test_an_instruction_has_its_articles(look: Any) -> None:
    columns = look(rows(invoice=TEXTS, label=REPEATED))
    assert propose(columns).instruction.startswith("You are given an invoice. Say which label fits best:")
    columns = look(rows(sender=TEXTS, invoice=LETTERS, label=REPEATED))
    assert "of an order. " in propose(columns, record_noun="order").instruction


def test_lists_of_lists_that_a_person_makes_the_answer_are_a_text(look: Any) -> None:
    columns = look(rows(text=TEXTS, label=LISTS))

    spec = propose(changed(columns, {"label": "answer"}, {}))

    assert [(field.name, field.type) for field in spec.output_schema] == [("label", "text")]


@pytest.mark.parametrize(
    ("values", "kind", "labels"),
    [
        (["vpn", "crm, vpn", "vpn, crm", "hr", "hr,crm", "crm, hr"], "choices", ["crm", "hr", "vpn"]),
        (["Yes, now", "No, never"] * 3, "choice", ["No, never", "Yes, now"]),
        (["Kiel, Holstein", "Bonn, Rhine"] * 3, "choice", ["Bonn, Rhine", "Kiel, Holstein"]),
    ],
)  # fmt: skip
def test_labels_parted_by_commas_are_several_where_they_recur_in_others(
    look: Any, tmp_path: Path, values: list[str], kind: str, labels: list[str]
) -> None:
    columns = look(rows(text=TEXTS, tags=values * 2))
    spec = propose(columns)

    assert (columns[1].kind, sorted(label.name for label in spec.output_schema[0].labels)) == (kind, labels)
    preview = read_preview(tmp_path / "paste", spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec))
    assert (preview.rows_bad, preview.problems) == (0, {})
