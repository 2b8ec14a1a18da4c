"""The verdict on *how many samples*: the smallest size that loses little, the curve, and what more would buy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from evaluation.states import SHARE_METRICS
from evaluation.studies import results
from evaluation.studies.number_wording import change, percent, ranged
from evaluation.studies.results import CellResult, Group
from evaluation.studies.rules import LARGEST_FIRST
from stats import power_law
from stats.resampling.seed_bootstrap import Array, draws, interval
from web.templatetags.figures import fixed

CURVE_POINTS: Final = 40


def conclude_samples(cells: Sequence[CellResult], rule: Mapping[str, Any], *, sizes: Sequence[int]) -> dict[str, Any]:
    """Return what the finished cells say under the rule that was registered.

    Args:
        rule: `tolerance`, `more_records`, `draws`, `seed`, `metric`; `order` and `unstable_above` since they are registered.
        sizes: All sizes of the grid; the largest is what the others are held against.

    Returns:
        `sentence`, `findings`, `points`, `fit`, `curve` and `more`, as plain data.
    """
    groups = results.groups(cells, lambda cell: cell.records, rule["metric"])
    group_by_size = {size: groups[size] for size in sizes if size in groups}
    if sizes[-1] not in group_by_size or len(group_by_size) < 2:
        return _inconclusive(
            f"The study cannot tell: no cell with {sizes[-1]} records and a smaller size has both ended well."
        )
    if not any(len(group.losses) > 1 for group in group_by_size.values()):
        return _inconclusive(
            "The study cannot tell: no size has two finished seeds, so the noise between runs is unknown."
        )
    if group_by_size[sizes[-1]].is_unstable(rule):
        return _inconclusive(
            f"The study cannot tell: at {sizes[-1]} records {_unstable(group_by_size[sizes[-1]], rule)}."
        )
    drawn = draws([group.losses for group in group_by_size.values()], count=rule["draws"], seed=rule["seed"])
    listed = points(group_by_size, drawn, rule)
    fitted = _fit(group_by_size, drawn, rule)
    sentence = _sentence(listed, sizes[-1], rule)
    return {"sentence": sentence, "findings": [fitted["note"]], "points": listed, **fitted}


def points(group_by_size: Mapping[int, Group], drawn: Array, rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Each size with its loss, what it loses against the largest, and whether that is little enough under the rule."""
    largest = list(group_by_size)[-1]
    reference = np.array([group_by_size[largest].mean])
    listed: list[dict[str, Any]] = []
    for index, (size, group) in enumerate(group_by_size.items()):
        low, high = interval(drawn[:, index])
        point: dict[str, Any] = {
            "records": size,
            "seeds": len(group.losses),
            "loss": group.mean,
            "low": low,
            "high": high,
            "seconds": group.mean_cost("seconds"),
            "unstable": _unstable(group, rule) if group.is_unstable(rule) else "",
        }
        if size != largest:
            point["lost"] = _finite(float(results.lost_share(np.array([group.mean]), reference, rule["metric"])[0]))
            shares = results.lost_share(drawn[:, index], drawn[:, -1], rule["metric"])
            bounds = interval(shares) if np.isfinite(shares).all() else None
            point["lost_low"], point["lost_high"] = bounds or (None, None)
            point["is_enough"] = bounds is not None and bounds[1] < rule["tolerance"] and not point["unstable"]
        listed.append(point)
    if rule.get("order") == LARGEST_FIRST:
        _keep_unbroken(listed)
    return listed


def _keep_unbroken(listed: Sequence[dict[str, Any]]) -> None:
    """Count a size as enough only if all larger ones are, too."""
    goes_on = True
    for point in reversed(listed[:-1]):
        goes_on = point["is_enough"] = goes_on and point["is_enough"]


def _unstable(group: Group, rule: Mapping[str, Any]) -> str:
    return f"{results.spread_words(group, rule)}: it is unstable"


