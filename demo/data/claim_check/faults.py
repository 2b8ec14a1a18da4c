"""Deliberate faults of the offline teacher when it checks a claim, each fault under its name."""

from __future__ import annotations

import random

from demo.data.company_pages.pages import sentences
from demo.data.company_pages.quotes import with_a_word_left_out
from demo.data.demo_task import AnsweredRecord
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec

FAULTS = ("wrong_verdict", "wrong_quote", "inexact_quote", "no_quote")


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into an answer: the other verdict, or another quote than the one that settles the claim."""
    supported, quote = record.fields["supported"], record.fields["quote"]
    fault = rng.choice(FAULTS if quote else FAULTS[:2])
    if fault == "wrong_verdict":
        return {"supported": not supported, "quote": quote}, fault
    if fault == "wrong_quote":
        others = [line for line in sentences(record.facts["passage"]) if line not in quote]
        return {"supported": supported, "quote": rng.choice(others)}, fault
    spoilt = with_a_word_left_out(quote, rng) if fault == "inexact_quote" else ""
    return {"supported": supported, "quote": spoilt}, fault
