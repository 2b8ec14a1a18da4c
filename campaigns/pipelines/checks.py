"""Check written mails sentence by sentence against what they were written from: by rules first, then by a model if there is one.

A sentence that is not borne out marks the draft, so that a person reads the mail before it goes; nothing here lets one go.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef
from django.utils import timezone

from campaigns.models import Campaign, Message, Stage, StageRun
from campaigns.pipelines import inputs, records
from campaigns.pipelines.queries import stages_of
from campaigns.pipelines.values import MailValues
from campaigns.states import MessageState, StageKind, StageState
from review.drafts.intake import add_marks
from review.models import Draft
from review.sources.claim_records.harvest import passage_of
from review.spec.schema import SLOT, Facts
from review.text.checks import Mark
from review.text.grounding.passages import SENTENCE
from review.text.verification import rules
from review.text.verification.claim_task import CLAIM, PASSAGE

CHUNK = 500
CHECK = "unsupported"
MEND = "Remove the sentence, or write what the facts support."
_SHORTEST_WORDS = 4


class _Sentence(NamedTuple):
    field: str
    start: int
    end: int
    text: str


def begin(campaign: Campaign) -> int:
    """Begin the checks of up to 500 written mails; return how many stage runs. Runs inside the tick's transaction."""
    plans = {
        arm: [stage for stage in stages if stage.kind == StageKind.CHECK] for arm, stages in stages_of(campaign).items()
    }
    begun = 0
    for stage in {stage.pk: stage for stages in plans.values() for stage in stages}.values():
        arms = [arm for arm, stages in plans.items() if stage in stages]
        there = StageRun.objects.filter(message=OuterRef("pk"), stage=stage)
        mails = Message.objects.filter(
            ~Exists(there), campaign=campaign, state=MessageState.WRITTEN, arm__in=arms, draft__isnull=False
        )
        related = mails.select_related("contact__record", "draft__record", "draft__task_version").defer(
            "draft__messages"
        )
        begun += _begin(campaign, stage, list(related.order_by("created_at", "id")[:CHUNK]))
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
    said = run.reason if run.state == StageState.STOPPED else f"It could not be checked: {run.reason}"
    message = f"{run.stage.name}: {said}"[:300]
    return Mark(CHECK, place.get("field", ""), place.get("start", 0), place.get("end", 0), message, "error", MEND)


def _begin(campaign: Campaign, stage: Stage, mails: Sequence[Message]) -> int:
    runs: list[StageRun] = []
    asked: dict[UUID, tuple[StageRun, Facts]] = {}
    for mail in mails:
        if mail.draft is None:
            continue
        passage = passage_of(mail.draft.task_version.spec, mail.draft.record.facts)
        sentences = list(_sentences(mail.draft))
        if not sentences:
            runs.append(_ended(StageRun(message=mail, stage=stage, state=StageState.PASSED)))
        for part, sentence in enumerate(sentences):
            run = _by_rules(mail, stage, part, sentence, passage)
            runs.append(run)
            if run.state == StageState.WAITING:
                asked[run.pk] = (run, _facts(campaign, stage, mail, sentence.text, passage))
    _give_records(campaign, stage, asked)
    StageRun.objects.bulk_create(runs, batch_size=CHUNK)
    mark(runs)
    return len(runs)


def _by_rules(mail: Message, stage: Stage, part: int, sentence: _Sentence, passage: str) -> StageRun:
    answer = rules.verify(passage, sentence.text)
    place = {"field": sentence.field, "start": sentence.start, "end": sentence.end, "sentence": sentence.text}
    run = StageRun(message=mail, stage=stage, part=part, output=place)
    if not answer.supported:
        why = answer.unsupported[0].why if answer.unsupported else "Nothing supports it"
        run.state, run.reason = StageState.STOPPED, f"{why}."[:500]
        return _ended(run)
    if stage.task_version is None:
        run.state = StageState.PASSED
        return _ended(run)
    return run


def _ended(run: StageRun) -> StageRun:
    run.ended_at = timezone.now()
    return run


def _sentences(draft: Draft) -> Iterator[_Sentence]:
    """Sentences that tell something: no question, no greeting or farewell, none with a slot in it."""
    for field in draft.task_version.spec.output_schema:
        text = str(draft.fields.get(field.name) or "")
        for match in SENTENCE.finditer(text) if field.role == "body" else ():
            words = match[0].strip()
            if len(words.split()) >= _SHORTEST_WORDS and words[-1] in ".!" and not SLOT.search(words):
                yield _Sentence(field.name, match.start(), match.end(), words)


def _facts(campaign: Campaign, stage: Stage, mail: Message, sentence: str, passage: str) -> Facts:
    given = {CLAIM: sentence, PASSAGE: passage}
    known = MailValues(mail.contact, campaign.task_version.spec)
    spec = stage.task_version.spec if stage.task_version is not None else campaign.task_version.spec
    own = {name: source for name, source in stage.inputs.items() if source.startswith((inputs.CONTACT, inputs.RECORD))}
    try:
        return known.facts(spec, own, base=given)
    except ValueError:
        return given


def _give_records(campaign: Campaign, stage: Stage, asked: Mapping[UUID, tuple[StageRun, Facts]]) -> None:
    if not asked or stage.task_version is None:
        return
    wanted = {pk: facts for pk, (_, facts) in asked.items()}
    made, refused = records.find_or_make(
        campaign, stage, task=stage.task_version.task, spec=stage.task_version.spec, wanted=wanted
    )
    for pk, (run, _) in asked.items():
        run.record_id = made.get(pk)
        if run.record_id is None:
            run.state, run.reason = StageState.FAILED, refused.get(pk, "")[:500]
            _ended(run)