def _sentence(points: Sequence[Mapping[str, Any]], largest: int, rule: Mapping[str, Any]) -> str:
    tolerance = percent(rule["tolerance"])
    enough = next((point for point in points if point.get("is_enough")), None)
    if enough:
        return (
            f"{enough['records']} records are enough: against {largest}, {_lost(enough, rule)}, "
            f"less than the {tolerance} that was allowed."
        )
    nearest = points[-2]
    if nearest["unstable"]:
        return (
            f"You may need more than {nearest['records']} records: at {nearest['records']} records {nearest['unstable']}. "
            f"Even {largest} may not be enough."
        )
    if nearest["lost_high"] is None:
        return f"The study cannot tell: with {largest} records no output passes, so there is no quality to lose."
    return (
        f"You probably need more than {nearest['records']} records: with them {_lost(nearest, rule)}, "
        f"and less than {tolerance} was allowed. Even {largest} may not be enough."
    )


def _lost(point: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    bounds = ranged(point["lost_low"], point["lost_high"])
    if rule["metric"] in SHARE_METRICS:
        return f"{SHARE_METRICS[rule['metric']]} is {change(-point['lost'])} (lost: {bounds})"
    return f"the loss is {change(point['lost'])} ({bounds})"


def _fit(group_by_size: Mapping[int, Group], drawn: Array, rule: Mapping[str, Any]) -> dict[str, Any]:
    if len(group_by_size) < power_law.FEWEST_SIZES:
        note = f"A curve takes {power_law.FEWEST_SIZES} sizes; {len(group_by_size)} are there, so none is fitted."
        return {"fit": None, "curve": [], "more": None, "note": note}
    sizes = np.array(list(group_by_size), dtype=float)
    means = np.array([group.mean for group in group_by_size.values()])
    best, curves = power_law.fit(sizes, means[None, :]), power_law.fit(sizes, drawn)
    fit = {name: [float(getattr(best, name)[0]), *interval(getattr(curves, name))] for name in ("a", "b", "c")}
    grid = np.geomspace(sizes[0], sizes[-1] + rule["more_records"], CURVE_POINTS)
    curve = [[float(n), float(best.at(n)[0]), *interval(curves.at(n))] for n in grid]
    misfit = power_law.misfit(sizes, means, drawn)
    more = _more(best, curves, int(sizes[-1]), rule, misfit=misfit)
    return {"fit": {**fit, "misfit_p": misfit}, "curve": curve, "more": more, "note": _more_words(more, rule)}


def _more(
    best: power_law.PowerLaw, curves: power_law.PowerLaw, largest: int, rule: Mapping[str, Any], *, misfit: float
) -> dict[str, Any]:
    further = largest + rule["more_records"]
    gain = float((best.at(largest) - best.at(further))[0])
    low, high = interval(curves.at(largest) - curves.at(further))
    at_largest = float(best.at(largest)[0])
    return {
        "records": rule["more_records"],
        "from": largest,
        "gain": gain,
        "low": low,
        "high": high,
        "share": gain / at_largest if at_largest else None,
        "misfit_p": misfit,
        "is_told": low > 0 and misfit >= rule["misfit_p"],
    }


def _more_words(more: Mapping[str, Any], rule: Mapping[str, Any]) -> str:
    more_records = f"{more['records']} more records than {more['from']}"
    if more["misfit_p"] < rule["misfit_p"]:
        return (
            f"The gain from {more_records} is unknown: the losses do not follow the curve "
            f"(lack of fit, p {_probability(more['misfit_p'])})."
        )
    if not more["is_told"]:
        return f"Too little data to predict the gain from {more_records}: its interval, {_gain(more)}, includes zero."
    share = f", {percent(more['share'])} of the loss" if more["share"] else ""
    return f"Gain from {more_records}: {more['gain']:.3f} less loss (95 % {_gain(more)}){share}. This extrapolates beyond the measured sizes."


def _probability(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _gain(more: Mapping[str, Any]) -> str:
    return f"{fixed(more['low'], 3)} to {fixed(more['high'], 3)}"


def _finite(number: float) -> float | None:
    return number if np.isfinite(number) else None


def _inconclusive(sentence: str) -> dict[str, Any]:
    return {"sentence": sentence, "findings": [], "points": [], "fit": None, "curve": [], "more": None}
