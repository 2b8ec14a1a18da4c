"""Inputs of an evaluation: held-out records, golds, the teacher, and texts that exist already."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import islice
from typing import Any
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Count

from evaluation.engine.contracts import SCORING_VERSION
from evaluation.models import Evaluation, EvaluationOutput
from evaluation.states import SystemKind
from generation.engine.contracts import TeacherSpec
from generation.models import Call, Order, Teacher
from generation.states import CallState, Purpose
from jobs.states import FINISHED, JobState
from review.datasets import queries
from review.models import DatasetRow, DatasetVersion, Record, Task, TaskVersion
from review.spec import prompting
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from review.states import Split
from training.inputs import tuning_data
from training.models import Student
from web.db.chunks import chunked

CHUNK = 500
MAX_COMPARABLE = 4
EVALUATIONS_CONSIDERED = 50
# What of a teacher decides what it writes.
DECIDES_TEXTS = ("provider", "model", "base_url", "parameters", "answers")


def held_out(task: Task, split: Split, *, limit: int) -> list[UUID]:
    """Records of a split, whether or not anybody judged a draft for them; at most `limit`, always the same ones."""
    records = Record.objects.filter(task=task, split=split, erased_at__isnull=True).order_by("content_hash")
    return list(records.values_list("pk", flat=True)[:limit])


def facts_of(record_ids: Sequence[str]) -> list[dict[str, Any]]:
    """Records with their facts and companies, in the order of the ids; a record that is gone is left out."""
    by_id: dict[str, Any] = {}
    for chunk in chunked(record_ids, CHUNK):
        rows = Record.objects.filter(pk__in=chunk).values_list("pk", "facts", "group")
        by_id.update((str(pk), {"id": str(pk), "facts": facts, "company": group}) for pk, facts, group in rows)
    return [by_id[pk] for pk in record_ids if pk in by_id]


def golds_of(version: DatasetVersion, record_ids: Sequence[str], *, split: Split) -> list[dict[str, str]]:
    """Return what experts let stand for these records, from a split's file of the frozen version."""
    record_set = set(record_ids)
    return [gold for gold in first_mail_golds(version, split) if gold["record"] in record_set]


def first_mail_golds(version: DatasetVersion, split: Split) -> Iterator[dict[str, str]]:
    """Yield the golds of a split's file with their records, except follow-ups: a scored system is given facts alone.

    A gold that the version's runs cannot read is left out: it was judged under another output schema.
    """
    spec = tuning_data.taught_by(version)
    return (gold for gold in _first_mails(version, split) if _is_read(spec, gold))


def unread_golds(version: DatasetVersion, record_ids: Sequence[str], *, split: Split) -> int:
    """Count the golds of these records that were judged under another output schema."""
    spec, record_set = tuning_data.taught_by(version), set(record_ids)
    golds = (gold for gold in _first_mails(version, split) if gold["record"] in record_set)
    return sum(not _is_read(spec, gold) for gold in golds)


def _is_read(spec: TaskSpec, gold: dict[str, str]) -> bool:
    try:
        prompting.parse(spec, gold["completion"])
    except prompting.CompletionError:
        return False
    return True


def _first_mails(version: DatasetVersion, split: Split) -> Iterator[dict[str, str]]:
    file = queries.file_of(version, split, "sft")
    if file is None:
        return
    with default_storage.open(file.path, "rb") as opened:
        # One iterator: a stored file is read from its start for each new one.
        lines = iter(opened)
        while rows := [json.loads(line) for line in islice(lines, CHUNK)]:
            # A copy of a row, which a mail's outcome weighs, has a number behind its id.
            rows = [row for row in rows if ":" not in row["id"]]
            follow_ups = queries.follow_ups(row["id"] for row in rows)
            for row in rows:
                if row["id"] not in follow_ups:
                    record = json.loads(row["meta"])["record"]
                    yield {"record": record, "completion": row["completion"][0]["content"]}


def trained_on(version: DatasetVersion) -> Iterator[tuple[Facts, str, str]]:
    """Facts, gold and company of each record that was trained on; an erased record is left out."""
    golds = first_mail_golds(version, Split.TRAIN)
    while chunk := list(islice(golds, CHUNK)):
        records = {record["id"]: record for record in facts_of([gold["record"] for gold in chunk])}
        for gold in chunk:
            if record := records.get(gold["record"]):
                yield record["facts"], gold["completion"], record["company"]


def teacher_of(version: DatasetVersion) -> Teacher | None:
    """The teacher, still in use, that wrote most of the texts of a dataset version."""
    labels = (
        DatasetRow.objects.filter(version=version)
        .exclude(draft__teacher="")
        .values_list("draft__teacher")
        .annotate(n=Count("pk"))
        .order_by("-n")
    )
    teachers = {teacher.label: teacher for teacher in Teacher.objects.filter(is_active=True).order_by("created_at")}
    return next((teachers[label] for label, _ in labels if label in teachers), None)


