"""Take mails through the stages before their writing: begin the next stage of each, and take what came of the last.

Each function is one transaction under the campaign's row lock, from what the rows say: after a crash the next tick finds
either all of it or nothing. Orders are placed by `ask`. A mail that a stage does not let pass is stopped, with the stage
and the value as its reason; one whose stage could not be asked fails, and may be asked for again.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from campaigns.models import Campaign, Message, Stage, StageRun
from campaigns.pipelines import inputs, queries, records, values
from campaigns.pipelines.answers import stopped_by
from campaigns.pipelines.values import MailValues, MissingValueError
from campaigns.states import MessageState, StageKind, StageState, StopReason
from review.models import Task
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.verification import rules
from review.text.verification.claim_task import CLAIM, PASSAGE

CHUNK = 500
PROBLEM_CHARS = 300
NO_CLAIM = "There was no claim to verify."


def begin(campaign: Campaign) -> int:
    """Begin the next stage of up to 500 mails that wait for none; count them. Runs inside the tick's transaction."""
    ready = queries.ready(campaign).select_related("contact__record").order_by("created_at", "id")
    mails = list(ready[:CHUNK])
    if not mails:
        return 0
    batch = _Batch(campaign, mails)
    groups: dict[UUID, list[Message]] = defaultdict(list)
    stages: dict[UUID, Stage] = {}
    for mail in mails:
        stage = batch.next_stage(mail)
        stages[stage.pk] = stage
        groups[stage.pk].append(mail)
    return sum(_BEGIN[StageKind(stages[pk].kind)](batch, stages[pk], group) for pk, group in groups.items())


def stop(mails: Mapping[UUID, str], stage: Stage) -> int:
    """Stop mails that a stage did not let pass, each with its reason."""
    return _leave(mails, stage, state=MessageState.STOPPED, stop_reason=StopReason.UNQUALIFIED)


def fail(mails: Mapping[UUID, str], stage: Stage) -> int:
    """Fail mails whose stage could not be asked, each with its reason; they may be asked for again."""
    return _leave(mails, stage, state=MessageState.FAILED)


class _Batch:
    def __init__(self, campaign: Campaign, mails: Sequence[Message]) -> None:
        self.campaign = campaign
        self.mail_spec: TaskSpec = campaign.task_version.spec
        self._stages = queries.stages_of(campaign)
        self._runs = queries.runs_of([mail.pk for mail in mails])

    def next_stage(self, mail: Message) -> Stage:
        """The first stage of a mail that has not begun; the one that writes where all before it have ended."""
        begun = {run.stage_id for run in self._runs[mail.pk]}
        stages = [stage for stage in self._stages[_arm_of(mail)] if stage.kind != StageKind.CHECK]
        return next((stage for stage in stages if stage.pk not in begun), stages[-1])

    def values(self, mail: Message) -> MailValues:
        outputs = values.outputs_of(self._stages[_arm_of(mail)], self._runs[mail.pk])
        return MailValues(mail.contact, self.mail_spec, outputs)


def _arm_of(mail: Message) -> UUID:
    # Only arms with a pipeline have mails prepared, and an arm is never taken from a mail.
    if mail.arm_id is None:
        raise ValueError(f"The mail {mail.pk} is being prepared and has no arm.")
    return mail.arm_id


