"""Golds worth a second look: those that contradict each other, and labels that a model of other golds would not give.

The model is naive Bayes over the words of the facts, so cheap that a page may ask it; what it doubts is found by
confident learning. It knows words alone: its doubt is a reason to look, never to change a label.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from review.datasets.contradictions import EqualInputs
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.filtering import GoldRow
from review.datasets.selection import INPUTS, newest, read_golds
from review.models import Task
from review.spec.paths import as_text, leaves
from review.spec.schema import Facts, Fields
from review.tasks.queries import latest_version
from review.text import scripts
from stats import confident_learning, naive_bayes
from stats.confident_learning import LabelDoubt

SHOWN = 50
# Of a label seen less often a model learns nothing, and of so few golds neither.
SEEN = 5
ENOUGH = 30
# A fact of so few words is one value as well, such as a sector.
SHORT = 4


@dataclass(frozen=True, slots=True)
class ContradictingGold:
    draft: UUID
    title: str
    split: str
    values: dict[str, str]

    @property
    def words(self) -> str:
        return "; ".join(f"{_plain(name)}: {value or 'nothing'}" for name, value in self.values.items())


@dataclass(frozen=True, slots=True)
class DoubtfulLabel:
    """A gold whose label is likely wrong.

    Attributes:
        likely: What golds with such words say.
    """

    draft: UUID
    title: str
    split: str
    given: str
    likely: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FieldDoubts:
    """Doubtful labels of one field, with the figures behind them.

    Attributes:
        golds: How many were looked at.
        rare: How many were not, since their label is too rare.
        right: Share of golds whose label the model gives too; None where there are too few to ask it.
        most_frequent: Share of the most frequent label.
        labels: The first doubted labels, the most doubtful first.
    """

    name: str
    golds: int
    rare: int
    right: float | None = None
    most_frequent: float = 0.0
    total: int = 0
    labels: tuple[DoubtfulLabel, ...] = ()

    @property
    def title(self) -> str:
        return _plain(self.name)

    @property
    def is_informed(self) -> bool:
        """Return whether the model predicts labels better than always naming the most frequent one."""
        return self.right is not None and self.right > self.most_frequent


@dataclass(frozen=True, slots=True)
class DoubtfulGolds:
    """Golds of a selection that are worth a second look: contradictions and doubtful labels.

    Attributes:
        is_partial: Whether only the newest golds were looked at.
        has_values: Whether the task writes values at all.
        contradicted: How many inputs have golds that differ.
        contradictions: The first contradicted inputs.
        group_noun: What records of one group have in common; `group_nouns` several.
    """

    golds: int
    is_partial: bool
    has_values: bool
    contradicted: int
    contradictions: list[list[ContradictingGold]]
    doubts: list[FieldDoubts]
    group_noun: str = "group"
    group_nouns: str = "groups"


@dataclass(frozen=True, slots=True)
class LookedAtGold:
    row: GoldRow
    title: str
    fields: Fields
    words: list[str]


def look(task: Task, filters: DatasetFilters) -> DoubtfulGolds:
    """Look through the newest 10,000 golds that pass the filters; caps count, near-duplicates are not taken out."""
    sifted, spec = newest(task, filters).value, latest_version(task).spec
    equal = EqualInputs(spec)
    label_fields = [field for field in spec.output_schema if field.value_type.control in ("label", "flag")]
    golds: dict[int, LookedAtGold] = {}
    rows = read_golds(task, filters, sifted.rows, (*INPUTS, "draft__record__title")) if equal.fields else ()
    for index, fields, (facts, thread, title) in rows:
        equal.add(index, facts, thread, fields)
        golds[index] = LookedAtGold(sifted.rows[index], title, fields, list(_words(facts)) if label_fields else [])
    groups = equal.contradictions()
    return DoubtfulGolds(
        golds=len(golds),
        is_partial=sifted.is_partial,
        has_values=bool(equal.fields),
        contradicted=len(groups),
        contradictions=[
            [_contradicting(golds[index], equal.differing(group)) for index in group] for group in groups[:SHOWN]
        ],
        doubts=[doubts_of(field.name, list(golds.values())) for field in label_fields],
        group_noun=spec.group_noun,
        group_nouns=spec.group_nouns,
    )


def _contradicting(gold: LookedAtGold, names: list[str]) -> ContradictingGold:
    values = {name: as_text(gold.fields.get(name)) for name in names}
    return ContradictingGold(gold.row.draft, gold.title, gold.row.split, values)


def doubts_of(name: str, golds: Sequence[LookedAtGold]) -> FieldDoubts:
    """Find doubtful labels of one field by out-of-fold prediction.

    A group, such as a company, stays in one fold: no model predicts a group it was trained on.
    """
    texts = [as_text(gold.fields.get(name)) for gold in golds]
    times = Counter(filter(None, texts))
    frequent = sorted(label for label, count in times.items() if count >= SEEN)
    place = {label: number for number, label in enumerate(frequent)}
    kept = [(gold, place[label]) for gold, label in zip(golds, texts, strict=True) if label in place]
    rare = sum(times.values()) - len(kept)
    groups = [gold.row.group for gold, _ in kept]
    if len(frequent) < 2 or len(kept) < ENOUGH or len(set(groups)) < naive_bayes.FOLDS:
        return FieldDoubts(name, len(kept), rare)
    labels = np.array([number for _, number in kept], dtype=np.int64)
    folds = naive_bayes.grouped_folds(groups)
    probabilities = naive_bayes.out_of_fold([gold.words for gold, _ in kept], labels, folds)
    doubts = confident_learning.doubts(probabilities, labels)
    return FieldDoubts(
        name=name,
        golds=len(kept),
        rare=rare,
        right=float((probabilities.argmax(axis=1) == labels).mean()),
        most_frequent=max(times[label] for label in frequent) / len(kept),
        total=len(doubts),
        labels=tuple(_doubtful(kept[doubt.example][0], doubt, frequent) for doubt in doubts[:SHOWN]),
    )


def _doubtful(gold: LookedAtGold, doubt: LabelDoubt, names: Sequence[str]) -> DoubtfulLabel:
    row = gold.row
    return DoubtfulLabel(row.draft, gold.title, row.split, names[doubt.given], names[doubt.likely], doubt.confidence)


def _words(facts: Facts) -> Iterator[str]:
    """Words of all facts, and short facts as a whole, with the name of the fact."""
    for name, value in facts.items():
        for leaf in leaves(value):
            words = scripts.words(str(leaf).casefold())
            yield from words
            if len(words) <= SHORT:
                yield f"{name}={' '.join(words)}"


def _plain(name: str) -> str:
    return name.replace("_", " ").capitalize()
