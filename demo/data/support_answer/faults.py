"""Deliberate faults of the offline teacher in an answer to a customer, each fault under its name."""

from __future__ import annotations

import random
import re

from demo.data.demo_task import AnsweredRecord
from demo.data.support_answer.spec import BLAMED, GREETING, PROMISED
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec

FAULTS = ("wrong_number", "no_answer", "promise", "blame", "placeholder")
_NO_ANSWER = (
    "Please have a look at our help pages, where you will find all there is to know about it.",
    "This is a question that we get often, and there is an answer to it on our help pages.",
)


def spoil(_spec: TaskSpec, record: AnsweredRecord, rng: random.Random) -> tuple[Fields, str]:
    """Put one fault into the reply: the limit of the other plan, no answer, a promise, blame or an open slot."""
    fault = rng.choice(FAULTS)
    greeting, answer, *rest = record.fields["reply"].split("\n\n")
    if fault == "wrong_number":
        answer = _with_another_number(answer, record.facts["help_pages"], rng)
    elif fault == "no_answer":
        answer = rng.choice(_NO_ANSWER)
    elif fault == "promise":
        answer += f" For your trouble {PROMISED}."
    elif fault == "blame":
        answer += f" Next time {BLAMED} read the page first."
    else:
        greeting = greeting.replace(GREETING, "Hello [Name],")
    return {"reply": "\n\n".join((greeting, answer, *rest))}, fault


def _with_another_number(answer: str, pages: str, rng: random.Random) -> str:
    """Replace the last number of an answer by that of the other plan, or of another matter."""
    number = list(re.finditer(r"\d+", answer))[-1]
    others = sorted(set(re.findall(r"\d+", pages)) - {number[0]})
    return f"{answer[: number.start()]}{rng.choice(others)}{answer[number.end() :]}"
