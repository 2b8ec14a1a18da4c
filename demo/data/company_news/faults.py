"""Deliberate faults of the offline teacher when it looks for news, each fault under its name."""

from __future__ import annotations

import random
import re

from demo.data.company_pages.quotes import with_a_word_left_out
from demo.data.demo_task import AnsweredRecord
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec

FAULTS = ("wrong_number", "inexact_quote", "missed")
_SENTENCE_END = re.compile(r"(?<=\.)\s+")


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the answer: a changed number, a quote without a word, no claim, or an old thing told as new."""
    if not record.fields["claims"]:
        old = _SENTENCE_END.split(record.facts["source_1"])[0]
        return {"claims": [{"text": old, "quote": old}]}, "old_news"
    claim, fault = dict(record.fields["claims"][0]), rng.choice(FAULTS)
    if fault == "missed":
        return {"claims": []}, fault
    numbers = list(re.finditer(r"\d+", claim["text"]))
    if fault == "wrong_number" and numbers:
        number = rng.choice(numbers)
        changed = int(number[0]) + rng.randint(1, 9)
        claim["text"] = f"{claim['text'][: number.start()]}{changed}{claim['text'][number.end() :]}"
        return {"claims": [claim]}, fault
    claim["quote"] = with_a_word_left_out(claim["quote"], rng)
    return {"claims": [claim]}, "inexact_quote"
