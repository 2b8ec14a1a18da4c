"""Imports into one task at once: a company is drawn once, whichever import comes first."""

from __future__ import annotations

import json
import os
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import pytest

from members.models import Member
from review.models import Record, Task
from review.sources.imports import import_drafts, import_records
from tests.at_once import at_once
from tests.review.imports.conftest import Write
from web.errors import Refusal

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.stress]
ROUNDS = range(10 if os.environ.get("STRESS") == "1" else 1)
FIRMS = [f"Firm{number}" for number in range(12)]


def together(*acts: Callable[[], object]) -> None:
    """Run all at once; who has to wait tries again."""

    def until_done(act: Callable[[], object]) -> None:
        for _ in range(600):
            try:
                act()
            except Refusal as refusal:
                if refusal.code != "import_running":
                    raise
                time.sleep(0.05)
            else:
                return

    at_once(*(partial(until_done, act) for act in acts))


@pytest.mark.parametrize("round_", ROUNDS)
def test_a_company_in_several_files_at_once_stands_on_one_side(
    task: Task, admin: Member, write: Write, round_: int
) -> None:
    def records(name: str, firms: list[str]) -> Callable[[], object]:
        path = write("company,sector\n" + "".join(f"{firm},{name}\n" for firm in firms), f"{name}.csv")
        return lambda: import_records(task, path, by=admin)

    rows = [{"company": firm, "sector": "drafts", "subject": "A", "body": f"B {firm}"} for firm in FIRMS[3:]]
    drafts = write("\n".join(map(json.dumps, rows)), "drafts.jsonl")

    together(
        records("first", FIRMS), records("second", FIRMS[::-1]), records("third", FIRMS[4:9]),
        lambda: import_drafts(task, drafts, by=admin),
    )  # fmt: skip

    sides: dict[str, set[str]] = defaultdict(set)
    for group, split in Record.objects.values_list("group", "split"):
        sides[group].add(split)
    assert Record.objects.count() == 12 + 12 + 5 + 9
    assert {len(splits) for splits in sides.values()} == {1}
    assert set.union(*sides.values()) == {"train", "validation", "test"}
