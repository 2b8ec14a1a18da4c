"""The verdict of a look at a study of drift: one sentence, and every number behind it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from campaigns.drift.series import SeriesPoint
from stats import drift
from stats.change_point import ChangePoint, change_point
from web.templatetags.figures import percent

# The same answer whoever computes it again.
SEED: Final = 20_261_124
# The smallest part of an error rate is 0.01 / 44: a p-value must be able to go below it.
DRAWS: Final = 9_999
OPEN, CHANGED, UNCHANGED = "open", "changed", "unchanged"


def conclude(points: Sequence[SeriesPoint], record: dict[str, Any]) -> dict[str, Any]:
    """What so many points of a registered series say.

    Args:
        points: From the first on.
        record: The registration.

    Returns:
        Plain data: `state`, `sentence`, `points`, `p_value`, `alpha` of this look, `changed_in`, `share_before`, `share_after`.
    """
    covered, whole = len(points), record["points"]
    alpha = drift.spent_at(record["alpha"], whole)[covered]
    change = _change(points)
    is_clear = change is not None and change.p_value <= alpha
    state = CHANGED if is_clear else UNCHANGED if covered == whole else OPEN
    changed_in = points[change.first_after].name if change is not None else ""
    return {
        "covered": covered,
        "state": state,
        "sentence": _sentence(state, change, changed_in, points, record, alpha),
        "p_value": change.p_value if change else None,
        "alpha": alpha,
        "changed_in": changed_in if is_clear else "",
        "share_before": change.share_before if change else None,
        "share_after": change.share_after if change else None,
        "points": [_told(point) for point in points],
    }


def _change(points: Sequence[SeriesPoint]) -> ChangePoint | None:
    clusters = [
        (number, did, mailed)
        for number, point in enumerate(points)
        for did, mailed, companies in point.kinds
        for _ in range(companies)
    ]
    if not clusters:
        return None
    months, happened, sizes = zip(*clusters, strict=True)
    return change_point(months, happened, sizes, seed=SEED, draws=DRAWS)


def _sentence(
    state: str,
    change: ChangePoint | None,
    changed_in: str,
    points: Sequence[SeriesPoint],
    record: dict[str, Any],
    alpha: float,
) -> str:
    noun, whole = record["noun"], record["points"]
    of_all = f"{len(points)} of {whole} {noun}s" if len(points) < whole else f"all {whole} {noun}s"
    if change is None:
        told = (
            f"Nothing can be told after {of_all}: a change takes mails in two of them, some answered so and some not."
        )
    elif state == CHANGED:
        told = (
            f"The {record['rate']} changed in {changed_in}, from {percent(change.share_before)} to "
            f"{percent(change.share_after)}, shown after {of_all} (p {change.p_value:.4f}; {alpha:.4f} was registered for this look)."
        )
    else:
        last = " The study ends here; that does not say that there was none." if state == UNCHANGED else ""
        told = (
            f"No change of the {record['rate']} is shown after {of_all} "
            f"(p {change.p_value:.4f}; {alpha:.4f} was registered for this look).{last}"
        )
    if record["is_exploratory"]:
        told += " Exploratory: its first months were over when it was registered."
    return told


def _told(point: SeriesPoint) -> dict[str, Any]:
    return {
        "name": point.name,
        "mails": point.mails,
        "happened": point.happened,
        "companies": sum(kind[2] for kind in point.kinds),
        "share": point.share,
        "low": point.low,
        "high": point.high,
        "kinds": [list(kind) for kind in point.kinds],
    }
