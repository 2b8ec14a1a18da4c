"""Preview of a selection for its page: counts, what each filter drops, and some of the drafts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from review.datasets import reply_pairs
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.selection import PREVIEW_GOLDS, preview
from review.models import Decision, Draft, MachineAcceptance, Task
from review.sources import split_advice
from review.states import Split
from review.tasks.queries import latest_version

PAGE_ROWS = 50
_LONG = ("draft__messages", "draft__marks", "draft__record__facts")


@dataclass(frozen=True, slots=True)
class PreviewDrop:
    """One line of the waterfall.

    Attributes:
        examples: The first few, as (id, title).
    """

    label: str
    dropped: int
    left: int
    examples: list[tuple[UUID, str]]

    @property
    def drafts(self) -> list[UUID]:
        return [draft for draft, _ in self.examples]


@dataclass(frozen=True, slots=True)
class LabelBalance:
    field: str
    labels: list[tuple[str, int]]

    @property
    def rows(self) -> int:
        return sum(count for _, count in self.labels)


@dataclass(frozen=True, slots=True)
class SelectionPreview:
    """Numbers of a selection.

    Attributes:
        lines: What each filter drops, those that drop nothing left out.
        rows: How many would be frozen.
        splits: Rows by split, every split named.
        labels: Rows by label, of each field that has labels.
        has_compared: Whether near-duplicates are part of the counts.
        is_partial: Whether only the newest golds were counted.
        counted_golds: How many those are at most.
        contradictions: How many inputs have golds that say different values, and how many golds those are; None where
            that was not looked at.
        has_values: Whether the task writes labels, numbers or days at all.
        exploratory_pairs: Preference pairs that replies would give; None where no room sends mails.
        group_noun: What records of one group have in common, such as a company; `group_nouns` several.
        warnings: What is to be mended before a freeze: a side of the split without any row.
        counted_at: When it was counted, of a large task; None where that was just now.
    """

    golds: int
    lines: list[PreviewDrop]
    rows: int
    splits: dict[str, int]
    verdicts: dict[str, int]
    groups: int
    has_compared: bool
    is_partial: bool
    labels: list[LabelBalance] = field(default_factory=list)
    counted_golds: int = PREVIEW_GOLDS
    contradictions: dict[str, int] | None = None
    has_values: bool = False
    exploratory_pairs: int | None = None
    takes_exploratory_pairs: bool = False
    group_noun: str = "group"
    group_nouns: str = "groups"
    warnings: list[str] = field(default_factory=list)
    counted_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SelectionRows:
    """Some rows of a selection, and where the next begin; None at the end."""

    rows: list[dict[str, Any]]
    total: int
    start: int
    next: int | None
    is_partial: bool


def count_selection(task: Task, filters: DatasetFilters) -> SelectionPreview:
    """Count what a selection would take."""
    kept = preview(task, filters)
    selection = kept.value
    lines = [line for line in selection.lines() if line.dropped]
    titles = _titles(draft for line in lines for draft in line.examples)
    left, drops = selection.sifted.golds, []
    for line in lines:
        left -= line.dropped
        examples = [(draft, titles.get(draft, "")) for draft in line.examples]
        drops.append(PreviewDrop(line.label, line.dropped, left, examples))
    counted, by_split, spec = selection.counts(), selection.by_split(), latest_version(task).spec
    return SelectionPreview(
        golds=selection.sifted.golds,
        lines=drops,
        rows=len(selection.rows),
        splits={split.value: by_split.get(split.value, 0) for split in Split},
        verdicts=counted["verdicts"],
        groups=counted["groups"],
        has_compared=selection.has_compared,
        is_partial=selection.sifted.is_partial,
        labels=balance_of(selection.balance),
        contradictions={"inputs": len(selection.contradictions), "golds": sum(map(len, selection.contradictions))}
        if selection.has_compared
        else None,
        has_values=any(output.value_type.is_value for output in spec.output_schema),
        exploratory_pairs=reply_pairs.count(task, filters, {row.draft: row.decision for row in selection.rows}),
        takes_exploratory_pairs=filters.exploratory_pairs,
        group_noun=spec.group_noun,
        group_nouns=spec.group_nouns,
        warnings=split_advice.of_rows(task, by_split),
        counted_at=kept.at,
    )


def balance_of(labels: dict[str, dict[str, int]]) -> list[LabelBalance]:
    """The balance of each field with labels, the most frequent label first."""
    return [LabelBalance(name.replace("_", " ").capitalize(), list(counts.items())) for name, counts in labels.items()]


def selected_drafts(task: Task, filters: DatasetFilters, *, start: int = 0) -> SelectionRows:
    """The drafts a selection would take, from the `start`-th on, in the order of their decisions."""
    selection = preview(task, filters).value
    chosen = selection.rows[start : start + PAGE_ROWS]
    decisions = Decision.objects.select_related("reviewer", "draft__record", "draft__task").defer(*_LONG)
    acceptances = MachineAcceptance.objects.select_related("rule", "draft__record", "draft__task").defer(*_LONG)
    ids = [row.decision for row in chosen]
    by_id: dict[UUID, Decision | MachineAcceptance] = {**decisions.in_bulk(ids)}
    if filters.takes_machine:
        by_id |= acceptances.in_bulk(ids)
    result = [
        {"decision": by_id[row.decision], "title": by_id[row.decision].draft.record.title, "split": row.split}
        for row in chosen
        if row.decision in by_id
    ]
    more = start + PAGE_ROWS < len(selection.rows)
    return SelectionRows(
        result, len(selection.rows), start, start + PAGE_ROWS if more else None, selection.sifted.is_partial
    )


def _titles(drafts: Iterable[UUID]) -> dict[UUID, str]:
    titles = Draft.objects.filter(pk__in=list(drafts)).values_list("pk", "record__title")
    return dict(titles.order_by())
