"""Judge claims and sentences by rules first, and make records of those that are left to a stage's model."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from campaigns.models import Campaign, Message, Stage, StageRun
from campaigns.pipelines import records
from campaigns.pipelines.values import MailValues
from campaigns.states import StageState
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.verification import rules
from review.text.verification.claim_task import CLAIM, PASSAGE

CHUNK = 500


@dataclass(frozen=True)
class Claim:
    """A claim or sentence of a mail.

    Attributes:
        passage: What it must follow from.
        output: What its run keeps of it.
        objection: Why rules do not bear it out; empty where they do.
    """

    text: str
    passage: str
    output: dict[str, Any]
    objection: str


def objection(passage: str, text: str) -> str:
    """Return the first objection of the rules to a text; empty where its passage supports it."""
    unsupported = rules.verify(passage, text).unsupported
    return unsupported[0].why if unsupported else ""


def begin(
    campaign: Campaign,
    stage: Stage,
    claims_by_mail: Iterable[tuple[Message, MailValues, Sequence[Claim]]],
    *,
    none: str = "",
    refused: StageState,
) -> list[StageRun]:
    """Save a run for each claim; those that rules bear out wait for the stage's model, where it has one.

    Args:
        none: Note on a mail without a claim, which passes.
        refused: State of a claim that no record can be made of.
    """
    runs: list[StageRun] = []
    facts: dict[UUID, Facts] = {}
    version = stage.task_version
    for mail, values, claims in claims_by_mail:
        if not claims:
            runs.append(ended(StageRun(message=mail, stage=stage), StageState.PASSED, none))
        for part, claim in enumerate(claims):
            run = StageRun(message=mail, stage=stage, part=part, output=claim.output)
            runs.append(run)
            if claim.objection:
                ended(run, StageState.STOPPED, f"{claim.objection}.")
            elif version is None:
                ended(run, StageState.PASSED)
            else:
                facts[run.pk] = _facts(values, stage, version.spec, claim)
    if version is not None:
        made, reasons = records.find_or_make(campaign, stage, version, facts)
        for run in (run for run in runs if run.pk in facts):
            run.record_id = made.get(run.pk)
            if run.record_id is None:
                ended(run, refused, reasons.get(run.pk, ""))
    StageRun.objects.bulk_create(runs, batch_size=CHUNK)
    return runs


def ended(run: StageRun, state: StageState, reason: str = "") -> StageRun:
    """Return the run, ended now in this state; saves nothing."""
    run.state, run.reason, run.ended_at = state, reason[:500], timezone.now()
    return run


def _facts(values: MailValues, stage: Stage, spec: TaskSpec, claim: Claim) -> Facts:
    own: Facts = {CLAIM: claim.text, PASSAGE: claim.passage}
    others = {name: source for name, source in stage.inputs.items() if name not in own}
    try:
        return values.facts(spec, others, base=own)
    except ValueError:
        # What is missing beside the claim makes no difference to whether its passage bears it out.
        return own


_FIRST_LETTER: Final = re.compile(r"[^\W\d_]")
# Words that stand for the company at the beginning of a sentence.
_STANDS_FOR_IT: Final = re.compile(r"\W*(?:It|Its|The (?:company|firm|group|business))\b")
# The site speaks of itself.
_FIRST_PERSON: Final = re.compile(r"\b(?:[Ww]e|[Oo]ur|us)\b")
_COMPANY_CHARS: Final = 200


def passage_of(quote: str, company: str) -> str:
    """Say the company before a quote that speaks of it without its name.

    A quote that begins with a name or another subject stays as it is: what it says of somebody else is not the
    company's.

    Args:
        company: Whose page it is; empty where nobody knows.
    """
    name = " ".join(company.split())[:_COMPANY_CHARS]
    if not name or name.casefold() in quote.casefold():
        return quote
    return f"{name}: {quote}" if _speaks_of_it(quote) else quote


def _speaks_of_it(quote: str) -> bool:
    """Recognize quotes that begin mid-sentence, with a word that stands for the company, or in its own voice."""
    first = _FIRST_LETTER.search(quote)
    if first is not None and first[0].islower():
        return True
    return bool(_STANDS_FOR_IT.match(quote) or _FIRST_PERSON.search(quote))
