"""Labels told right and wrong, against figures worked out by hand."""

from __future__ import annotations

import tracemalloc

import pytest

from stats import classification
from stats.intervals import shares
from tests.stats.simulated.labels import NINE, coverage

LABELS = ["a", "b", "c"]
RIGHT = ["a", "a", "a", "b", "b", "c", "c", "c", "c", "a"]
SAID: list[str | None] = ["a", "a", "b", "b", "c", "c", "c", None, "a", "zzz"]


def test_confusion_counts_pairs_and_answers_that_say_no_label() -> None:
    counts = classification.confusion(LABELS, RIGHT, SAID)

    assert counts.tolist() == [[2, 1, 0, 1], [0, 1, 1, 0], [1, 0, 2, 1]]


def test_precision_recall_and_f1_are_those_of_the_book() -> None:
    a, b, c = classification.label_scores(LABELS, RIGHT, SAID)

    assert (a.precision, a.recall, a.support, a.predicted) == (2 / 3, 2 / 4, 4, 3)
    assert (b.precision, b.recall, b.f1) == (1 / 2, 1 / 2, 1 / 2)
    assert (c.precision, c.recall) == (2 / 3, 2 / 4)
    assert a.f1 == pytest.approx(4 / 7)
    assert a.recall_interval == shares.clopper_pearson(2, 4)
    counts = classification.confusion(LABELS, RIGHT, SAID)
    assert classification.macro_f1(counts) == pytest.approx((4 / 7 + 1 / 2 + 4 / 7) / 3)


def test_a_label_that_is_never_right_and_never_said_takes_no_part() -> None:
    [never] = [s for s in classification.label_scores([*LABELS, "d"], RIGHT, SAID) if s.label == "d"]

    assert (never.precision, never.recall, never.f1) == (None, None, 0.0)
    whole = classification.macro_f1(classification.confusion([*LABELS, "d"], RIGHT, SAID))
    assert whole == pytest.approx(float(classification.macro_f1(classification.confusion(LABELS, RIGHT, SAID))))


@pytest.mark.parametrize(
    ("shares_of_labels", "accuracy", "companies", "each"),
    # Percentiles of draws cover 62 % of the first, since most samples with no error have no width, and 81 % of the
    # last.
    [((0.6, 0.3, 0.1), 0.95, 20, 1), ((0.5, 0.5), 0.8, 100, 1), (NINE, 0.6, 12, 5)],
)
def test_the_interval_of_macro_f1_covers_the_truth_about_as_often_as_it_says(
    shares_of_labels: tuple[float, ...], accuracy: float, companies: int, each: int
) -> None:
    held = coverage(shares_of_labels, accuracy=accuracy, companies=companies, each=each, times=150)

    assert held["macro-F1"] >= 0.91
    assert min(held["precision"], held["recall"]) >= 0.91


def test_all_right_is_no_certainty_and_a_rare_label_makes_it_less() -> None:
    even, rare = ["a", "b"] * 20, ["a"] * 38 + ["b", "b"]

    of_even, of_rare = (classification.macro_f1_interval(LABELS, right, right) for right in (even, rare))

    assert of_even and of_rare
    assert (of_even[1], of_rare[1]) == (1.0, 1.0)
    assert 0.88 < of_even[0] < 0.95
    assert of_rare[0] < 0.7


def test_records_of_one_company_widen_the_interval_and_two_companies_have_none() -> None:
    right, said = RIGHT * 10, SAID * 10
    apart = classification.macro_f1_interval(LABELS, right, said)
    # All ten of one company are alike: ten different answers, not a hundred.
    together = classification.macro_f1_interval(LABELS, right, said, [i % 10 for i in range(100)])

    assert apart and together
    assert together[1] - together[0] > 2 * (apart[1] - apart[0])
    assert classification.macro_f1_interval(LABELS, right, said, [i % 2 for i in range(100)]) is None


@pytest.mark.parametrize(
    ("right", "said", "f1"), [([], [], 1.0), (["a"], [], 0.0), (["a", "b"], ["b", "c"], 0.5), (["a"], ["a", "a"], 1.0)]
)
def test_f1_of_sets(right: list[str], said: list[str], f1: float) -> None:
    assert classification.set_f1(right, said) == f1


def test_an_interval_over_many_labels_does_not_hold_a_table_for_each_record() -> None:
    labels = [str(n) for n in range(200)]
    right = [labels[n % 200] for n in range(500)]
    said = [*right[:400], *[labels[0]] * 100]

    tracemalloc.start()
    try:
        interval = classification.macro_f1_interval(labels, right, said)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()

    assert interval is not None and peak < 40 * 2**20