def earlier_order(teacher: Teacher, version: TaskVersion, record_ids: list[str], *, most_usd: Decimal) -> Order | None:
    """An order of the teacher, as it is now, with all of these prompts: its texts are read again, not paid again.

    Args:
        most_usd: What a new order may cost. One that less money cut short is no such order.
    """
    orders = Order.objects.filter(teacher=teacher, task_version=version, purpose=Purpose.EVALUATION)
    for order in orders.select_related("job").order_by("-created_at"):
        if (
            set(record_ids) <= set(order.record_ids or ())
            and order.job
            and JobState(order.job.state) not in (FINISHED - {JobState.SUCCEEDED})
            and not (order.is_cut_short and order.reserved_usd < most_usd)
            and _asked_as_now(order, teacher)
        ):
            return order
    return None


def _asked_as_now(order: Order, teacher: Teacher) -> bool:
    asked = TeacherSpec.model_validate(order.teacher_spec)
    return all(getattr(asked, name) == getattr(teacher, name) for name in DECIDES_TEXTS)


def teacher_outputs(order: Order, *, names: set[str]) -> list[dict[str, Any]]:
    """Return what the teacher wrote of these fields, one output a record, a failure as an output without any.

    A flawed answer and its repair are one output: the draft, or else the last failure, with time and cost of both.
    """
    by_record: dict[UUID | None, list[Call]] = defaultdict(list)
    ended = Call.objects.filter(order=order, state__in=(CallState.ANSWERED, CallState.FAILED))
    for call in ended.order_by("position", "is_repair"):
        by_record[call.record_id].append(call)
    written = []
    for record, calls in by_record.items():
        counted = next((call for call in calls if call.state == CallState.ANSWERED), calls[-1])
        written.append(
            {
                "record": str(record),
                "fields": _only(counted.fields, names),
                "error": "" if counted.fields is not None else (counted.error_message or counted.error_code)[:300],
                "seconds": sum(call.latency_s for call in calls),
                "cost_usd": float(sum(call.cost_usd for call in calls)),
                "tokens": counted.output_tokens,
            }
        )
    return written


def _only(fields: Fields | None, names: set[str]) -> Fields | None:
    return None if fields is None else {name: value for name, value in fields.items() if name in names}


def comparable_evaluations(evaluation: Evaluation) -> list[Evaluation]:
    """Finished evaluations of other runs on the same dataset version and records, newest first, one a run."""
    by_run: dict[UUID, Evaluation] = {}
    others = Evaluation.objects.filter(
        dataset_version=evaluation.dataset_version,
        task_version=evaluation.task_version,
        records_hash=evaluation.records_hash,
    ).exclude(run=evaluation.run)
    for other in others.exclude(summary={}).select_related("run__student").order_by("-created_at"):
        if _is_measured_alike(other):
            by_run.setdefault(other.run_id, other)
    return list(by_run.values())[:MAX_COMPARABLE]


def base_of(evaluation: Evaluation, student: Student, *, system: str) -> Evaluation | None:
    """An earlier evaluation in which the same base, asked in the same way, wrote for the same records."""
    others = Evaluation.objects.filter(
        run__student=student,
        task_version=evaluation.task_version,
        records_hash=evaluation.records_hash,
        dataset_version=evaluation.dataset_version,
    ).exclude(pk=evaluation.pk)
    newest = others.exclude(summary={}).order_by("-created_at")[:EVALUATIONS_CONSIDERED]
    return next((each for each in newest if _is_measured_alike(each) and system in each.summary["systems"]), None)


def _is_measured_alike(evaluation: Evaluation) -> bool:
    """Compare the way of asking and scoring with the current one: only then may its texts stand beside new ones."""
    return bool(evaluation.summary.get("measured_as", 1) == SCORING_VERSION)


def written_by(evaluation: Evaluation, kind: SystemKind, *, system: str) -> dict[str, Any] | None:
    """Texts of one system of a finished evaluation, with the scores that only the model itself could tell."""
    rows = EvaluationOutput.objects.filter(evaluation=evaluation, kind=kind, system=system).order_by("record_id")
    outputs = [
        {
            "record": str(row.record_id),
            "fields": row.fields,
            "text": "" if row.fields else row.text,
            "error": row.error,
            "seconds": row.seconds,
            "cost_usd": row.cost_usd,
            "tokens": row.tokens,
            "scores": {name: row.scores[name] for name in ("gold_nll_per_byte",) if name in row.scores},
        }
        for row in rows
    ]
    if not outputs:
        return None
    general = evaluation.summary.get("general_nll_per_byte", {}).get(system)
    passages = evaluation.summary.get("general_passages", {}).get(system, [])
    return {
        "name": system,
        "method": str(kind),
        "outputs": outputs,
        "general_nll_per_byte": general,
        "general_passages": passages,
    }
