"""Selection of a version's golds, and the reasons why others are left out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Any
from uuid import UUID

from review import ports
from review.datasets import gold_conditions
from review.datasets.contradictions import EqualInputs, against
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.filtering import FilterCount, FilteredGolds, GoldRow, apply
from review.models import Decision, Task
from review.spec.paths import as_text, leaves
from review.spec.task_spec import TaskSpec
from review.states import MACHINE, POSITIVE, Verdict
from review.tasks.queries import latest_version
from review.text import near_duplicates
from web.caching.slow_figures import Figures, figures

# A page counts so many of the newest golds while it is looked at, and compares the texts of so many.
PREVIEW_GOLDS = 10_000
PREVIEW_TEXTS = 1_500
# More names of left-out drafts than this are not kept with a version, only their number.
NAMED = 1_000
CHUNK = 2000
# Why a row goes because of another one.
NEAR = {
    "contradiction": "Contradictions",
    "near_duplicate": "Near-duplicates",
    "straddles": "Near-duplicate in another split",
}


@dataclass
class Selection:
    """Outcome of looking through the golds once.

    Attributes:
        sifted: What the filters and caps left and dropped.
        rows: What stays in the end, in the order of the decisions.
        twins: Of each row left out because of another, the reason and that draft: it says nearly the same, or
            contradicts.
        has_compared: Whether texts were compared; a page does without where there are too many.
        balance: How many rows say which label, by field; empty for a task without labels.
        contradictions: Drafts of each input whose golds say different values; looked for before near-duplicates go.
    """

    sifted: FilteredGolds
    rows: list[GoldRow] = field(default_factory=list)
    twins: dict[UUID, tuple[str, UUID]] = field(default_factory=dict)
    has_compared: bool = True
    balance: dict[str, dict[str, int]] = field(default_factory=dict)
    contradictions: list[list[UUID]] = field(default_factory=list)

    @property
    def kept(self) -> list[str]:
        """Ids of decisions in order. They never change, so a second pass reads the same text."""
        return [str(row.decision) for row in self.rows]

    @property
    def looked_at(self) -> int:
        """Golds that passed the filters, before caps and near-duplicates."""
        return len(self.sifted.rows) + len(self.sifted.over_cap)

    @property
    def dropped(self) -> dict[str, int]:
        counts = Counter(reason for reason, _ in self.twins.values())
        if self.sifted.over_cap:
            counts["cap"] = len(self.sifted.over_cap)
        return dict(counts)

    def lines(self) -> list[FilterCount]:
        lines = list(self.sifted.lines)
        for name, label in NEAR.items():
            drafts = [draft for draft, (reason, _) in self.twins.items() if reason == name]
            lines.append(FilterCount(name, label, len(drafts), drafts[:10]))
        return lines

    def waterfall(self) -> list[dict[str, Any]]:
        left, lines = self.sifted.golds, []
        for line in self.lines():
            left -= line.dropped
            lines.append({"name": line.name, "label": line.label, "dropped": line.dropped, "left": left})
        return lines

    def left_out(self) -> dict[str, Any]:
        """Return the ids of drafts left out by a cap or as near-duplicates, to say later why one is missing."""
        if len(self.twins) + len(self.sifted.over_cap) > NAMED:
            return {}
        return {
            "cap": [str(draft) for draft in self.sifted.over_cap],
            **{
                name: {str(draft): str(twin) for draft, (reason, twin) in self.twins.items() if reason == name}
                for name in NEAR
            },
        }

    def counts(self) -> dict[str, Any]:
        rows = self.rows
        return {
            "looked_at": self.looked_at,
            "golds": self.sifted.golds,
            "dropped": self.dropped,
            "waterfall": self.waterfall(),
            "verdicts": dict(sorted(Counter(row.verdict for row in rows).items())),
            "teachers": dict(Counter(row.teacher or "(none)" for row in rows).most_common()),
            "origins": dict(Counter(row.origin for row in rows).most_common()),
            "reviewers": dict(Counter(row.reviewer for row in rows if row.verdict != MACHINE).most_common()),
            "groups": len({row.group for row in rows}),
            "bulk": sum(row.is_bulk for row in rows),
            "imported": sum(row.is_imported for row in rows),
            **({MACHINE: machine} if (machine := sum(row.verdict == MACHINE for row in rows)) else {}),
            **({"balance": self.balance} if self.balance else {}),
            **({"contradictions": self._contradictions()} if self.contradictions else {}),
        }

    def _contradictions(self) -> dict[str, int]:
        drafts = {draft for group in self.contradictions for draft in group}
        kept = sum(row.draft in drafts for row in self.rows)
        return {"inputs": len(self.contradictions), "golds": len(drafts), "rows": kept}

    def by_split(self) -> dict[str, int]:
        return dict(Counter(row.split for row in self.rows))


def select(task: Task, filters: DatasetFilters) -> Selection:
    """Look through all golds, then take out near-duplicates; for freezing.

    Where values and quotes are all that is written, the records' texts are compared: that many are billed twice is no
    reason to leave tickets out, that one ticket stands twice is. Memory holds light rows and the texts' shingles, not
    the texts. Rejected drafts (chosen by filter) take no part in the search for near-duplicates.
    """
    return _compared(task, filters, Selection(apply(task, filters)))


def newest(task: Task, filters: DatasetFilters) -> Figures[FilteredGolds]:
    """The newest golds that pass, fast enough for a page; of a large task as they passed a while ago."""
    key = sha256(filters.model_dump_json().encode()).hexdigest()
    room = ports.mail_outcomes() if filters.asks_for_outcomes else None
    return figures(
        f"selection:{task.pk}:{key}",
        lambda: apply(task, filters, newest=PREVIEW_GOLDS),
        is_void=partial(room.corrected_since, task) if room is not None else None,
    )


def preview(task: Task, filters: DatasetFilters) -> Figures[Selection]:
    """Preview `select`, fast enough for a page: only the newest golds, and texts compared only where they are few."""
    sifted = newest(task, filters)
    selection = Selection(sifted.value)
    if len(sifted.value.rows) > PREVIEW_TEXTS:
        selection.rows, selection.has_compared = sifted.value.rows, False
        return Figures(selection, sifted.at)
    return Figures(_compared(task, filters, selection), sifted.at)


def _compared(task: Task, filters: DatasetFilters, selection: Selection) -> Selection:
    rows, spec = selection.sifted.rows, latest_version(task).spec
    equal = EqualInputs(spec)
    texts, labels = _texts(task, filters, rows, spec, equal)
    groups = equal.contradictions()
    selection.contradictions = [[rows[index].draft for index in group] for group in groups]
    out: dict[int, tuple[str, int]] = {}
    if filters.contradictions == "leave_out":
        out = {index: ("contradiction", against(group, index)) for group in groups for index in group}
        texts = ["" if index in out else text for index, text in enumerate(texts)]
    if filters.near_duplicates is not None:
        splits = [row.split for row in rows]
        out |= near_duplicates.rows_to_exclude(texts, splits, threshold=filters.near_duplicates)
    selection.twins = {rows[index].draft: (reason, rows[twin].draft) for index, (reason, twin) in out.items()}
    selection.rows = [row for index, row in enumerate(rows) if index not in out]
    selection.balance = {
        name: dict(Counter(label for index, label in field_labels.items() if index not in out).most_common())
        for name, field_labels in labels.items()
    }
    return selection


def _texts(
    task: Task, filters: DatasetFilters, rows: list[GoldRow], spec: TaskSpec, equal: EqualInputs
) -> tuple[list[str], dict[str, dict[int, str]]]:
    """The words that tell rows apart, and the label of each row by field; a rejected draft has neither.

    What each says of its input is noted in `equal`, on the way.
    """
    texts, of_values = [""] * len(rows), writes_no_prose(spec)
    labels: dict[str, dict[int, str]] = {name.name: {} for name in spec.output_schema if name.value_type.is_picked}
    # Facts are long; where nothing is made of them they are not read.
    inputs = INPUTS if of_values or equal.fields else ()
    for index, gold, values in read_golds(task, filters, rows, inputs):
        texts[index] = words_of(values[0] if of_values else gold)
        if values:
            facts, thread = values
            equal.add(index, facts, thread, gold)
        for name, field_labels in labels.items():
            if gold.get(name) is not None:
                field_labels[index] = as_text(gold[name])
    return texts, labels


def writes_no_prose(spec: TaskSpec) -> bool:
    """Return whether a task writes only values, quotes and reasoning; equal answers then say nothing of equal rows."""
    return all(
        field.value_type.is_value or field.type == "quote" or field.role == "reasoning" for field in spec.output_schema
    )


INPUTS = ("draft__record__facts", "draft__thread")


def read_golds(
    task: Task, filters: DatasetFilters, rows: list[GoldRow], columns: Sequence[str]
) -> Iterator[tuple[int, dict[str, Any], list[Any]]]:
    """Yield index, fields and the named columns of each accepted or edited row; rejected drafts are skipped."""
    places = {
        row.decision: index for index, row in enumerate(rows) if row.verdict in POSITIVE or row.verdict == MACHINE
    }
    if len(rows) <= CHUNK:
        decisions = Decision.objects.filter(pk__in=list(places))
    else:
        decisions = gold_conditions.usable_golds(task, filters).filter(
            *(step.condition for step in gold_conditions.filter_conditions(filters))
        )
    values = decisions.order_by().values_list("id", "verdict", "fields", "draft__fields", *columns)
    for decision, verdict, edited, draft, *others in values.iterator(chunk_size=CHUNK):
        if (index := places.get(decision)) is not None:
            yield index, edited if verdict == Verdict.EDIT and edited else draft, others
    by_machine = gold_conditions.machine_accepted(task, filters).order_by().values_list("id", "draft__fields", *columns)
    for acceptance, draft, *others in by_machine.iterator(chunk_size=CHUNK):
        if (index := places.get(acceptance)) is not None:
            yield index, draft, others


def words_of(fields: dict[str, Any]) -> str:
    """All values of a draft or a record as text, one after the other."""
    return "\n".join(str(leaf) for leaf in leaves(fields))
