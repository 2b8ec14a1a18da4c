"""Look for contradictions and likely label errors among golds of tickets: seconds, processor seconds and what was found.

`python -m benchmarks.doubtful [ROWS]`. Tickets of about 120 words whose category their sentences tell; one label in 53 is
wrong. Last line: JSON; `found` is the share of planted errors that is doubted, `right` the share of doubts that is planted.
"""

from __future__ import annotations

import json
import sys
from typing import Any

from benchmarks.freezing import clocked, judged_task
from demo.scratch import prepare

WRONG_IN, WRONG = 53, 7
CATEGORIES = ("billing", "bug", "how_to", "access", "other")


def main(rows: int) -> None:
    prepare()
    print(json.dumps({"rows": rows, **measure(rows)}))


def measure(rows: int) -> dict[str, Any]:
    from members.models import Member
    from review.datasets import doubtful
    from review.datasets.dataset_filters import DatasetFilters

    admin = Member.objects.create(username="bench", is_superuser=True)
    task = judged_task(rows, admin, "ticket-triage", ticket)
    # All doubts, not those of a page.
    doubtful.SHOWN = rows
    found, seconds = clocked(lambda: doubtful.look(task, DatasetFilters()))
    doubted = {label.draft for label in found.doubts[0].labels}
    wrong = planted(task)
    hits = len(doubted & wrong)
    return {**seconds, "found": round(hits / len(wrong), 3), "right": round(hits / max(1, len(doubted)), 3)}


def ticket(number: int, mail: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """A mail as a ticket: forty templates come in turn, each fifth of them is one category."""
    category = (number + (number % WRONG_IN == WRONG)) % len(CATEGORIES)
    facts = {"ticket": f"T-{number}", "customer": f"Company {number // 2}", "message": mail}
    return facts, {"why": "", "category": CATEGORIES[category], "urgent": False, "amount": None}


def planted(task: Any) -> set[Any]:
    """Drafts that carry a wrong label."""
    from review.models import Draft

    drafts = Draft.objects.filter(task=task).values_list("pk", "record__row_number").order_by()
    return {pk for pk, row in drafts if (row - 1) % WRONG_IN == WRONG}


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
