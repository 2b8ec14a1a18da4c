"""Agreement on labels, numbers and days: what reviewers' words on the same draft end with, field by field.

Measured at the level of each: labels and yes or no by name, labels in order by rank, numbers and days by their
distance.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import numpy as np

from review.adjudication.agreement.columns import NONE, Ints, VerdictColumns, tally
from review.adjudication.agreement.figures import AgreementFigures, of_amounts, of_names, of_ranks
from review.models import Decision, Task
from review.spec.paths import as_text
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from review.states import Verdict
from stats.agreement.shares import AgreementShare, share
from stats.intervals import shares
from web.db.chunks import chunked

CHUNK = 500
# Agreement on each label is told up to so many of them.
LABELS_TOLD = 30


@dataclass(frozen=True, slots=True)
class LabelConfusion:
    """Counts of label pairs by two reviewers of one draft: (L, L), symmetric; the diagonal holds agreement."""

    field: str
    labels: Sequence[str]
    rows: Sequence[Sequence[int]]

    @property
    def lines(self) -> list[tuple[str, list[tuple[int, bool, int]]]]:
        """Each label with its counts, whether it is the label itself, and 0 to 5 for how much of the row it holds."""
        return [
            (
                label,
                [
                    (count, column == row, round(5 * count / sum(counts)) if sum(counts) else 0)
                    for column, count in enumerate(counts)
                ],
            )
            for row, (label, counts) in enumerate(zip(self.labels, self.rows, strict=True))
        ]


@dataclass(frozen=True, slots=True)
class TeacherAgreement:
    """Shares of verdicts that kept the teacher's values: with the values shown, and with them hidden."""

    seen: AgreementShare
    unseen: AgreementShare


def ending_with(columns: VerdictColumns) -> list[Mapping[str, Any] | None]:
    """Return the final fields of each verdict, in order; None for a reject, and where the draft was erased."""
    fields: dict[str, Any] = {}
    for chunk in chunked(columns.decisions, CHUNK):
        rows = Decision.objects.filter(pk__in=[UUID(hex=key) for key in chunk]).order_by()
        there = rows.filter(draft__record__erased_at=None)
        for pk, verdict, own, drafted in there.values_list("pk", "verdict", "fields", "draft__fields"):
            fields[pk.hex] = None if verdict == Verdict.REJECT else own if verdict == Verdict.EDIT else drafted
    return [fields.get(key) for key in columns.decisions]


def figures_of(
    spec: TaskSpec, columns: VerdictColumns, ends: Sequence[Mapping[str, Any] | None]
) -> list[AgreementFigures]:
    """Agreement on every value field, and on each label of those with labels."""
    lines: list[AgreementFigures] = []
    for field in spec.output_schema:
        values = [None if end is None else end.get(field.name) for end in ends]
        name = field.name.replace("_", " ").capitalize()
        if field.value_type.amount:
            places, numbers = _numbered(values, field.value_type.amount)
            lines.append(of_amounts(f"value:{field.name}", name, tally(columns.unit, places, numbers)))
        elif field.value_type.is_value:
            lines.append(_of_named(field, name, columns, values))
            lines += [_of_label(field, label, columns, values) for label in _labels(field)[:LABELS_TOLD]]
    return lines


def confusions_of(
    spec: TaskSpec, columns: VerdictColumns, ends: Sequence[Mapping[str, Any] | None]
) -> list[LabelConfusion]:
    """Return the label confusions between reviewers of one draft, one for each field of type choice."""
    return [
        _confusion(field, columns, [None if end is None else end.get(field.name) for end in ends])
        for field in spec.output_schema
        if field.value_type.control == "label"
    ]


