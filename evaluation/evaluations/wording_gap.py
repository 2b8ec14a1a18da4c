"""Wording of held-out records beside training records: a reason why a test split scores below validation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from evaluation.models import Evaluation
from review.datasets.selection import words_of
from review.models import Record, Task
from review.states import Split
from review.tasks.queries import latest_version
from review.text.near_duplicates import shingles
from web.caching import slow_figures

MOST_RECORDS: Final = 1000
MOST_CHARS: Final = 5000
FEWEST_RECORDS: Final = 20
# Splits drawn from the same records differ by less.
LEAST_GAP: Final = 0.1


@dataclass(frozen=True, slots=True)
class WordingGap:
    """Shares of five-word phrases that occur in training records, 0 to 1.

    Attributes:
        nouns: Name of the task's records.
    """

    validation: float
    test: float
    nouns: str

    @property
    def sentence(self) -> str:
        return (
            f"Test {self.nouns} are worded differently: {100 * self.test:.0f} % of their five-word phrases occur in "
            f"training {self.nouns}, against {100 * self.validation:.0f} % for validation. Scores on them tend to be "
            "lower."
        )


def between(evaluations: Sequence[Evaluation]) -> WordingGap | None:
    """Return the gap where evaluations of both splits stand side by side; None where the splits are worded alike."""
    splits = {each.split for each in evaluations if each.is_done and each.suite_id is None}
    return of(evaluations[0].task) if splits >= {Split.VALIDATION, Split.TEST} else None


def behind(evaluation: Evaluation) -> WordingGap | None:
    """Return the gap that an evaluation on the test split has to bridge; None for any other evaluation."""
    is_whole_test = evaluation.is_done and evaluation.split == Split.TEST and evaluation.suite_id is None
    return of(evaluation.task) if is_whole_test else None


def of(task: Task) -> WordingGap | None:
    """Return how much less of its test records than of its validation records a task's training records contain."""
    return slow_figures.figures(f"wording:{task.pk}", lambda: _gap(task)).value


def _gap(task: Task) -> WordingGap | None:
    facts: dict[str, list[Any]] = {}
    for split in Split.values:
        records = Record.objects.filter(task=task, split=split, erased_at__isnull=True).order_by("content_hash")
        facts[split] = list(records.values_list("facts", flat=True)[:MOST_RECORDS])
    if min(map(len, facts.values())) < FEWEST_RECORDS:
        return None
    phrases = {split: [shingles(words_of(each)[:MOST_CHARS]) for each in rows] for split, rows in facts.items()}
    trained = frozenset().union(*phrases[Split.TRAIN])
    validation, test = (_share(phrases[split], trained) for split in (Split.VALIDATION, Split.TEST))
    is_apart = validation - test >= LEAST_GAP and test <= validation / 2
    return WordingGap(validation, test, latest_version(task).spec.record_nouns) if is_apart else None


def _share(phrases: Sequence[frozenset[tuple[str, ...]]], trained: frozenset[tuple[str, ...]]) -> float:
    return sum(len(each & trained) for each in phrases) / max(1, sum(map(len, phrases)))
