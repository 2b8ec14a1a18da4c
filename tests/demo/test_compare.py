"""A miniature and its teacher write from the same sheets, and the result counts what passes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from demo.data.offer import demo_spec
from demo.recordings.engine import recording_of
from review.spec import prompting
from tests import left_out

with left_out.where_torch_is():
    from demo.held_out import compare

pytestmark = pytest.mark.engine

SHEETS = [
    {"company": "Bolt & Nagel", "sector": "rail repair", "city": "Essen", "pain": "late parts"},
    {"company": "Ilva Foods", "sector": "canning", "city": "Riga", "goal": "ship on Mondays"},
]


def test_both_mails_of_each_sheet_are_kept_and_counted(tmp_path: Path) -> None:
    result = compare.compare(SHEETS, recording_of("training"), tmp_path / "mails.jsonl")

    rows = [json.loads(line) for line in (tmp_path / "mails.jsonl").read_text().splitlines()]
    ours, others = (sum(row[who]["scores"]["passes_all"] for row in rows) for who in ("miniature", "teacher"))
    assert sorted(row["facts"]["company"] for row in rows) == ["Bolt & Nagel", "Ilva Foods"]
    assert result.startswith(f"{ours:.0f} of 2 mails of the miniature pass every check, {others:.0f} of its teacher's")
    assert all(row["teacher"]["text"] == _teacher_text(row) for row in rows)


def _teacher_text(row: dict[str, Any]) -> str:
    return prompting.completion(demo_spec(), compare.teacher_mail(row["facts"]))
