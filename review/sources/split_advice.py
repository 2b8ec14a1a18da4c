"""Advice for a side of the split without records or rows. Writes nothing."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from django.db.models import Count, QuerySet

from review.models import Record, Task
from review.sources.imports.company_splits import filled_sides
from review.sources.imports.split_preview import SplitPlan
from review.spec.splits import SPLITS
from review.spec.task_spec import TaskSpec
from review.states import Split
from review.tasks.queries import latest_version


@dataclass(frozen=True)
class SplitShortage:
    """Sides that no record stands on.

    Attributes:
        missing: The sides, `train`, `validation` or `test`.
        message: How many records and groups there are, and which side has none.
        hint: What helps.
    """

    missing: tuple[str, ...]
    message: str
    hint: str

    def __str__(self) -> str:
        return f"{self.message} {self.hint}"


def shortage(spec: TaskSpec, *, filled: Collection[str], records: int, groups: int) -> SplitShortage | None:
    """Say which sides are empty; None where none is, or there is no record at all.

    Args:
        spec: Names records and groups.
        filled: Sides with a record.
        groups: Of how many groups they are.
    """
    missing = tuple(split for split in SPLITS if split not in filled)
    if not missing or not records:
        return None
    is_grouped = spec.group_noun != spec.record_noun
    of = f" of {groups:,} {spec.group_noun if groups == 1 else spec.group_nouns}" if is_grouped else ""
    message = (
        f"{records:,} {spec.record_noun if records == 1 else spec.record_nouns}{of}: none is in {_listed(missing)}."
    )
    more = f"more {spec.record_nouns}{f' of other {spec.group_nouns}' if is_grouped else ''}"
    if groups >= len(SPLITS):
        return SplitShortage(missing, message, f"Import {more}: the empty splits are filled first.")
    if is_grouped:
        message += f" All rows of one {spec.group_noun} are in the same split, so you need {len(SPLITS)} or more."
        hint = (
            f"Group by another column or by none before rows come in, or import {more}: "
            "the empty splits are filled first."
        )
        return SplitShortage(missing, message, hint)
    return SplitShortage(missing, message, f"Import {more}: it takes {len(SPLITS)} at least.")


def of_plan(spec: TaskSpec, plan: SplitPlan) -> SplitShortage | None:
    """The sides that would be empty after an import, with the records and groups of its file."""
    return shortage(spec, filled=plan.filled, records=sum(plan.added.values()), groups=plan.groups)


def of_task(task: Task) -> SplitShortage | None:
    """The sides that no record of a task stands on; None where none is empty."""
    filled = filled_sides(task)
    if len(filled) == len(SPLITS):
        return None
    counts = _records(task).aggregate(records=Count("pk"), groups=Count("group", distinct=True))
    return shortage(latest_version(task).spec, filled=filled, **counts)


def of_rows(task: Task, rows: Mapping[str, int]) -> list[str]:
    """Return warnings for rows that leave a side of the split empty."""
    if not sum(rows.values()):
        return []
    lacking, empty = of_task(task), [split for split in SPLITS if not rows.get(split)]
    warnings = [str(lacking)] if lacking else []
    unjudged = [split for split in empty if not (lacking and split in lacking.missing)]
    return warnings + [unjudged_words(task, split) for split in unjudged]


def advice(task: Task, split: Split, *, otherwise: str = "") -> str:
    """Return the advice that brings a dataset rows of a split it has none of.

    Args:
        otherwise: What to say where records stand there; that they lack verdicts, where it is empty.
    """
    lacking = of_task(task)
    return str(lacking) if lacking and split in lacking.missing else otherwise or unjudged_words(task, split)


def unjudged_words(task: Task, split: str) -> str:
    """Return the advice for a side that has records, and no judged draft that counts."""
    spec, count = latest_version(task).spec, _records(task).filter(split=split).count()
    called = f"{count:,} {split} {spec.record_noun if count == 1 else spec.record_nouns}"
    return (
        f"No draft of the {called} is taken: accept or edit some of theirs, or widen the filters, "
        "and freeze the next version."
    )


def _records(task: Task) -> QuerySet[Record]:
    return Record.objects.filter(task=task).order_by()


def _listed(splits: Collection[str]) -> str:
    *first, last = splits
    return f"{', '.join(first)} or {last}" if first else last
