"""Documents are whole: each table has a head, each section a text, and each paragraph stands once."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_tables_have_heads_and_sections_have_texts(document):
    lines = re.sub(r"^```.*?^```", "…", document.read_text(), flags=re.MULTILINE | re.DOTALL).splitlines()
    filled = [line for line in lines if line.strip()]

    first_rows = [n for n, line in enumerate(lines) if line.startswith("|") and not lines[n - 1].startswith("|")]
    headless = [lines[n] for n in first_rows if is_rule(lines[n]) or not is_rule(lines[n + 1])]
    empty = [line for line, below in pairwise([*filled, "# end"]) if 0 < level(below) <= level(line)]

    assert (headless, empty) == ([], [])


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_no_paragraph_or_table_stands_twice_on_a_page(document):
    counts = Counter(document.read_text().strip().split("\n\n"))

    assert [block for block, count in counts.items() if count > 1] == []


def is_rule(line: str) -> bool:
    return re.fullmatch(r"\|( ?:?-+:? ?\|)+", line) is not None


def level(line: str) -> int:
    """Depth of a heading; 0 for any other line."""
    return len(line) - len(line.lstrip("#")) if re.match("#+ ", line) else 0
