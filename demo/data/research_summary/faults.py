"""Deliberate faults of the offline teacher when it answers from pages, each fault under its name."""

from __future__ import annotations

import random
import re
from typing import Any

from demo.data.company_pages.pages import sentences
from demo.data.company_pages.quotes import with_a_word_left_out
from demo.data.demo_task import AnsweredRecord
from demo.data.research_summary.spec import PAGES
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec

FAULTS = ("wrong_number", "wrong_quote", "inexact_quote", "off_question", "missing_claim")


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the claims: a changed number, another quote, one too many or too few."""
    claims: list[dict[str, Any]] = [dict(claim) for claim in record.fields["claims"]]
    claim = rng.choice(claims)
    fault = rng.choice(FAULTS)
    if fault == "wrong_number" and not re.search(r"\d", claim["text"]):
        fault = "wrong_quote"
    if fault == "wrong_number":
        claim["text"] = _with_another_number(claim["text"], rng)
    elif fault == "wrong_quote":
        claim["quote"] = rng.choice(_unused(record.facts, claims))
    elif fault == "inexact_quote":
        claim["quote"] = with_a_word_left_out(claim["quote"], rng)
    elif fault == "off_question":
        extra = rng.choice(_unused(record.facts, claims))
        claims.append({"text": extra, "quote": extra})
    else:
        claims.remove(claim)
    return {"claims": claims}, fault


def _with_another_number(text: str, rng: random.Random) -> str:
    number = rng.choice(list(re.finditer(r"\d+", text)))
    return f"{text[: number.start()]}{int(number[0]) + rng.randint(1, 9)}{text[number.end() :]}"


def _unused(facts: Facts, claims: list[dict[str, Any]]) -> list[str]:
    """Sentences of the pages that no claim quotes."""
    told = [line for name in PAGES for line in sentences(facts.get(name, ""))]
    quoted = {claim["quote"] for claim in claims}
    return [line for line in told if line and line not in quoted]
