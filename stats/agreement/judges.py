"""Agreement of judges with people who answered the same questions: a judge's worth is its share of majority answers.

Pure. Answers are labels; where two texts are compared they are, in this order, a tie, the first, the second.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from stats.agreement import cohen, fleiss, krippendorff, tallies
from stats.agreement.estimates import point

Answers = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class JudgeReport:
    """Agreement figures of a table of answers. A figure is None where it is undefined, as where all answers are equal.

    Attributes:
        cohen_kappa: Of each two raters, by both their names with a hyphen between.
        fleiss_kappa: Of all raters.
        krippendorff_alpha: Of all raters, labels as mere names.
        majority: How often each label is the majority's.
        judge_accuracy: Of each judge, the share of its answers that are the majority's, 0 to 1; None without an answer.
        position_bias: Of all judges together, how much oftener the first is preferred than the second, as a share of
            answers that prefer one, -1 to 1; None where none does, or where labels do not name two positions.
        position_bias_by_judge: The same of each judge.
    """

    cohen_kappa: dict[str, float | None]
    fleiss_kappa: float | None
    krippendorff_alpha: float | None
    majority: dict[str, int]
    judge_accuracy: dict[str, float | None]
    position_bias: float | None
    position_bias_by_judge: dict[str, float | None]


def judge_report(raters: Answers, judges: Answers, labels: Sequence[str]) -> JudgeReport:
    """Hold judges against the majority of raters.

    Args:
        raters: By name, the label given to each question, (N,) each, all of `labels`. At least two.
        judges: By name, the same of each judge.
        labels: All there are; of the last two the one is the first position and the other the second.

    Raises:
        ValueError: Fewer than two raters, or fewer than two labels.
    """
    if len(raters) < 2 or len(labels) < 2:
        raise ValueError("Agreement needs two raters and two labels at least.")
    units = list(zip(*raters.values(), strict=True))
    tally = tallies.of_ratings(units, labels)
    leading = [majority(unit, labels) for unit in units]
    counts = Counter(leading)
    pooled = [label for answers in judges.values() for label in answers]
    return JudgeReport(
        cohen_kappa={
            f"{first}-{second}": _kappa(raters[first], raters[second], labels)
            for first, second in combinations(raters, 2)
        },
        fleiss_kappa=point(tally, fleiss.fleiss()),
        krippendorff_alpha=point(tally, krippendorff.alpha("nominal")),
        majority={label: counts[label] for label in labels},
        judge_accuracy={name: _share_equal(answers, leading) for name, answers in judges.items()},
        position_bias=position_bias(pooled, labels),
        position_bias_by_judge={name: position_bias(answers, labels) for name, answers in judges.items()},
    )


def majority(answers: Sequence[str], labels: Sequence[str]) -> str:
    """Return the most frequent label, or the first of all labels on a tie."""
    counts = Counter(answers).most_common()
    most = [label for label, count in counts if count == counts[0][1]]
    return most[0] if len(most) == 1 else labels[0]


def position_bias(answers: Sequence[str], labels: Sequence[str]) -> float | None:
    """Share of answers for the first position less that for the second, among those that prefer one."""
    if len(labels) not in (2, 3):
        return None
    first, second = answers.count(labels[-2]), answers.count(labels[-1])
    return (first - second) / (first + second) if first + second else None


def _kappa(first: Sequence[str], second: Sequence[str], labels: Sequence[str]) -> float | None:
    place = {label: index for index, label in enumerate(labels)}
    table = np.zeros((len(labels), len(labels)))
    for mine, theirs in zip(first, second, strict=True):
        table[place[mine], place[theirs]] += 1
    value = cohen.cohen(table).value if len(first) else float("nan")
    return None if np.isnan(value) else value


def _share_equal(answers: Sequence[str], leading: Sequence[str]) -> float | None:
    return sum(mine == right for mine, right in zip(answers, leading, strict=True)) / len(answers) if answers else None
