"""Deliberate faults of the offline teacher in a summary, each fault under its name."""

from __future__ import annotations

import random
import re

from demo.data.demo_task import AnsweredRecord
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec

FAULTS = ("wrong_number", "left_out")
_NUMBER = re.compile(r"\d[\d,]*\d|\d")


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the summary: another number of the agreement, or a sentence that is missing."""
    fault, summary = rng.choice(FAULTS), record.fields["summary"]
    if fault == "wrong_number":
        return {"summary": _with_another_number(summary, record.facts["agreement"], rng)}, fault
    sentences = summary.split(". ")
    # The last one keeps its full stop; the summary stays long enough to be one.
    del sentences[rng.randrange(len(sentences) - 1)]
    return {"summary": ". ".join(sentences)}, fault


def _with_another_number(summary: str, agreement: str, rng: random.Random) -> str:
    """Replace one number of a summary by another one of the agreement."""
    number = rng.choice(list(_NUMBER.finditer(summary)))
    others = sorted(set(_NUMBER.findall(agreement)) - {number[0]})
    return f"{summary[: number.start()]}{rng.choice(others)}{summary[number.end() :]}"
