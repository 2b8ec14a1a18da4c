"""Makes a source of records that a teacher made up: those that fit and are like no other; for training alone."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import trail
from generation.models import Synthesis
from generation.selection.signatures import SignatureIndex
from generation.states import DropReason
from generation.synthetic.launch import MOST
from jobs.models import Job
from jobs.states import FINISHED
from members.models import Member
from review.models import Record, Source
from review.sources.imports import import_records, staging
from review.sources.imports.cell_values import read_value
from review.sources.imports.column_mapping import SPLIT_FIELD
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import Role, Split
from review.tasks import permissions
from review.tasks.queries import latest_version
from review.text.grounding.quoting import stray_quote
from review.text.near_duplicates import minhash
from review.text.search.words import folded
from web.errors import Refusal

# Records that new ones are held against, the newest of each kind, and how much of each: reading them all keeps
# everybody waiting who writes to the task.
_MOST_COMPARED, _CHARS_COMPARED = 5_000, 2_000
_READ_AT_ONCE = 200
_SHOWN_BAD = 100
_TOLD = ["added", "dropped", "bad", "problem"]
# No fact is called like this.
_SPLIT_COLUMN = "(split)"
_TEXTS, _LEAST_WORDS = frozenset({"text", "list", "document", "conversation", "object"}), 8
Written = tuple[int, Facts]


@dataclass
class _Sorted:
    """Records that were written, sorted: those that stay, by their number in the order, and those that do not."""

    kept: list[Written] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    bad: list[tuple[int, str]] = field(default_factory=list)

    def refuse(self, number: int, why: str) -> None:
        """Leave one out that is no record of the task."""
        self.dropped[DropReason.BAD] += 1
        self.bad.append((number, why))


def on_job_ended(job: Job) -> None:
    """Take in what an order for records brought, however its job ended: all of it is paid. Once more after a resume.

    Raises:
        Refusal: `import_running`; it is called again soon.
    """
    made = _locked().filter(order__job=job).first()
    if made is None:
        return
    answers = _answers(made)
    if not answers:
        made.problem = made.problem or ("" if made.dropped or made.added else "No record was written.")
    elif made.created_by is None or not permissions.may(made.created_by, made.task, Role.LEAD):
        made.problem = "No record was made: the member who ordered this no longer leads the task."
    else:
        _take(made, answers, by=made.created_by)
    made.save(update_fields=_TOLD)


@transaction.atomic
def take_in_again(synthesis: Synthesis, *, by: Member) -> Synthesis:
    """Take in answers that were kept, since they fitted no more or nobody led the task who could bring them in.

    Args:
        by: A lead of the task, as whose import it counts.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `not_ended` (409), `nothing_waits` (409), or `import_running` (409).
    """
    permissions.require(by, synthesis.task, Role.LEAD)
    synthesis = _locked().get(pk=synthesis.pk)
    if synthesis.order.job is None or synthesis.order.job.state not in FINISHED:
        raise Refusal(
            "not_ended", "The records are still being written.", status=409, hint="Try again when it is done."
        )
    answers = _answers(synthesis)
    if not answers:
        raise Refusal("nothing_waits", "No answers of this order wait to be taken in.", status=409)
    before = synthesis.added
    _take(synthesis, answers, by=by)
    synthesis.save(update_fields=_TOLD)
    trail.record(
        "synthetic_records_taken_in",
        by=by,
        about=synthesis.order,
        task=synthesis.task.slug,
        added=synthesis.added - before,
    )
    return synthesis


def _locked() -> QuerySet[Synthesis]:
    rows = Synthesis.objects.select_for_update(of=("self",))
    return rows.select_related("order__teacher", "order__job", "task", "created_by")


def _answers(synthesis: Synthesis) -> list[tuple[int, dict[str, Any]]]:
    rows = synthesis.order.kept_answers().values_list("position", "fields")
    return [(position, fields) for position, fields in rows if fields]


def _take(synthesis: Synthesis, answers: Sequence[tuple[int, Mapping[str, Any]]], *, by: Member) -> None:
    """Take in what fits; answers of which none fits any more are kept. Locks out other imports into the task."""
    staging.lock_task(synthesis.task)
    version = latest_version(synthesis.task)
    sorted_records = _sort(synthesis, version.spec, _written(synthesis, answers))
    if not sorted_records.kept and not synthesis.added and version.pk != synthesis.order.task_version_id:
        synthesis.problem = (
            f"No record fits version {version.number} of the task: its facts have changed since this was ordered."
        )
        return
    if sorted_records.kept:
        _import(synthesis, version.spec, sorted_records, by)
    synthesis.problem = "" if synthesis.added else "None of the records that were written could stay."
    synthesis.dropped = dict(Counter(synthesis.dropped) + sorted_records.dropped)
    synthesis.bad = [*synthesis.bad, *([number, why] for number, why in sorted_records.bad)][:_SHOWN_BAD]
    # They stand in the source now, where they can be erased.
    synthesis.order.kept_answers().update(fields=None)


def _written(synthesis: Synthesis, answers: Sequence[tuple[int, Mapping[str, Any]]]) -> Iterator[tuple[int, Any]]:
    """Records by their number in the order; a call that wrote more than it was asked for is cut."""
    for position, answer in answers:
        first = position * synthesis.per_call
        count = min(synthesis.per_call, synthesis.count - first)
        records = answer.get("records")
        for place, written in enumerate(records[:count] if isinstance(records, list) else []):
            yield first + place + 1, written


def _sort(synthesis: Synthesis, spec: TaskSpec, records: Iterator[tuple[int, Any]]) -> _Sorted:
    sorted_records, index = _Sorted(), _Seen(synthesis, spec)
    for number, values in records:
        try:
            facts = _read(spec, values)
        except ValueError as error:
            sorted_records.refuse(number, str(error))
            continue
        if reason := index.like(number, facts):
            sorted_records.dropped[reason] += 1
        else:
            sorted_records.kept.append((number, facts))
    return sorted_records


def _read(spec: TaskSpec, values: object) -> Facts:
    """Raise ValueError if it is no object, a fact does not fit the task, or a required one is missing."""
    if not isinstance(values, dict):
        raise ValueError("it is not an object")
    facts: Facts = {}
    for fact in spec.input_schema:
        try:
            value = read_value(fact, values.get(fact.name))
        except ValueError as error:
            raise ValueError(f"'{fact.name}' {error}") from None
        if value not in (None, [], {}):
            facts[fact.name] = value
        elif fact.required:
            raise ValueError(f"'{fact.name}' is empty; it is required")
    if not facts:
        raise ValueError("it is empty")
    if stray := stray_quote(spec.input_schema, facts):
        raise ValueError(f"'{stray[0]}' {stray[1]}")
    return facts


class _Seen:
    """Records of the task, and those that were kept of an order, by what they say."""

    def __init__(self, synthesis: Synthesis, spec: TaskSpec) -> None:
        self._spec = spec
        rows = Record.objects.filter(task=synthesis.task, erased_at__isnull=True).order_by("-created_at")
        self._texts = dict[str, str]()
        for reason, some in (
            (DropReason.HELD_OUT, rows.exclude(split=Split.TRAIN)),
            (DropReason.KNOWN, rows.filter(split=Split.TRAIN)),
        ):
            newest = some.values_list("pk", "facts")[:_MOST_COMPARED]
            for pk, facts in newest.iterator(chunk_size=_READ_AT_ONCE):
                self._texts[f"{reason.value} {pk}"] = text_of(spec, facts)
        self._index = SignatureIndex(at_most=2 * _MOST_COMPARED + MOST)
        self._add(list(self._texts))

    def like(self, number: int, facts: Facts) -> DropReason | None:
        """Return the kind of record this one is nearly the same as; None where it is new, and known from then on."""
        key, text = f"{DropReason.REPEATED.value} {number}", text_of(self._spec, facts)
        twin = self._index.twin(text, but=key, text_of=self._texts.get)
        if twin is not None:
            return DropReason(twin.key.split(" ")[0])
        self._texts[key] = text
        self._add([key])
        return None

    def _add(self, keys: Sequence[str]) -> None:
        hashes = minhash.signatures([folded(self._texts[key]) for key in keys])
        self._index.add((key, raw.tobytes()) for key, raw in zip(keys, hashes, strict=True) if raw.any())


def text_of(spec: TaskSpec, facts: Facts) -> str:
    """Return what a record is compared by: the beginning of its texts, for another name alone makes no new record.

    All of it where they are short.
    """
    names = [fact.name for fact in spec.input_schema if not fact.role and fact.type in _TEXTS]
    text = _said([facts.get(name, "") for name in names])
    if len(text.split()) < _LEAST_WORDS:
        text = _said([fact for _, fact in sorted(facts.items())])
    return text[:_CHARS_COMPARED]


def _said(value: object) -> str:
    if isinstance(value, dict):
        return _said([part for _, part in sorted(value.items())])
    return "\n".join(map(_said, value)) if isinstance(value, list) else str(value)


def _import(synthesis: Synthesis, spec: TaskSpec, sorted_records: _Sorted, by: Member) -> None:
    names = [fact.name for fact in spec.input_schema]
    lines = (
        {name: facts.get(name) for name in names} | {_SPLIT_COLUMN: Split.TRAIN.value}
        for _, facts in sorted_records.kept
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "synthetic.jsonl"
        path.write_text("".join(f"{json.dumps(line)}\n" for line in lines), encoding="utf-8")
        result = import_records(
            synthesis.task,
            path,
            by=by,
            filename=path.name,
            name=f"Synthetic records {synthesis.number}",
            provenance=f"Made up by {synthesis.order.teacher.name}, {timezone.localdate().isoformat()}"[:200],
            skip_bad=True,
            mapping={**{name: name for name in names}, _SPLIT_COLUMN: SPLIT_FIELD},
            synthetic_job=synthesis.order.job_id,
        )
    if not result.rows_added:
        Source.objects.filter(pk=result.source.pk, synthetic_job=synthesis.order.job_id, rows_added=0).delete()
    synthesis.added += result.rows_added
    sorted_records.dropped[DropReason.KNOWN] += result.rows_known
    sorted_records.dropped[DropReason.BAD] += result.rows_bad
    sorted_records.bad += [(sorted_records.kept[error.row - 1][0], error.reason) for error in result.errors]
