"""Records of the demo are those that its recordings and its snapshot were made from."""

from __future__ import annotations

import hashlib
import json

import pytest

from demo.data.prospects import generate
from demo.data.tasks import TASKS

# Whoever changes records on purpose records again (docs/demo.md), and then changes these.
DIGESTS = {
    "ticket-routing": "f69af2b69f51ebf9",
    "reply-sorting": "48599c4c250dc331",
    "claim-check": "3ba39e06c4b0ee20",
    "company-news": "ca79549c40f17d98",
    "research-summary": "12b4e4de42c37080",
    "support-answer": "87259cbe3cdd8599",
    "prospects": "59b32c8117b10e93",
}


def _digest(records: object) -> str:
    return hashlib.sha256(json.dumps(records).encode()).hexdigest()[:16]


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.slug)
def test_a_task_draws_the_records_that_were_recorded(task) -> None:
    assert _digest([(each.facts, each.fields) for each in task.records()]) == DIGESTS[task.slug]


def test_the_mails_draw_the_companies_that_were_recorded() -> None:
    assert _digest(generate.prospects(generate.LAST_FOR_TRAINING)) == DIGESTS["prospects"]
