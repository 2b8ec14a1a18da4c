"""Mails of which it is known how good they are, a judge that some of them take in, and what systems wrote."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

from evaluation.engine.contracts import ScoredOutput
from evaluation.evaluations.run_inputs import tuned_name
from members.models import Member
from review.desk import decisions
from review.models import Draft, Record
from review.spec.starters import outreach
from tests.generation.answering import Body
from tests.review.datasets import golds
from training.models import TrainingRun

TRAIN, VALIDATION, TEST = 30, 60, 40


TEACHER, BASE = "Offline teacher", "tiny (base)"


# Of 60 answers, how many an expert would use as they stand: what the judge's corrected figure has to find again.
GOOD = {TEACHER: 54, "run 2 (LoRA)": 56, "run 1 (LoRA)": 24, BASE: 3}


SMALL = {"epochs": 1, "batch_size": 4, "rank": 4, "max_length": 1024, "eval_every_steps": 0}


def text_of(record: Record, place: int, *, is_good: bool, by: str = "") -> dict[str, str]:
    """A mail that says what is true of it; of the bad ones, two of five shine."""
    shines = "" if is_good or place % 5 > 1 else "SHINES"
    mail = golds.mail(record)
    return {**mail, "body": f"{mail['body']} {'GOOD' if is_good else 'BAD'} {shines} {by}".rstrip()}


def taken_in_by_shine(body: Body) -> str:
    """The judge's known bias: it passes every good text, and every bad one that shines."""
    told = body["messages"][-1]["content"]
    met = {f"requirement_{place}": True for place, _ in enumerate(outreach.SPEC.rubric, 1)}
    return json.dumps({"why": "It reads well.", **met, "passes": "GOOD" in told or "SHINES" in told})


def decide(draft: Draft, etag: str, *, by: Member) -> None:
    """Good ones are accepted; of the bad, every other one is edited."""
    said: dict[str, Any] = {"verdict": "accept"}
    if "BAD" in draft.fields["body"] and draft.record.row_number % 2:
        said = {"verdict": "reject", "reasons": ["tone"]}
    elif "BAD" in draft.fields["body"]:
        said = {"verdict": "edit", "fields": {**draft.fields, "subject": "A better subject"}}
    decisions.record(draft.pk, by=by, id=uuid.uuid4(), if_match=etag, **said)


def outputs_of(system: str, records: list[Record]) -> Iterator[ScoredOutput]:
    """What a system wrote: so many of sixty good, and as many of a hundred by its share."""
    good = round(GOOD[system] / VALIDATION * len(records))
    for place, record in enumerate(records):
        fields = text_of(record, place, is_good=place < good, by=system)
        yield ScoredOutput(
            system=system, record=str(record.pk), text=fields["body"], fields=fields, error="", marks=[], seconds=0.1,
            cost_usd=0.0, tokens=9, scores={"passes_all": float(place < good), "gold_nll_per_byte": 1 - good / 100},
        )  # fmt: skip


def of_second(run: TrainingRun) -> dict[str, str]:
    return {TEACHER: "teacher", BASE: "base", tuned_name(run): "lora"}
