"""The verbs that add drafts and put them on the desk. Knows nothing of who wrote them but plain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Max

from review.drafts import renamed_labels, search_index
from review.models import Draft, Record, Task, TaskVersion
from review.spec.paths import word_count
from review.spec.prompting import Message, fields_hash
from review.spec.schema import Facts, Fields
from review.spec.values import normalise_fields
from review.states import BEHIND_THE_REST, DraftState
from review.text import checks
from web.db.chunks import chunked
from web.errors import Refusal

CHUNK = 500


@dataclass(frozen=True, slots=True)
class NewDraft:
    """One draft to be judged, with its provenance as plain values.

    `call_id` makes adding it idempotent; a draft without one is always added. One that is kept from the desk waits for
    `put_on_desk`: nobody is dealt it, and it counts as no work for reviewers.
    """

    record_id: UUID
    fields: Fields
    messages: Sequence[Message] = ()
    origin: str = "teacher"
    provenance: str = ""
    call_id: str | None = None
    teacher: str = ""
    model: str = ""
    parameters: dict[str, Any] = field(default_factory=dict)
    prompt_hash: str = ""
    input_tokens: int = 0
    output_tokens: int = 0
    cost_usd: Decimal = Decimal(0)
    latency_s: float = 0.0
    labelled_defects: Sequence[str] = ()
    # How sure a served miniature was of its own words; None of all others.
    mean_log_prob: float | None = None
    round: int = 1
    is_kept: bool = False
    # Mails the reader got before, where the draft follows them up.
    thread: Sequence[Mapping[str, str]] = ()


@transaction.atomic
def add_drafts(*, version: TaskVersion, drafts: Sequence[NewDraft], job_id: UUID | None = None) -> list[Draft]:
    """Put drafts behind those that wait, marked by the task's checks.

    A small batch is found by its words at once, a large one within seconds (see `search_index`). A draft whose
    `call_id` is known adds nothing, so that a batch may be sent again after a crash. One that gives a label which was
    renamed since goes over to the version that renamed it. The task's row is locked while positions are given out.

    Args:
        version: The task version they were written under.
        drafts: Drafts for records of the same task.
        job_id: The job that made them, if one did.

    Returns:
        The drafts that are new, in the order of the drafts.

    Raises:
        Refusal: `draft_invalid` when fields do not fit the output schema, `record_unknown` when a record is not of this
            task; nothing is added then.
    """
    task = Task.objects.select_for_update().get(pk=version.task_id)
    known_as = _records_of(task, drafts)
    known_calls = _known_calls(drafts)
    position = next_position(task)
    fresh: list[Draft] = []
    for new in drafts:
        if new.call_id is not None and new.call_id in known_calls:
            continue
        if new.call_id is not None:
            known_calls.add(new.call_id)
        draft = _draft(version, new, known_as[new.record_id][1], job_id)
        draft.queue_position = position + len(fresh)
        fresh.append(draft)
    Draft.objects.bulk_create(fresh, batch_size=CHUNK)
    search_index.add(fresh, known_as)
    renamed_labels.carry_arrived(version, fresh)
    return fresh


@transaction.atomic
def put_on_desk(drafts: Iterable[Draft]) -> int:
    """Put drafts that were kept from the desk behind those that wait, in the order given.

    A draft that is on the desk already, judged, or out of use, stays as it is, so that doing it twice, or two callers
    at once, does no harm. The row of each task is locked while positions are given out.

    Returns:
        How many drafts went to the desk.
    """
    by_task: dict[UUID, list[UUID]] = {}
    for draft in drafts:
        by_task.setdefault(draft.task_id, []).append(draft.pk)
    return sum(_place(task_id, by_task[task_id]) for task_id in sorted(by_task))


@transaction.atomic
def add_marks(marks: Mapping[UUID, Sequence[Mapping[str, Any]]]) -> dict[UUID, int]:
    """Put marks of an upper room beside those of the task's checks; one that is there already is not doubled.

    Args:
        marks: By draft, each with the keys of `review.text.checks.Mark`.

    Returns:
        By draft, how many marks it has now.
    """
    counts: dict[UUID, int] = {}
    for chunk in chunked(sorted(marks), CHUNK):
        drafts = list(Draft.objects.select_for_update().only("marks", "marks_count").filter(pk__in=chunk))
        for draft in drafts:
            for mark in map(dict, marks[draft.pk]):
                if mark not in draft.marks:
                    draft.marks.append(mark)
            draft.marks_count = len(draft.marks)
            counts[draft.pk] = draft.marks_count
        Draft.objects.bulk_update(drafts, ["marks", "marks_count"], batch_size=CHUNK)
    return counts


def _place(task_id: UUID, draft_ids: list[UUID]) -> int:
    task = Task.objects.select_for_update().get(pk=task_id)
    kept: dict[UUID, Draft] = {}
    for chunk in chunked(draft_ids, CHUNK):
        rows = (
            Draft.objects.select_for_update(of=("self",))
            .only("pk")
            .filter(pk__in=chunk, state=DraftState.KEPT, erased_at__isnull=True, revocation__isnull=True)
        )
        kept.update({row.pk: row for row in rows})
    moving = [kept[pk] for pk in dict.fromkeys(draft_ids) if pk in kept]
    for position, draft in enumerate(moving, start=next_position(task)):
        draft.state, draft.queue_position = DraftState.PENDING, position
    Draft.objects.bulk_update(moving, ["state", "queue_position"], batch_size=CHUNK)
    return len(moving)


def next_position(task: Task) -> int:
    """The place behind all that wait; what was set aside stands behind every such place."""
    waiting = Draft.objects.filter(task=task, queue_position__lt=BEHIND_THE_REST)
    return (waiting.aggregate(last=Max("queue_position"))["last"] or 0) + 1


def _records_of(task: Task, drafts: Sequence[NewDraft]) -> dict[UUID, tuple[str, Facts]]:
    record_ids = list({draft.record_id for draft in drafts})
    by_id: dict[UUID, tuple[str, Facts]] = {}
    for chunk in chunked(record_ids, CHUNK):
        # The task is compared here: asked for beside the ids, SQLite walks through all records of the task instead.
        rows = Record.objects.filter(pk__in=chunk).values_list("pk", "task_id", "title", "facts")
        by_id.update({pk: (title, facts) for pk, task_id, title, facts in rows if task_id == task.pk})
    for record_id in record_ids:
        if record_id not in by_id:
            raise Refusal("record_unknown", f"The record {record_id} is not one of the task '{task.slug}'.")
    return by_id


def _known_calls(drafts: Sequence[NewDraft]) -> set[str]:
    calls = [draft.call_id for draft in drafts if draft.call_id is not None]
    calls_present: set[str] = set()
    for chunk in chunked(calls, CHUNK):
        calls_present.update(
            call for call in Draft.objects.filter(call_id__in=chunk).values_list("call_id", flat=True) if call
        )
    return calls_present


def _draft(version: TaskVersion, draft: NewDraft, facts: Facts, job_id: UUID | None) -> Draft:
    spec = version.spec
    try:
        fields = normalise_fields(spec.output_schema, draft.fields)
    except ValueError as error:
        raise Refusal("draft_invalid", f"A draft for the record {draft.record_id} does not fit: {error}.") from error
    marks = [mark.as_json() for mark in checks.run(spec, facts, fields)]
    return Draft(
        id=uuid4(),
        task_id=version.task_id,
        task_version=version,
        record_id=draft.record_id,
        state=DraftState.KEPT if draft.is_kept else DraftState.PENDING,
        fields=fields,
        fields_hash=fields_hash(fields),
        words=word_count(fields),
        messages=list(draft.messages),
        thread=[dict(mail) for mail in draft.thread] or None,
        marks=marks,
        marks_count=len(marks),
        job_id=job_id,
        origin=draft.origin,
        provenance=draft.provenance,
        call_id=draft.call_id,
        teacher=draft.teacher,
        model=draft.model,
        parameters=draft.parameters,
        prompt_hash=draft.prompt_hash,
        input_tokens=draft.input_tokens,
        output_tokens=draft.output_tokens,
        cost_usd=draft.cost_usd,
        latency_s=draft.latency_s,
        labelled_defects=list(draft.labelled_defects),
        mean_log_prob=draft.mean_log_prob,
        round=draft.round,
    )
