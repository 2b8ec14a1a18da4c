"""CSV that starts no formula: every cell of every file the product gives out, however a spreadsheet splits it."""

from __future__ import annotations

import csv
import dataclasses
import io
import random
import re
import sys
import unicodedata
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from web import csv as web_csv

ROOT = Path(__file__).parents[2]
ROOMS = ("web", "audit", "members", "jobs", "webhooks", "review", "generation", "training", "evaluation", "serving",
         "campaigns", "demo", "stats", "miniatures_site")  # fmt: skip
# They write files for our own import in a folder that goes at once; nobody is given them.
NEVER_GIVEN_OUT = {"demo/data/experiment/plan.py", "demo/data/prospects/generate.py"}
HOSTILE = [
    "=1+1", "+1+1", "-1+1", "@SUM(A1)", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x.example","y")', "\t=1+1", "\r=1+1",
    "\n=1+1", "  =1+1", "\u00a0=1+1", "\ufeff=1+1", "x;=1+1", "x\t=1+1", "x\n=1+1", "\uff1d1+1", "-cmd",
    "a\x00;\x00=1+1",
]  # fmt: skip


def starts_formula(text: str) -> bool:
    """What a spreadsheet would compute: a sign first, after what it skips; not a number, alone or before a comma."""
    bare = text.lstrip(" \u00a0\u200b\ufeff\t\r\n\x00")
    return bare[:1] in set("=+-@\uff1d\uff0b\uff0d\uff20") and not re.match(r"-?\d+(\.\d+)?([eE][+-]?\d+)?(,|$)", bare)


def cells_seen(text: str) -> list[str]:
    """Cells as a reader sees them, whichever sign it splits lines at."""
    found: list[str] = []
    for delimiter in ",;\t":
        found += [cell for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter) for cell in row]
    return found


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("place", [0, 1, 2])
def test_no_cell_starts_a_formula_wherever_lines_are_split(text: str, place: int) -> None:
    cells = ["a", "b", "c"]
    cells[place] = text

    line = web_csv.line(cells)

    assert not any(starts_formula(cell) for cell in cells_seen(line)), line


@pytest.mark.slow
def test_ten_thousand_texts_of_signs_start_no_formula() -> None:
    rng = random.Random(7)
    signs = "=+-@;,\t\r\n\"' x1\u00a0\uff1d"

    for _ in range(10_000):
        cells = ["".join(rng.choices(signs, k=rng.randint(0, 8))) for _ in range(3)]
        line = web_csv.line(cells)
        assert not any(starts_formula(cell) for cell in cells_seen(line)), (cells, line)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("sign", "=+-@\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b\u2212")
def test_no_blank_or_unseen_character_hides_a_sign(sign: str) -> None:
    unseen = [
        chr(code)
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in ("Zs", "Zl", "Zp", "Cc", "Cf")
    ]
    unseen += ["\u034f", "\u115f", "\u1160", "\u2800", "\u3164", "\ufe0f", "\uffa0"]

    through = [f"U+{ord(mark):04X}" for mark in unseen if f"{mark}'{sign}" not in f"{web_csv.cell(f'{mark}{sign}1+1')}"
               and not web_csv.cell(f"{mark}{sign}1+1").replace("\x00", "").lstrip('"').startswith("'")]  # fmt: skip

    assert through == []


def test_plain_texts_and_numbers_come_back_as_they_were() -> None:
    row = ["Größe", 'say "hi", now', "two\nlines", "a-b", "x = y", "-3.5", "1e-7"]
    numbers = [-1, -2.5, Decimal("-0.01"), True, None]

    text = web_csv.line(row) + web_csv.line(numbers)

    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [row, ["-1", "-2.5", "-0.01", "True", ""]]


@pytest.mark.parametrize("text", [*HOSTILE[:-1], "'tis", "it's =1", "+49 30 12", "-", "@nord", "one\n- two;\n- three"])
def test_a_cell_that_is_read_again_is_what_was_written(text: str) -> None:
    ((cell,),) = csv.reader(io.StringIO(web_csv.line([text]), newline=""))

    assert web_csv.unshielded(cell) == text


def test_a_table_takes_named_cells_only() -> None:
    lines = list(web_csv.table(("a", "b"), [{"b": 2, "c": 3}, {"a": "=1"}]))

    assert lines == ["a,b\r\n", ",2\r\n", "'=1,\r\n"]


def test_no_other_module_of_the_product_writes_csv() -> None:
    writing = re.compile(r"csv\.(writer|DictWriter)\(|\.to_csv\(")

    found = {
        str(path.relative_to(ROOT))
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if writing.search(path.read_text())
    }

    assert found == NEVER_GIVEN_OUT


def test_an_experiments_contacts_start_no_formula() -> None:
    from campaigns.experiments.assignments import Assignments, csv_lines

    count = len(HOSTILE)
    units = Assignments(
        arms=tuple(HOSTILE), segments=tuple(HOSTILE), arm=np.arange(count), cluster=np.arange(count),
        segment=np.arange(count), ripe_at=np.zeros(count), outcome=np.zeros(count),
    )  # fmt: skip

    text = "".join(csv_lines(units, HOSTILE, [None] * len(HOSTILE), at=datetime(2026, 1, 1, tzinfo=UTC)))

    assert not any(starts_formula(cell) for cell in cells_seen(text))


@pytest.mark.django_db
def test_the_audit_trail_starts_no_formula() -> None:
    from audit.browse.queries import TrailLine, trail_csv

    names = [field.name for field in dataclasses.fields(TrailLine)]
    found = [
        TrailLine(**{name: text if name not in ("id", "at") else at for name in names})  # type: ignore[arg-type]
        for text, at in ((text, datetime(2026, 1, 1, tzinfo=UTC)) for text in HOSTILE)
    ]

    assert not any(starts_formula(cell) for cell in cells_seen("".join(trail_csv(found))))
