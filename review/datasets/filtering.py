"""The golds of a task run through the filters of a selection, with what each filter dropped.

Reads light rows only: no text. Knows filters and caps, of which caps come last; not near-duplicates, files or versions.
"""

from __future__ import annotations

import hashlib
import hmac
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, F, QuerySet, Value, When
from django.db.models.fields.json import KeyTextTransform

from review.datasets import gold_conditions
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.gold_conditions import FilterCondition
from review.models import Decision, Gold, Task
from review.spec import splits
from review.states import MACHINE, Verdict
from review.tasks.queries import latest_version

CHUNK = 2000
SHOWN = 10
_COLUMNS = (
    "id",
    "draft_id",
    "draft__record__split",
    "verdict",
    "draft__teacher",
    "draft__origin",
    "reviewer__username",
    "draft__record__group",
    "bulk_id",
    "imported_from_id",
)


@dataclass(frozen=True, slots=True)
class GoldRow:
    """A gold without its text."""

    decision: UUID
    draft: UUID
    split: str
    verdict: str
    teacher: str
    origin: str
    reviewer: str
    group: str
    is_bulk: bool
    is_imported: bool
    capped: tuple[str | None, ...] = ()


@dataclass
class FilterCount:
    """One line of the waterfall: how many golds a filter dropped, and the first few of them."""

    name: str
    label: str
    dropped: int = 0
    examples: list[UUID] = field(default_factory=list)

    def drop(self, draft: UUID) -> None:
        self.dropped += 1
        if len(self.examples) < SHOWN:
            self.examples.append(draft)


@dataclass
class FilteredGolds:
    """Outcome of one look through the golds.

    Attributes:
        rows: Those that passed, in the order of their decisions.
        over_cap: Drafts that only a cap left out.
        is_partial: Whether only the newest golds were looked at.
    """

    golds: int = 0
    rows: list[GoldRow] = field(default_factory=list)
    lines: list[FilterCount] = field(default_factory=list)
    over_cap: list[UUID] = field(default_factory=list)
    is_partial: bool = False


def apply(task: Task, filters: DatasetFilters, *, newest: int | None = None) -> FilteredGolds:
    """Run golds through the filters.

    Args:
        newest: Look at so many of the newest golds only; all when None.
    """
    steps = gold_conditions.filter_conditions(filters)
    result = FilteredGolds(lines=[FilterCount(step.name, step.label) for step in steps])
    decisions = gold_conditions.usable_golds(task, filters)
    counted = None if filters.as_of is None else gold_conditions.decision_ids(task, filters.as_of)
    if newest is not None:
        decisions, result.is_partial = _newest(task, filters, decisions, newest)
    for light, passed_all in _read(decisions, filters, steps, _outputs(task) if filters.cap_per else frozenset()):
        if counted is not None and light.decision not in counted:
            continue
        result.golds += 1
        failed = next((index for index, passed in enumerate(passed_all) if not passed), None)
        if failed is None:
            result.rows.append(light)
        else:
            result.lines[failed].drop(light.draft)
    if filters.takes_machine:
        by_machine = list(_machine_rows(task, filters))
        result.golds += len(by_machine)
        result.rows += by_machine
    return _with_caps(result, task, filters)


def _newest(
    task: Task, filters: DatasetFilters, decisions: QuerySet[Decision], newest: int
) -> tuple[QuerySet[Decision], bool]:
    """The newest decisions alone, found by an index; and whether there are older ones."""
    if filters.as_of is not None:
        newest_decisions = decisions.order_by("-created_at", "-id")
        is_more = newest_decisions[newest : newest + 1].exists()
        return (
            (Decision.objects.filter(pk__in=newest_decisions.values("pk")[:newest]), True)
            if is_more
            else (decisions, False)
        )
    latest = Gold.objects.filter(task=task).order_by("-decided_at")
    is_more = latest[newest : newest + 1].exists()
    if not is_more:
        return decisions, False
    return decisions.filter(pk__in=latest.values("decision_id")[:newest]), True


def _read(
    decisions: QuerySet[Decision], filters: DatasetFilters, steps: list[FilterCondition], outputs: frozenset[str]
) -> Iterator[tuple[GoldRow, tuple[Any, ...]]]:
    tests = {f"passes_{index}": passes(step) for index, step in enumerate(steps)}
    facts = {f"fact_{name}": _capped_by(name, outputs) for name in filters.cap_per}
    rows = decisions.annotate(**tests, **facts).order_by("created_at", "draft_id")
    # A million rows say the same few words.
    same: dict[Any, Any] = {}
    intern_value, head = same.setdefault, len(_COLUMNS)
    for values in rows.values_list(*_COLUMNS, *tests, *facts).iterator(chunk_size=CHUNK):
        decision, draft, *words, bulk, imported = values[:head]
        split, verdict, teacher, origin, reviewer, group = (intern_value(word, word) for word in words)
        passed, capped = values[head : head + len(tests)], tuple(values[head + len(tests) :])
        yield (
            GoldRow(
                decision,
                draft,
                split,
                verdict,
                teacher,
                origin,
                reviewer,
                group,
                bulk is not None,
                imported is not None,
                capped,
            ),
            passed,
        )


