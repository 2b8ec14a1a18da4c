"""Rows whose texts or answers stand inside objects, as programs export them: these are opened."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.own_rows.proposal import mapping_of, propose
from review.sources.imports.preview import read_preview
from review.sources.imports.tables import open_table
from review.states import SourceKind

TEXTS = [f"The pump of house {n} stands still." for n in range(12)]
LABELS = [("repair", "question")[n % 2] for n in range(12)]
EACH = list(zip(TEXTS, LABELS, strict=True))


@pytest.fixture
def looked(tmp_path: Path) -> Any:
    def look(rows: object) -> tuple[dict[str, str], dict[str, list[str]]]:
        path = tmp_path / "rows"
        path.write_text(json.dumps(rows))
        columns = columns_of(open_table(path))
        spec = propose(columns)
        preview = read_preview(path, spec=spec, kind=SourceKind.DRAFTS, mapping=mapping_of(columns, spec))
        assert (preview.rows_bad, preview.rows_total) == (0, len(TEXTS))
        return {column.field: column.use for column in columns if column.use}, preview.problems

    return look


@pytest.mark.parametrize(
    ("rows", "uses"),
    [
        (
            [{"id": f"rec{n}", "createdTime": "2026-01-01", "fields": {"Message": text, "Category": label}}
             for n, (text, label) in enumerate(EACH)],
            {"id": "fact", "created_time": "fact", "message": "fact", "category": "answer"},
        ),
        (
            [{"item": {"ticket": text, "label": label}} for text, label in EACH],
            {"ticket": "fact", "label": "answer"},
        ),
        (
            [{"input": {"question": text}, "expectedOutput": {"answer": text.upper()}} for text in TEXTS],
            {"question": "fact", "answer": "answer"},
        ),
        (
            [{"input": {"question": text}, "output": {"topic": label, "urgent": True}} for text, label in EACH],
            {"question": "fact", "output": "answer"},
        ),
        (
            [{"prompt": {"raw": text, "label": "x"}, "response": {"kind": label, "count": 2}} for text, label in EACH],
            {"raw": "fact", "label": "fact", "response": "answer"},
        ),
        (
            [{"text": text, "meta": {"label": label}} for text, label in EACH],
            {"text": "fact", "meta": "answer"},
        ),
        (
            [{"source": {"text": text}, "target": {"text": f"Pump {text}"}, "topic": label} for text, label in EACH],
            {"source_text": "fact", "target_text": "answer", "topic": "answer"},
        ),
        (
            [{"text": text, "meta": {"page": n}, "label": label} for n, (text, label) in enumerate(EACH)],
            {"text": "fact", "meta": "fact", "label": "answer"},
        ),
        (
            [{"url": f"https://x.io/{n}.pdf", "extracted": {"vendor": text, "paid": True}}
             for n, text in enumerate(TEXTS)],
            {"url": "fact", "extracted": "answer"},
        ),
        (
            [{"key": f"A-{n}", "self": f"https://x.io/{n}", "fields": {"note": text, "topic": label}}
             for n, (text, label) in enumerate(EACH)],
            {"key": "fact", "self": "fact", "note": "fact", "topic": "answer"},
        ),
        (
            [{"type": "message", "body": {"content": text, "topic": label}} for text, label in EACH],
            {"type": "fact", "content": "fact", "topic": "answer"},
        ),
        (
            [{"sku": f"A{n}", "attributes": {"color": text, "material": label}}
             for n, (text, label) in enumerate(EACH)],
            {"sku": "fact", "attributes": "answer"},
        ),
        (
            [{"Id": n, "data": {"note": text, "status": label}} for n, (text, label) in enumerate(EACH)],
            {"id": "fact", "note": "fact", "status": "answer"},
        ),
        (
            [{"id": n, "text": text, "entities": [{"id": n, "label": label, "start_offset": 0, "end_offset": 3}],
              "relations": [], "Comments": []} for n, (text, label) in enumerate(EACH)],
            {"id": "fact", "text": "fact", "entities": "answer"},
        ),
        (
            [{"text": text, "items": [{"name": label, "count": n}]} for n, (text, label) in enumerate(EACH)],
            {"text": "fact", "items": "answer"},
        ),
        (
            [{"name": f"trace{n}", "input": {"question": text}, "output": {"topic": label, "urgent": True}}
             for n, (text, label) in enumerate(EACH)],
            {"name": "fact", "question": "fact", "output": "answer"},
        ),
    ],
)  # fmt: skip
def test_objects_are_opened_where_they_alone_hold_the_text_or_the_answer(
    looked: Any, rows: object, uses: dict[str, str]
) -> None:
    assert looked(rows) == (uses, {})


def test_a_yes_or_no_called_by_its_verb_is_asked_once(tmp_path: Path) -> None:
    (tmp_path / "rows").write_text(json.dumps([{"text": text, "isUrgent": n % 2 == 0} for n, text in enumerate(TEXTS)]))

    spec = propose(columns_of(open_table(tmp_path / "rows")))

    assert spec.instruction == "You are given a text. Say whether it is urgent: yes or no."


def test_a_column_of_words_for_splits_is_the_split_whatever_its_name(tmp_path: Path) -> None:
    lines = [f"{('TRAIN', 'VALIDATION', 'TEST')[n % 3]},{text},{label}" for n, (text, label) in enumerate(EACH)]
    (tmp_path / "rows").write_text("\n".join(lines))

    assert [column.use for column in columns_of(open_table(tmp_path / "rows"))] == ["split", "fact", "answer"]


@pytest.mark.parametrize(
    ("name", "words", "topics", "use"),
    [
        ("phase", ("train", "val", "test"), LABELS, "split"),
        ("phase", ("train", "test"), None, "answer"),
        ("topic", ("train", "test"), LABELS, "answer"),
        ("activity", ("Training", "Test"), LABELS, "fact"),
        ("label", ("Development", "Testing", "Training"), None, "answer"),
        ("environment", ("dev", "test"), LABELS, "fact"),
    ],
)
def test_words_for_splits_tell_no_split_where_they_may_be_labels(
    tmp_path: Path, name: str, words: tuple[str, ...], topics: list[str] | None, use: str
) -> None:
    rows = [{"text": text, name: words[n % len(words)]} for n, text in enumerate(TEXTS)]
    rows = [row | {"kind": label} for row, label in zip(rows, topics, strict=True)] if topics else rows
    (tmp_path / "rows").write_text(json.dumps(rows))

    assert {column.name: column.use for column in columns_of(open_table(tmp_path / "rows"))}[name] == use


def test_lists_of_texts_by_their_labels_are_texts_with_labels(looked: Any) -> None:
    assert looked({"repair": TEXTS[:7], "question": TEXTS[7:]}) == ({"text": "fact", "key": "answer"}, {})
