"""A label of yes or no beside a written answer judges it; names that tell of an answer are none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from review.sources.imports.own_rows.columns import columns_of
from review.sources.imports.tables import open_table

TEXTS = [f"The boiler in flat {n} is cold." for n in range(12)]
REPLIES = [f"We come to flat {n} on Monday." for n in range(12)]
FLAGS = [n % 3 == 0 for n in range(12)]
LONG = [f"Dear all, {each} Please see to it today." for each in TEXTS]
FEW = ["done", "open", "late"] * 4


@pytest.mark.parametrize(
    ("columns", "answers"),
    [
        ({"prompt": TEXTS, "completion": REPLIES, "label": FLAGS}, {"label"}),
        ({"question": TEXTS, "response": REPLIES, "label": [int(flag) for flag in FLAGS]}, {"label"}),
        ({"question": TEXTS, "response": REPLIES, "label": FEW}, {"response", "label"}),
        ({"question": TEXTS, "summary": REPLIES, "label": FLAGS}, {"summary", "label"}),
        (
            {"question": TEXTS, "response": REPLIES, "summary": REPLIES, "label": FLAGS},
            {"response", "summary", "label"},
        ),
        ({"question": TEXTS, "category": FEW, "reply": REPLIES, "label": FLAGS}, {"category", "reply", "label"}),
        ({"What is wrong?": TEXTS, "Response Type": ["completed"] * 12}, set()),
        ({"text": TEXTS, "sentiment_score": [n % 5 for n in range(12)], "city": REPLIES}, {"sentiment_score"}),
        ({"label_type": FEW, "text": TEXTS, "city": REPLIES}, {"label_type"}),
        ({"response_type": FEW, "text": TEXTS, "category": FEW[::-1], "city": REPLIES}, {"category"}),
        ({"text": TEXTS, "label": FEW, "label_score": [n / 20 for n in range(12)]}, {"label"}),
        # A title above its text, as trackers and shops have it, and a summary behind the text it sums up.
        ({"Summary": TEXTS, "Description": LONG, "Priority": FEW}, {"Priority"}),
        ({"id": TEXTS, "dialogue": LONG, "Summary": TEXTS, "remarks": LONG}, {"Summary"}),
    ],
)
def test_a_label_judges_the_answer_beside_it(tmp_path: Path, columns: dict[str, list[Any]], answers: set[str]) -> None:
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    (tmp_path / "rows").write_text(json.dumps(rows))

    found = columns_of(open_table(tmp_path / "rows"))

    assert {column.name for column in found if column.use == "answer"} == answers
