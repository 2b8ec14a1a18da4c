"""Check written mails, sentence by sentence, against what they were written from: by rules, then by a model if any.

A sentence that is not borne out marks the draft, so that a person reads the mail before it goes; nothing here lets one
go.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef

from campaigns.models import Campaign, Message, Stage, StageRun
from campaigns.pipelines import claims
from campaigns.pipelines.claims import Claim
from campaigns.pipelines.queries import runs_of, stages_of
from campaigns.pipelines.values import MailValues, outputs_of
from campaigns.states import MessageState, StageKind, StageState
from review.drafts.intake import add_marks
from review.models import Draft
from review.sources.claim_records.make import passage_of
from review.spec.schema import SLOT
from review.text.checks import Mark
from review.text.grounding.passages import SENTENCE

CHUNK = 500
CHECK = "unsupported"
MEND = "Remove the sentence, or write what the facts support."
_SHORTEST_WORDS = 4


def begin(campaign: Campaign) -> int:
    """Begin the checks of up to 500 written mails; return how many stage runs. Runs inside the tick's transaction."""
    arms_by_stage: dict[Stage, list[UUID]] = defaultdict(list)
    for arm, stages in stages_of(campaign).items():
        for stage in stages:
            if stage.kind == StageKind.CHECK:
                arms_by_stage[stage].append(arm)
    begun = 0
    for stage, arms in arms_by_stage.items():
        there = StageRun.objects.filter(message=OuterRef("pk"), stage=stage)
        mails = Message.objects.filter(
            ~Exists(there), campaign=campaign, state=MessageState.WRITTEN, arm__in=arms, draft__isnull=False
        )
        related = mails.select_related("contact__record", "draft__record", "draft__task_version").defer(
            "draft__messages"
        )
        begun += _begin(campaign, stage, related.order_by("created_at", "id")[:CHUNK])
    return begun


def mark(runs: Iterable[StageRun]) -> None:
    """Mark the drafts of mails of which a sentence is not borne out, or could not be looked at."""
    bad = [run for run in runs if run.state in (StageState.STOPPED, StageState.FAILED)]
    mails = Message.objects.in_bulk([run.message_id for run in bad])
    marks: dict[UUID, list[Mapping[str, Any]]] = {}
    for run in bad:
        draft_id = mails[run.message_id].draft_id
        if draft_id is not None:
            marks.setdefault(draft_id, []).append(_mark_of(run).as_json())
    add_marks(marks)


def _mark_of(run: StageRun) -> Mark:
    place = run.output
    reason = run.reason if run.state == StageState.STOPPED else f"It could not be checked: {run.reason}"
    message = f"{run.stage.name}: {reason}"[:300]
    return Mark(CHECK, place.get("field", ""), place.get("start", 0), place.get("end", 0), message, "error", MEND)


def _begin(campaign: Campaign, stage: Stage, mails: Iterable[Message]) -> int:
    spec, checked = campaign.task_version.spec, list(mails)
    outputs = _outputs(campaign, checked) if stage.inputs else {}
    sentences = [
        (mail, MailValues(mail.contact, spec, outputs.get(mail.enrolment_id, {})), list(_sentences(mail.draft)))
        for mail in checked
        if mail.draft is not None
    ]
    runs = claims.begin(campaign, stage, sentences, refused=StageState.FAILED)
    mark(runs)
    return len(runs)


def _outputs(campaign: Campaign, mails: Sequence[Message]) -> dict[UUID, dict[str, dict[str, Any]]]:
    """Return, by enrolment, what stages passed on of the last mail they prepared: one before a follow-up's own."""
    arms = {mail.enrolment_id: mail.arm_id for mail in mails if mail.arm_id is not None}
    prepared = Message.objects.filter(enrolment__in=arms).order_by("step__number").values_list("pk", "enrolment_id")
    enrolments = dict(prepared)
    stages, runs = stages_of(campaign), runs_of(enrolments)
    outputs: dict[UUID, dict[str, dict[str, Any]]] = {}
    for pk, enrolment in enrolments.items():
        before = [stage for stage in stages.get(arms[enrolment], []) if stage.kind != StageKind.CHECK]
        if {run.stage_id for run in runs[pk]} & {stage.pk for stage in before}:
            outputs[enrolment] = outputs_of(before, runs[pk])
    return outputs


def _sentences(draft: Draft) -> Iterator[Claim]:
    """Sentences that tell something: no question, no greeting or farewell, none with a slot in it."""
    passage = passage_of(draft.task_version.spec, draft.record.facts)
    for field in draft.task_version.spec.output_schema:
        text = str(draft.fields.get(field.name) or "")
        for match in SENTENCE.finditer(text) if field.role == "body" else ():
            words = match[0].strip()
            if len(words.split()) >= _SHORTEST_WORDS and words[-1] in ".!" and not SLOT.search(words):
                place = {"field": field.name, "start": match.start(), "end": match.end(), "sentence": words}
                yield Claim(words, passage, place, claims.objection(passage, words))