def _machine_rows(task: Task, filters: DatasetFilters) -> Iterator[GoldRow]:
    """Drafts that a judge accepted, as rows whose verdict is `machine`.

    In place of a decision they name the acceptance.
    """
    outputs = _outputs(task) if filters.cap_per else frozenset()
    facts = {
        f"fact_{name}": KeyTextTransform(name, F("draft__fields" if name in outputs else "draft__record__facts"))
        for name in filters.cap_per
    }
    columns = ("id", "draft_id", "draft__record__split", "draft__teacher", "draft__origin", "draft__record__group")
    rows = gold_conditions.machine_accepted(task, filters).annotate(**facts).order_by("created_at", "draft_id")
    for values in rows.values_list(*columns, *facts).iterator(chunk_size=CHUNK):
        acceptance, draft, split, teacher, origin, group, *capped = values
        yield GoldRow(acceptance, draft, split, MACHINE, teacher, origin, "", group, False, False, tuple(capped))


def _outputs(task: Task) -> frozenset[str]:
    """Names of output fields that are no facts too."""
    spec = latest_version(task).spec
    return frozenset(field.name for field in spec.output_schema) - {field.name for field in spec.input_schema}


def _capped_by(name: str, outputs: frozenset[str]) -> Case | KeyTextTransform:
    """A fact of the record, or what the gold says in an output field of that name."""
    if name not in outputs:
        return KeyTextTransform(name, F("draft__record__facts"))
    return Case(
        When(verdict=Verdict.EDIT, then=KeyTextTransform(name, F("fields"))),
        default=KeyTextTransform(name, F("draft__fields")),
    )


def passes(step: FilterCondition) -> Case:
    """Return a boolean expression: true for a decision that passes the filter."""
    return Case(When(step.condition, then=Value(True)), default=Value(False), output_field=BooleanField())


def _with_caps(result: FilteredGolds, task: Task, filters: DatasetFilters) -> FilteredGolds:
    if not filters.has_caps:
        return result
    rows = [CapKey(str(row.draft), row.group, row.capped) for row in result.rows]
    out = over_cap(rows, filters, seed=task.seed)
    line = FilterCount("cap", "Over a cap")
    for index in sorted(out):
        line.drop(result.rows[index].draft)
        result.over_cap.append(result.rows[index].draft)
    result.lines.append(line)
    result.rows = [row for index, row in enumerate(result.rows) if index not in out]
    return result


@dataclass(frozen=True, slots=True)
class CapKey:
    """Values of one row that caps are counted by.

    Attributes:
        id: Of its draft.
        values: Its values of the capped input fields, in their order; None where it has none.
    """

    id: str
    group: str
    values: tuple[str | None, ...]


def over_cap(rows: Sequence[CapKey], filters: DatasetFilters, *, seed: str) -> set[int]:
    """Indices of rows that are over a cap.

    Args:
        rows: The oldest first.
        filters: Their caps and the order in which rows are asked.
        seed: The task's secret.
    """
    if not filters.has_caps:
        return set()
    taken: Counter[tuple[str, str]] = Counter()
    out: set[int] = set()
    for index in _order(rows, filters, seed):
        places = list(_places(rows[index], filters))
        if any(taken[place] >= most for place, most in places):
            out.add(index)
        else:
            taken.update(place for place, _ in places)
    return out


def _order(rows: Sequence[CapKey], filters: DatasetFilters, seed: str) -> Iterable[int]:
    if filters.cap_order == "newest":
        return range(len(rows) - 1, -1, -1)
    drawn = [hmac.digest(seed.encode(), f"cap {row.id}".encode(), hashlib.sha256) for row in rows]
    return sorted(range(len(rows)), key=drawn.__getitem__)


def _places(row: CapKey, filters: DatasetFilters) -> Iterable[tuple[tuple[str, str], int]]:
    """The caps a row falls under; a row without the fact is under no cap of it."""
    if filters.cap_per_group is not None:
        yield ("", splits.normal_group(row.group)), filters.cap_per_group
    for (name, most), value in zip(filters.cap_per.items(), row.values, strict=True):
        if value not in (None, ""):
            yield (name, str(value).strip().casefold()), most
