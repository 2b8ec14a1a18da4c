"""Number of samples: one arm at growing sizes, and a curve through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np

from evaluation.states import SHARE_METRICS
from evaluation.studies import results
from evaluation.studies.design import MIN_RECORDS, SHARES, StudyArm
from evaluation.studies.kinds.base import USUAL, Grid, Kind, Rule
from evaluation.studies.number_wording import change, percent, ranged
from evaluation.studies.results import CellResult, Group
from stats import power_law
from stats.resampling.seed_bootstrap import Array, draws, interval
from web.templatetags.figures import fixed

CURVE_POINTS: Final = 40

# A fixed sequence of tests, each at its full level, has the error rate of one test (Maurer, Hothorn and Lehmacher 1995,
# in Biometrie in der chemisch-pharmazeutischen Industrie 6). Older registrations have no order.
LARGEST_FIRST: Final = "largest_first"


def conclude_samples(cells: Sequence[CellResult], rule: Mapping[str, Any], *, sizes: Sequence[int]) -> dict[str, Any]:
    """Return the verdict on the finished cells under the registered rule.

    Args:
        rule: `tolerance`, `more_records`, `draws`, `seed`, `metric`, and in newer registrations `order` and
            `unstable_above`.
        sizes: All sizes of the grid; the others are compared with the largest.

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
    if unknown := results.unknown_noise(group_by_size, rule):
        return _inconclusive(f"The study cannot tell: {unknown}.")
    if group_by_size[sizes[-1]].is_unstable(rule):
        return _inconclusive(
            f"The study cannot tell: at {sizes[-1]} records {_unstable(group_by_size[sizes[-1]], rule)}."
        )
    companies = results.companies_of(group_by_size[sizes[-1]], rule)
    losses = [group.losses for group in group_by_size.values()]
    drawn = draws(losses, count=rule["draws"], seed=rule["seed"], clusters=companies)
    listed = points(group_by_size, drawn, rule)
    fitted = _fit(group_by_size, drawn, rule)
    sentence = _sentence(listed, sizes[-1], rule)
    return {"sentence": sentence, "findings": [fitted["note"]], "points": listed, **fitted}


def points(group_by_size: Mapping[int, Group], drawn: Array, rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return each size with its loss, its difference from the largest, and whether the rule counts it as enough."""
    largest = list(group_by_size)[-1]
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
            both = drawn[:, index], drawn[:, -1]
            lost, lost_low, lost_high = results.lost_share(group, group_by_size[largest], both, rule)
            is_enough = lost_high is not None and lost_high < rule["tolerance"] and not point["unstable"]
            point.update(lost=lost, lost_low=lost_low, lost_high=lost_high, is_enough=is_enough)
        listed.append(point)
    if rule.get("order") == LARGEST_FIRST:
        _keep_unbroken(listed)
    return listed


def _keep_unbroken(listed: Sequence[dict[str, Any]]) -> None:
    """Count a size as enough only if all larger ones are."""
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
            f"You may need more than {nearest['records']} records: at {nearest['records']} records "
            f"{nearest['unstable']}. Even {largest} may not be enough."
        )
    if nearest["lost"] is None:
        return f"The study cannot tell: with {largest} records no output passes, so there is no quality to lose."
    lost = f"with them {_lost(nearest, rule)}, and less than {tolerance} was allowed"
    if nearest["lost_low"] < rule["tolerance"] <= nearest["lost_high"]:
        return f"The study cannot tell whether {nearest['records']} records are enough: {lost}."
    return f"You need more than {nearest['records']} records: {lost}. Even {largest} may not be enough."


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
    return (
        f"Gain from {more_records}: {more['gain']:.3f} less loss (95 % {_gain(more)}){share}. "
        "This extrapolates beyond the measured sizes."
    )


def _probability(p: float) -> str:
    return f"{p:.3f}" if p >= 0.001 else "< 0.001"


def _gain(more: Mapping[str, Any]) -> str:
    return f"{fixed(more['low'], 3)} to {fixed(more['high'], 3)}"


def _inconclusive(sentence: str) -> dict[str, Any]:
    return {"sentence": sentence, "findings": [], "points": [], "fit": None, "curve": [], "more": None}


# The same rule for a share of outputs, whose fall is the loss.
SHARE_RULE: Final = (
    "We go down from the largest sample below the whole: a size is enough if the share of outputs that pass falls by "
    "less than 5 % of the share at the largest size (the 95 % interval ends below 5 %). We stop at the first size "
    "that is not enough, or whose seeds differ by more than 20 points (unstable). The last size that is "
    "enough is the answer, so at most 2.5 % of such studies name a size that is not enough. The gain from "
    "300 more records is reported only if its 95 % interval, on the curve a·n^-b + c fitted to the share that fails, "
    "lies above zero and the shares follow the curve (lack of fit, p at least 0.05)."
)
_BEFORE: Final = (
    "This study was registered when the smallest of several sizes was searched without an order: up to 8 % of such "
    "studies name a size as enough that is not. Studies registered now ask from the largest size down, which holds "
    "that to 2.5 %."
)


def _sizes(grid: Grid) -> tuple[int, ...]:
    if grid.request.sizes:
        return grid.request.sizes
    sizes = {max(MIN_RECORDS, round(grid.most * share)) for share in SHARES[grid.request.preset]}
    return tuple(sorted(size for size in sizes if size <= grid.most)) or (grid.most,)


def _note(rule: Rule) -> str:
    return "" if "order" in rule else _BEFORE


KIND = Kind(
    name="samples",
    question="How many approved samples does this task need?",
    axis="Records",
    arms=lambda grid: (StudyArm("LoRA", grid.lora),),
    sizes=_sizes,
    is_by_size=True,
    share_text=SHARE_RULE,
    conclude=lambda cells, rule, record: conclude_samples(cells, rule, sizes=record["grid"]["sizes"]),
    loses_nothing=("The first size below the largest", "enough"),
    note=_note,
    rule={
        **USUAL,
        "text": (
            "We go down from the largest sample below the whole: a size is enough if its loss, divided by the loss at "
            "the largest size, has a 95 % interval that ends below 1.05. We stop at the first size that is not "
            "enough, or whose seeds differ by more than 20 % (unstable). The last size that is enough is the "
            "answer, so at most 2.5 % of such studies name a size that is not enough. The gain from 300 "
            "more records is reported only if its 95 % interval, on the fitted curve a·n^-b + c, lies above zero and "
            "the losses follow the curve (lack of fit, p at least 0.05)."
        ),
        "misfit_p": 0.05,
        "tolerance": 0.05,
        "order": LARGEST_FIRST,
        "more_records": 300,
    },
    findings=(
        "Tunes on thousands of samples that a teacher wrote and experts approved, for 3 to 5 epochs.",
        "Gives no curve over the number of samples: how many are needed is left open.",
    ),
)