def _begin_asking(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    if stage.task_version is None:
        return _begin_rule(batch, stage, mails)
    spec = stage.task_version.spec
    if inputs.reads_pages(queries.shape_of(stage)):
        # `ask` has the pages read.
        _save([StageRun(message=mail, stage=stage) for mail in mails])
        return len(mails)
    facts, missing = _facts_of(mails, lambda mail: batch.values(mail).facts(spec, stage.inputs))
    made, refused = _records(batch.campaign, stage, stage.task_version.task, spec, facts)
    _save([StageRun(message_id=mail, stage=stage, record_id=record) for mail, record in made.items()])
    _save_ended(stage, missing, StageState.STOPPED)
    stop(missing, stage)
    _save_ended(stage, refused, StageState.FAILED)
    fail(refused, stage)
    return len(mails)


def _begin_rule(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    source = stage.condition["field"]
    found = {mail.pk: batch.values(mail).get(source) for mail in mails}
    out = {pk: stopped_by(source, value) for pk, value in found.items() if not values.passes(value, stage.condition)}
    passed = [pk for pk in found if pk not in out]
    _save([StageRun(message_id=pk, stage=stage, state=StageState.PASSED, ended_at=timezone.now()) for pk in passed])
    _save_ended(stage, out, StageState.STOPPED)
    stop(out, stage)
    return len(mails)


def _begin_verifying(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    """Check each claim by rules first; what they leave open goes to the model, where there is one."""
    now, runs = timezone.now(), list[StageRun]()
    asked: dict[UUID, tuple[StageRun, Facts]] = {}
    for mail in mails:
        values_of_mail = batch.values(mail)
        claims = _claims_of(values_of_mail, stage)
        if not claims:
            runs.append(StageRun(message=mail, stage=stage, state=StageState.PASSED, reason=NO_CLAIM, ended_at=now))
        for part, claim in enumerate(claims):
            passage = _passage_of(values_of_mail, stage, claim)
            run = _by_rules(mail, stage, part, claim, passage)
            runs.append(run)
            if run.state == StageState.WAITING and stage.task_version is not None:
                facts = _facts_of_claim(values_of_mail, stage, stage.task_version.spec, claim, passage)
                asked[run.pk] = (run, facts)
    if asked and stage.task_version is not None:
        wanted = {pk: facts for pk, (_, facts) in asked.items()}
        made, refused = _records(batch.campaign, stage, stage.task_version.task, stage.task_version.spec, wanted)
        for pk, (run, _) in asked.items():
            run.record_id = made.get(pk)
            if run.record_id is None:
                # A claim nobody could look at is not passed on; the mail goes on without it.
                run.state, run.reason, run.ended_at = StageState.STOPPED, refused.get(pk, "")[:500], now
    _save(runs)
    return len(mails)


def _claims_of(mail: MailValues, stage: Stage) -> list[dict[str, Any]]:
    place, name = inputs.list_of(stage.inputs[CLAIM])
    listed = mail.get(f"{place}.{name}")
    return [claim for claim in listed if isinstance(claim, dict)] if isinstance(listed, list) else []


def _part_of(claim: Mapping[str, Any], source: str) -> str:
    return str(claim.get(source.rpartition(".")[2]) or "")


def _passage_of(mail: MailValues, stage: Stage, claim: Mapping[str, Any]) -> str:
    group = mail.mail.facts_with_role("group") or ""
    company = mail.contact.company or str(mail.record_facts.get(group) or "")
    return passage_of(_part_of(claim, stage.inputs[PASSAGE]), company)


def _by_rules(mail: Message, stage: Stage, part: int, claim: dict[str, Any], passage: str) -> StageRun:
    text = _part_of(claim, stage.inputs[CLAIM])
    answer = rules.verify(passage, text) if text.strip() and passage.strip() else None
    run = StageRun(message=mail, stage=stage, part=part, output={"claim": claim})
    if answer is None or not answer.supported:
        why = answer.unsupported[0].why if answer is not None and answer.unsupported else "It has no words to rest on"
        run.state, run.reason, run.ended_at = StageState.STOPPED, f"{why}."[:500], timezone.now()
    elif stage.task_version is None:
        run.state, run.ended_at = StageState.PASSED, timezone.now()
    return run


def _facts_of_claim(mail: MailValues, stage: Stage, spec: TaskSpec, claim: Mapping[str, Any], passage: str) -> Facts:
    own: Facts = {CLAIM: _part_of(claim, stage.inputs[CLAIM]), PASSAGE: passage}
    others = {name: source for name, source in stage.inputs.items() if name not in own}
    try:
        return mail.facts(spec, others, base=own)
    except ValueError:
        # What is missing beside the claim makes no difference to whether its passage bears it out.
        return own


def _begin_writing(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    """Merge the contact's own facts, without pages, with values that stages passed on, into one record."""
    spec, campaign, now = batch.mail_spec, batch.campaign, timezone.now()
    pages = inputs.page_facts(spec)
    # Nothing is added and nothing to be left out: the contact's own record serves.
    as_it_is = [] if stage.inputs else [mail.pk for mail in mails if not pages & batch.values(mail).record_facts.keys()]
    _move(as_it_is, state=MessageState.PLANNED, problem="")
    rest = [mail for mail in mails if mail.pk not in set(as_it_is)]

    def facts_of_mail(mail: Message) -> Facts:
        known = batch.values(mail)
        return known.facts(spec, stage.inputs, base=records.facts_of_own(known.record_facts, spec, pages))

    facts, missing = _facts_of(rest, facts_of_mail)
    made, refused = _records(campaign, stage, campaign.task, spec, facts)
    rows = [Message(pk=pk, record_id=record, updated_at=now) for pk, record in made.items()]
    Message.objects.filter(state=MessageState.PREPARING).bulk_update(rows, ["record"], batch_size=CHUNK)
    _move(list(made), state=MessageState.PLANNED, problem="")
    _save_ended(stage, missing, StageState.STOPPED)
    stop(missing, stage)
    _save_ended(stage, refused, StageState.FAILED)
    fail(refused, stage)
    return len(mails)


_BEGIN: dict[StageKind, Callable[[_Batch, Stage, Sequence[Message]], int]] = {
    StageKind.RESEARCH: _begin_asking,
    StageKind.VERIFY: _begin_verifying,
    StageKind.QUALIFY: _begin_asking,
    StageKind.WRITE: _begin_writing,
}


def _facts_of(
    mails: Sequence[Message], facts_of: Callable[[Message], Facts]
) -> tuple[dict[UUID, Facts], dict[UUID, str]]:
    facts: dict[UUID, Facts] = {}
    missing: dict[UUID, str] = {}
    for mail in mails:
        try:
            facts[mail.pk] = facts_of(mail)
        except (MissingValueError, ValueError) as error:
            missing[mail.pk] = str(error)
    return facts, missing


def _records(
    campaign: Campaign, stage: Stage, task: Task, spec: TaskSpec, wanted: Mapping[UUID, Facts]
) -> tuple[dict[UUID, UUID], dict[UUID, str]]:
    return records.find_or_make(campaign, stage, task=task, spec=spec, wanted=wanted)


def _save(runs: Sequence[StageRun]) -> None:
    StageRun.objects.bulk_create(runs, batch_size=CHUNK)


def _save_ended(stage: Stage, reasons: Mapping[UUID, str], state: StageState) -> None:
    now = timezone.now()
    _save(
        [
            StageRun(message_id=pk, stage=stage, state=state, reason=why[:500], ended_at=now)
            for pk, why in reasons.items()
        ]
    )


def _leave(mails: Mapping[UUID, str], stage: Stage, *, state: MessageState, **more: Any) -> int:
    by_reason: dict[str, list[UUID]] = defaultdict(list)
    for pk, reason in mails.items():
        by_reason[f"{stage.name}: {reason}"[:PROBLEM_CHARS]].append(pk)
    return sum(_move(pks, state=state, problem=problem, **more) for problem, pks in by_reason.items())


def _move(mails: Sequence[UUID], *, state: MessageState, **more: Any) -> int:
    rows = Message.objects.filter(pk__in=mails, state=MessageState.PREPARING)
    return rows.update(state=state, updated_at=timezone.now(), **more)


_FIRST_LETTER: Final = re.compile(r"[^\W\d_]")
# Words that stand for the company at the beginning of a sentence.
_STANDS_FOR_IT: Final = re.compile(r"\W*(?:It|Its|The (?:company|firm|group|business))\b")
# The site speaks of itself.
_FIRST_PERSON: Final = re.compile(r"\b(?:[Ww]e|[Oo]ur|us)\b")
_COMPANY_CHARS: Final = 200


def passage_of(quote: str, company: str) -> str:
    """Say the company before a quote that speaks of it without its name.

    A quote that begins with a name or another subject stays as it is: what it says of somebody else is not the company's.

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
