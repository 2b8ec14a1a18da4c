"""Texts for a judge: drafts of an order, and drafts that experts have judged one by one, to hold it against."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from hashlib import sha256
from itertools import islice
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from generation.models import Call, JudgedText, Order
from generation.money.daily_sums import launch_teacher_name
from jobs.states import FINISHED
from review.desk import queues
from review.models import Draft, Task
from review.spec.schema import Fields
from review.spec.task_spec import TaskSpec
from review.spec.values import normalise_fields
from review.states import Split, Verdict

_READ_AT_ONCE = 200
_TESTED = Q(record__split=Split.TEST)


@dataclass(frozen=True)
class TextToJudge:
    """One text for a judge. See `generation.models.JudgedText`."""

    record_id: UUID
    fields: Fields
    words: int
    group: str = ""
    # The model that wrote it, as far as known: a judge must be of another family.
    model: str = ""
    draft_id: UUID | None = None
    call_id: str = ""
    expert_passes: bool | None = None
    expert_meets: dict[str, bool] = field(default_factory=dict)


def reviewed(task: Task, spec: TaskSpec, *, at_most: int, key: str, tested_only: bool = False) -> list[TextToJudge]:
    """Drafts that experts have judged, drawn by a key; those that no longer fit this specification are left out."""
    rows = _decided(task).filter(_TESTED) if tested_only else _decided(task)
    return list(_fitting(spec, _drawn(rows, key), at_most))


def drafts_of(order: Order, *, at_most: int, key: str, tested_only: bool = False) -> list[TextToJudge]:
    """Drafts of an order, judged by experts or not, drawn by a key.

    With `tested_only`, judged drafts are of the test split alone.
    """
    rows = _usable(Draft.objects.filter(task=order.task, job_id=order.job_id))
    if tested_only:
        rows = rows.filter(_TESTED | Q(gold__isnull=True))
    calls = Call.objects.filter(order=order).exclude(teacher_name="").values_list("pk", "teacher_name")
    writers, own = {str(pk): name for pk, name in calls}, launch_teacher_name(order)
    texts = _fitting(order.task_version.spec, _drawn(rows, key), at_most)
    return [replace(text, group=writers.get(text.call_id, own)) for text in texts]


def waiting(task: Task, spec: TaskSpec, *, at_most: int, key: str) -> list[TextToJudge]:
    """Drafts that wait in the order of the desk and that no judge has read or is reading, drawn by a key."""
    # One that is being read is paid for already: an order placed meanwhile must not pay for it again.
    under_way = Q(judging__order__job__isnull=False) & ~Q(judging__order__job__state__in=FINISHED)
    read = JudgedText.objects.filter(Q(passes__isnull=False) | under_way, draft=OuterRef("pk"))
    rows = _usable(queues.in_order(task).filter(queues.NOT_ASIDE, ~Exists(read)))
    return [replace(text, group="Waiting drafts") for text in _fitting(spec, _drawn(rows, key), at_most)]


def _decided(task: Task) -> QuerySet[Draft]:
    return _usable(Draft.objects.filter(task=task, gold__isnull=False, gold__decision__bulk__isnull=True))


def _usable(rows: QuerySet[Draft]) -> QuerySet[Draft]:
    # A follow-up is judged by the mails before it, which a judge is not shown.
    return rows.filter(erased_at__isnull=True, revocation__isnull=True, thread__isnull=True)


def _drawn(rows: QuerySet[Draft], key: str) -> Iterator[Draft]:
    """Order rows differently for each key: a judge held against the same few would be tuned to them."""
    ids = sorted(rows.values_list("pk", flat=True), key=lambda pk: sha256(f"{key}:{pk}".encode()).digest())
    for start in range(0, len(ids), _READ_AT_ONCE):
        page = Draft.objects.select_related("gold__decision").in_bulk(ids[start : start + _READ_AT_ONCE])
        yield from (page[pk] for pk in ids[start : start + _READ_AT_ONCE] if pk in page)


def _fitting(spec: TaskSpec, drafts: Iterable[Draft], at_most: int) -> Iterator[TextToJudge]:
    rubric = {part.name for part in spec.rubric}
    usable = (draft for draft in drafts if fits(spec, draft.fields))
    yield from (_text(draft, rubric) for draft in islice(usable, at_most))


def fits(spec: TaskSpec, fields: Fields) -> bool:
    """Tell whether a text has the shape that the task asks for: it could not be shown to a judge otherwise."""
    try:
        normalise_fields(spec.output_schema, fields)
    except ValueError:
        return False
    return True


def _text(draft: Draft, rubric: set[str]) -> TextToJudge:
    gold = getattr(draft, "gold", None)
    is_judged = gold is not None and gold.decision.bulk_id is None
    ratings: dict[str, Any] = gold.decision.ratings if gold is not None and is_judged else {}
    return TextToJudge(
        record_id=draft.record_id,
        fields=draft.fields,
        words=draft.words,
        model=draft.model,
        draft_id=draft.pk,
        call_id=draft.call_id or "",
        expert_passes=gold.verdict == Verdict.ACCEPT if gold is not None and is_judged else None,
        expert_meets={name: met for name, met in ratings.items() if name in rubric and isinstance(met, bool)},
    )
