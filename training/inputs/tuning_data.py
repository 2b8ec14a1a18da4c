"""Contents of a frozen version for tuning: how many rows, how long they are, which prompts to sample."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

from django.core.files.storage import default_storage
from django.db.models import Max, Q, QuerySet

from review.datasets import queries
from review.models import DatasetFile, DatasetRow, DatasetVersion, Record, TaskVersion
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.states import Split
from training.models import TrainingRun

# Fewer rows than one batch of every preset teach nothing that a prompt would not.
MIN_TRAIN_ROWS: Final = 8
MIN_VALIDATION_ROWS: Final = 1
SAMPLE_PROMPTS = 3
# What rows of a format are called, and how a task comes to more of them.
ROWS_OF: Final = {
    "sft": ("rows", "Accept or edit more drafts, then freeze the next version."),
    "dpo": ("pairs", "Edit drafts, or choose the best of several, which makes pairs; then freeze the next version."),
    "kto": ("verdicts", "Accept and reject more drafts, then freeze the next version."),
}


def draw_records(
    records: Iterable[str], *, size: int, seed: int, keys: Mapping[str, str] | None = None
) -> frozenset[str]:
    """The first `size` records in an order that the seed gives; the order in which they come does not matter.

    Args:
        records: Ids of records; doubles count once.
        seed: Another seed draws another sample.
        keys: What each record is drawn by, where that is not its id.

    Raises:
        ValueError: There are fewer.
    """

    def place(record: str) -> tuple[bytes, str]:
        key = keys[record] if keys else record
        return hashlib.sha256(f"{seed}:{key}".encode()).digest(), record

    distinct = sorted(set(records), key=place)
    if len(distinct) < size:
        raise ValueError(f"{size} records are wanted and there are {len(distinct)}")
    return frozenset(distinct[:size])


@dataclass(frozen=True)
class TuningData:
    """The files of a version that a run reads, of one format."""

    train: DatasetFile
    validation: DatasetFile


def tuning_data_of(version: DatasetVersion, reads: str = "sft") -> TuningData | None:
    """Its files of a format, `sft`, `dpo` or `kto`; None while it is not frozen."""
    train = queries.file_of(version, Split.TRAIN.value, reads)
    validation = queries.file_of(version, Split.VALIDATION.value, reads)
    return TuningData(train, validation) if train and validation else None


def newest_task_version(version: DatasetVersion) -> TaskVersion:
    """The newest task version among the drafts of a version; of an empty one, the task's newest."""
    numbers = DatasetRow.objects.filter(version=version).aggregate(top=Max("draft__task_version__number"))
    versions = TaskVersion.objects.filter(task_id=version.dataset.task_id).select_related("task").order_by("-number")
    newest = versions.filter(number=numbers["top"]).first() if numbers["top"] else versions.first()
    if newest is None:
        raise LookupError(f"the task of {version} has no version")
    return newest


def taught_by(version: DatasetVersion) -> TaskSpec:
    """The task as students are taught it by a version."""
    spec: TaskSpec = newest_task_version(version).spec
    return spec.without_reasoning() if version.drops_reasoning else spec


@dataclass(frozen=True)
class RowOutline:
    """Outline of a row without its text.

    Attributes:
        characters: Its length with prompt and completion together.
        prompt_hash: SHA-256 of its prompt, hex: the same wherever the same record was imported for the same task.
        verdict: Of the gold it comes from.
        answer_characters: Length of its completion; 0 for a pair.
        decision: Id of the decision that it comes from.
        kind: Of a pair how it was found, of a labelled text what was decided; empty of a text to imitate.
    """

    id: str
    record: str
    characters: int
    prompt_hash: str = ""
    verdict: str = ""
    answer_characters: int = 0
    decision: str = ""
    kind: str = ""


def outlines(file: DatasetFile) -> tuple[RowOutline, ...]:
    """Every row of a file, in order.

    A frozen file never changes, so it is read once; its hash is what the answer is kept under.
    """
    return _outlines(file.path, file.sha256)


def draw_rows(rows: Sequence[RowOutline], *, records: int, seed: int) -> list[RowOutline]:
    """Rows of so many records, drawn by seed, in the order in which they came; samples of one seed are nested.

    Records are drawn by what they say, and not by their ids, which differ between two imports of the same ones.

    Raises:
        ValueError: They are of fewer records.
    """
    keys: dict[str, str] = {}
    for row in rows:
        keys[row.record] = min(row.prompt_hash, keys.get(row.record, row.prompt_hash))
    chosen = draw_records((row.record for row in rows), size=records, seed=seed, keys=keys)
    return [row for row in rows if row.record in chosen]


def hash_of(rows: Sequence[RowOutline]) -> str:
    """SHA-256 over the ids of rows in their order, hex."""
    return hashlib.sha256("\n".join(row.id for row in rows).encode()).hexdigest()


def tasks_that_sample(record_ids: Sequence[UUID]) -> set[UUID]:
    """Tasks whose runs may sample one of these records: it is, or was, among the first that are not erased."""
    rows = Record.everything.filter(pk__in=record_ids, split=Split.VALIDATION).values_list("task", "created_at", "pk")
    return {
        task
        for task, at, pk in rows
        if _sampled(task).filter(Q(created_at__lt=at) | Q(created_at=at, pk__lt=pk)).count() < SAMPLE_PROMPTS
    }


def _sampled(task_id: UUID) -> QuerySet[Record]:
    return Record.objects.filter(task_id=task_id, split=Split.VALIDATION, erased_at__isnull=True)


def sample_prompts(run: TrainingRun) -> list[dict[str, Any]]:
    """Prompts for sample outputs: the first validation records, rendered for the student.

    Never test records: what a person has seen a run write may move what they do to the next run.
    """
    spec, shown = run.taught, list(_sampled(run.task_id).order_by("created_at", "pk")[:SAMPLE_PROMPTS])
    names = [record.title or str(record.pk) for record in shown]
    return [
        {"id": _numbered(names, at), "messages": prompting.messages(spec, record.facts, audience="student")}
        for at, record in enumerate(shown)
    ]


def _numbered(names: Sequence[str], at: int) -> str:
    """A record's name, with a number behind those of the same name: contacts of one company often share it."""
    before = names[:at].count(names[at])
    return f"{names[at]} ({before + 1})" if before else names[at]


@lru_cache(maxsize=64)
def _outlines(path: str, sha256: str) -> tuple[RowOutline, ...]:
    with default_storage.open(path, "rb") as handle:
        rows = [json.loads(line) for line in handle]
    return tuple(map(_outline, rows))


def _outline(row: dict[str, Any]) -> RowOutline:
    meta = json.loads(row["meta"])
    answer = sum(len(message["content"]) for message in row.get("completion", ()))
    return RowOutline(
        str(row["id"]),
        str(meta["record"]),
        _length(row),
        hashlib.sha256(json.dumps(row["prompt"], sort_keys=True).encode()).hexdigest(),
        str(meta.get("verdict", "")),
        answer,
        str(meta.get("decision", "")),
        str(meta.get("kind", "")),
    )


def _length(row: dict[str, Any]) -> int:
    """Characters that a model reads for a row; a pair's prompt counts twice."""
    texts = [row[name] for name in ("completion", "chosen", "rejected") if name in row]
    of_texts = sum(len(message["content"]) for text in texts for message in text)
    return of_texts + len(texts) * sum(len(message["content"]) for message in row["prompt"])