def teacher_agreement(task: Task) -> TeacherAgreement | None:
    """Return the shares of accepts among accepts and edits, with the teacher's values shown and hidden.

    None where no such verdict recorded whether they were hidden.
    """
    rows = (
        Decision.objects.filter(task=task, teacher_hidden__isnull=False, retracted_by__isnull=True, bulk__isnull=True)
        .exclude(verdict__in=(Verdict.RETRACT, Verdict.REJECT))
        .values_list("teacher_hidden", "verdict", "draft__record__group", "draft__record_id")
    )
    stayed: dict[bool, list[tuple[float, object]]] = {True: [], False: []}
    for was_hidden, verdict, group, record in rows.iterator(CHUNK):
        stayed[bool(was_hidden)].append((float(verdict == Verdict.ACCEPT), group or record))
    if not (stayed[True] or stayed[False]):
        return None
    return TeacherAgreement(seen=_share(stayed[False]), unseen=_share(stayed[True]))


def _share(hits: list[tuple[float, object]]) -> AgreementShare:
    if not hits:
        return share(0, 0)
    values = [hit for hit, _ in hits]
    interval = shares.clustered(values, [str(cluster) for _, cluster in hits])
    count = round(sum(values))
    return AgreementShare(count, len(values), count / len(values), interval.low, interval.high)


def _of_named(field: OutputField, name: str, columns: VerdictColumns, values: Sequence[Any]) -> AgreementFigures:
    if not field.ordered:
        places, texts = _named(values)
        return of_names(f"value:{field.name}", name, tally(columns.unit, places, tuple(range(len(texts)))))
    rank = {label: at for at, label in enumerate(_labels(field))}
    # A label of an earlier version has no place among these.
    ranks = np.asarray([rank.get(str(value), NONE) for value in values], np.int64)
    return of_ranks(f"value:{field.name}", name, tally(columns.unit, ranks, tuple(rank.values())))


def _labels(field: OutputField) -> list[str]:
    return [label.name for label in field.labels]


def _of_label(field: OutputField, label: str, columns: VerdictColumns, values: Sequence[Any]) -> AgreementFigures:
    places = np.asarray([NONE if value is None else int(_says(value, label)) for value in values], np.int64)
    return of_names(f"label:{field.name}:{label}", f"“{label}” or not", tally(columns.unit, places, (0, 1)))


def _says(value: object, label: str) -> bool:
    return label in value if isinstance(value, list) else value == label


def _named(values: Iterable[Any]) -> tuple[Ints, list[str]]:
    """The place of each value among the distinct ones; `NONE` where there is none."""
    numbering: dict[str, int] = {}
    places = [NONE if value is None else numbering.setdefault(as_text(value), len(numbering)) for value in values]
    return np.asarray(places, np.int64), list(numbering) or [""]


def _numbered(values: Iterable[Any], amount: Callable[[Any], float]) -> tuple[Ints, tuple[float, ...]]:
    numbers = [None if value is None else _amount(value, amount) for value in values]
    distinct = sorted({number for number in numbers if number is not None})
    place = {number: at for at, number in enumerate(distinct)}
    places = [NONE if number is None else place[number] for number in numbers]
    return np.asarray(places, np.int64), tuple(distinct) or (0.0,)


def _amount(value: Any, amount: Callable[[Any], float]) -> float | None:
    """Return how much a value is; None for one of an earlier version, whose field was of another type."""
    try:
        return amount(value)
    except (TypeError, ValueError):
        return None


def _confusion(field: OutputField, columns: VerdictColumns, values: Sequence[Any]) -> LabelConfusion:
    labels = _labels(field)
    place = {label: at for at, label in enumerate(labels)}
    by_unit: dict[int, list[int]] = defaultdict(list)
    for unit, value in zip(columns.unit.tolist(), values, strict=True):
        if isinstance(value, str) and value in place:
            by_unit[unit].append(place[value])
    rows = [[0] * len(labels) for _ in labels]
    for said_of_one in by_unit.values():
        for index, first in enumerate(said_of_one):
            for second in said_of_one[index + 1 :]:
                rows[first][second] += 1
                rows[second][first] += first != second
    return LabelConfusion(field.name, labels, rows)
