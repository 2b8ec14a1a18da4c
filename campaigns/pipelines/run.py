"""Take mails through the stages before their writing: begin the next stage of each, and take what came of the last.

Each function is one transaction under the campaign's row lock, from what the rows say: after a crash the next tick
finds either all of it or nothing. Orders are placed by `ask`. A mail that a stage does not let pass is stopped, with
the stage and the value as its reason; one whose stage could not be asked fails, and may be asked for again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone

from campaigns.models import Campaign, Message, Stage, StageRun
from campaigns.pipelines import claims, inputs, queries, records, values
from campaigns.pipelines.answers import stopped_by
from campaigns.pipelines.claims import Claim
from campaigns.pipelines.values import MailValues
from campaigns.states import MessageState, StageKind, StageState, StopReason
from review.models import TaskVersion
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.text.verification.claim_task import CLAIM, PASSAGE
from web.db.chunks import chunked

CHUNK = 500
PROBLEM_CHARS = 300
NO_CLAIM = "There was no claim to verify."
NO_WORDS = "It has no words to rest on"


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


def prepare_again(messages: Sequence[UUID]) -> set[UUID]:
    """Set failed stages of these mails back to waiting, and return the mails; one without a record begins anew.

    What was paid for is kept on its order, and an answer that came stays.
    """
    mails: set[UUID] = set()
    for chunk in chunked(messages, CHUNK):
        failed = StageRun.objects.filter(message__in=chunk, state=StageState.FAILED)
        mails.update(failed.values_list("message_id", flat=True))
        failed.filter(record__isnull=True, site__isnull=True).delete()
        # The order they had stays theirs by its own row.
        failed.update(state=StageState.WAITING, order=None, site=None, reason="", ended_at=None)
    return mails


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
    made = _records(batch, stage, stage.task_version, mails, lambda own: own.facts(spec, stage.inputs))
    _save([StageRun(message_id=mail, stage=stage, record_id=record) for mail, record in made.items()])
    return len(mails)


def _begin_rule(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    source = stage.condition["field"]
    value_by_mail = {mail.pk: batch.values(mail).get(source) for mail in mails}
    out = {
        pk: stopped_by(source, value)
        for pk, value in value_by_mail.items()
        if not values.passes(value, stage.condition)
    }
    _save_ended(stage, {pk: "" for pk in value_by_mail if pk not in out}, StageState.PASSED)
    _save_ended(stage, out, StageState.STOPPED)
    stop(out, stage)
    return len(mails)


def _begin_verifying(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    claims_by_mail = []
    for mail in mails:
        own = batch.values(mail)
        claims_by_mail.append((mail, own, [_claim_of(own, stage, each) for each in _claims_of(own, stage)]))
    # A claim nobody could look at is not passed on; the mail goes on without it.
    claims.begin(batch.campaign, stage, claims_by_mail, none=NO_CLAIM, refused=StageState.STOPPED)
    return len(mails)


def _claims_of(mail: MailValues, stage: Stage) -> list[dict[str, Any]]:
    place, name = inputs.list_of(stage.inputs[CLAIM])
    listed = mail.get(f"{place}.{name}")
    return [claim for claim in listed if isinstance(claim, dict)] if isinstance(listed, list) else []


def _claim_of(mail: MailValues, stage: Stage, claim: Mapping[str, Any]) -> Claim:
    group = mail.mail.facts_with_role("group") or ""
    company = mail.contact.company or str(mail.record_facts.get(group) or "")
    text, quote = (str(claim.get(stage.inputs[name].rpartition(".")[2]) or "") for name in (CLAIM, PASSAGE))
    passage = claims.passage_of(quote, company)
    objection = claims.objection(passage, text) if text.strip() and passage.strip() else NO_WORDS
    return Claim(text, passage, {"claim": claim}, objection)


def _begin_writing(batch: _Batch, stage: Stage, mails: Sequence[Message]) -> int:
    """Merge the contact's own facts, without pages, with values that stages passed on, into one record."""
    spec = batch.mail_spec
    pages = inputs.page_facts(spec)
    names = {field.name for field in spec.input_schema} - pages
    # Nothing is added and nothing to be left out: the contact's own record serves.
    as_it_is = [] if stage.inputs else [mail.pk for mail in mails if not pages & batch.values(mail).record_facts.keys()]
    _move(as_it_is, state=MessageState.PLANNED, problem="")

    def facts_of_mail(mail: MailValues) -> Facts:
        own = {name: value for name, value in mail.record_facts.items() if name in names}
        return mail.facts(spec, stage.inputs, base=own)

    rest = [mail for mail in mails if mail.pk not in set(as_it_is)]
    made = _records(batch, stage, batch.campaign.task_version, rest, facts_of_mail)
    rows = [Message(pk=pk, record_id=record, updated_at=timezone.now()) for pk, record in made.items()]
    Message.objects.filter(state=MessageState.PREPARING).bulk_update(rows, ["record"], batch_size=CHUNK)
    _move(list(made), state=MessageState.PLANNED, problem="")
    return len(mails)


_BEGIN: dict[StageKind, Callable[[_Batch, Stage, Sequence[Message]], int]] = {
    StageKind.RESEARCH: _begin_asking,
    StageKind.VERIFY: _begin_verifying,
    StageKind.QUALIFY: _begin_asking,
    StageKind.WRITE: _begin_writing,
}


def _records(
    batch: _Batch,
    stage: Stage,
    version: TaskVersion,
    mails: Sequence[Message],
    facts_of: Callable[[MailValues], Facts],
) -> dict[UUID, UUID]:
    """Return the record by mail; stops mails that lack a fact, and fails those no record can be made of."""
    facts: dict[UUID, Facts] = {}
    missing: dict[UUID, str] = {}
    for mail in mails:
        try:
            facts[mail.pk] = facts_of(batch.values(mail))
        except ValueError as error:
            missing[mail.pk] = str(error)
    made, refused = records.find_or_make(batch.campaign, stage, version, facts)
    _save_ended(stage, missing, StageState.STOPPED)
    stop(missing, stage)
    _save_ended(stage, refused, StageState.FAILED)
    fail(refused, stage)
    return made


def _save(runs: Sequence[StageRun]) -> None:
    StageRun.objects.bulk_create(runs, batch_size=CHUNK)


def _save_ended(stage: Stage, reasons: Mapping[UUID, str], state: StageState) -> None:
    _save([claims.ended(StageRun(message_id=pk, stage=stage), state, why) for pk, why in reasons.items()])


def _leave(mails: Mapping[UUID, str], stage: Stage, *, state: MessageState, **more: Any) -> int:
    by_reason: dict[str, list[UUID]] = defaultdict(list)
    for pk, reason in mails.items():
        by_reason[f"{stage.name}: {reason}"[:PROBLEM_CHARS]].append(pk)
    return sum(_move(pks, state=state, problem=problem, **more) for problem, pks in by_reason.items())


def _move(mails: Sequence[UUID], *, state: MessageState, **more: Any) -> int:
    rows = Message.objects.filter(pk__in=mails, state=MessageState.PREPARING)
    return rows.update(state=state, updated_at=timezone.now(), **more)
