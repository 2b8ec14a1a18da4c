"""An evaluation's summary as tables and charts: which metric says what, and how it is written. Pure Python."""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, log2
from typing import Any

from evaluation.evaluations import speeds
from evaluation.evaluations.metric_display import (
    CHECKS,
    FIELDS,
    METRICS,
    OUT_OF_SHAPE,
    SHAPE,
    MetricDisplay,
    needs_gold,
    of_check,
    of_field,
)
from stats.experiments.number_wording import shown_difference
from stats.intervals import ratios, shares
from stats.intervals.shares import FEW, clopper_pearson, wilson
from web.templatetags.figures import fixed

# The interval of a difference holds zero.
MAY_BE_CHANCE = "may be chance"
ORDER = {"baseline": 0, "base": 1, "lora": 2, "full": 3, "teacher": 4}
# A loss on the general text that is shown to have grown by more than this is told apart.
MUCH_FORGOTTEN = 0.1
# A share that many tasks come near; what its interval looks like is said for it.
EXAMPLE_SHARE = 0.8


def systems(summary: dict[str, Any]) -> list[str]:
    """Systems from base to teacher."""
    kinds = summary.get("kinds", {})
    return sorted(summary.get("systems", {}), key=lambda name: (ORDER.get(kinds.get(name, ""), 9), name))


def of_values(summary: dict[str, Any]) -> bool:
    """Return whether values alone were scored: no prose was written and no check read it, so that none could fail."""
    measured = _measured(summary)
    checks = {name for name in measured if name.startswith(CHECKS) and not name.startswith(FIELDS)}
    return "exact" in measured and "words" not in measured and checks <= {"passes_all"}


def _measured(summary: dict[str, Any]) -> set[str]:
    return {name for scored in summary.get("systems", {}).values() for name in scored}


def rows(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """A row per metric with a cell per system: value, interval, n."""
    names, scored, is_of_values = systems(summary), summary.get("systems", {}), of_values(summary)
    listed_metrics = {metric.name for metric in METRICS}
    more = sorted({name for result in scored.values() for name in result} - listed_metrics)
    by_field = [metric for name in more if (metric := of_field(name))]
    checks = [of_check(name) for name in more if name.startswith(CHECKS)]
    metrics = [METRICS[0], *by_field, *METRICS[1:], *checks]
    if is_of_values:
        metrics = [metric for metric in metrics if not metric.name.startswith(CHECKS)]
    result: list[dict[str, Any]] = []
    for metric in metrics:
        lines = [(metric, {name: scored[name].get(metric.name) for name in names})]
        if metric.name == speeds.SECONDS:
            lines = [(MetricDisplay(*texts), dict(values)) for texts, values in speeds.rows(summary)]
        for shown, values in lines:
            cells = [cell(values.get(name), shown, of=_outputs(summary, shown)) for name in names]
            # Zero dollars of every system are no price: nothing was billed.
            is_unbilled = shown.name == "cost_usd" and not any((value or {}).get("mean") for value in values.values())
            if any(cells) and not is_unbilled:
                result.append({"metric": shown, "cells": cells})
        if metric.name == SHAPE:
            result += out_of_shape(summary)
    return result


def out_of_shape(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """The row of outputs that could not be read as the task's fields, counted; none where every output could."""
    shaped = [summary["systems"][name].get(SHAPE) for name in systems(summary)]
    counts = [value and (value["n"] - round(value["mean"] * value["n"]), value["n"]) for value in shaped]
    if not any(count and count[0] for count in counts):
        return []
    cells = [count and {"value": f"{count[0]} of {count[1]}", "interval": "", "n": count[1]} for count in counts]
    return [{"metric": OUT_OF_SHAPE, "cells": cells}]


def _outputs(summary: dict[str, Any], metric: MetricDisplay) -> int:
    """Count the outputs a metric applies to: those with a gold where it needs one, else all."""
    return int(summary.get("with_gold" if needs_gold(metric.name) else "records", 0))


def differences(summary: dict[str, Any], metric: str) -> list[dict[str, Any]]:
    """Paired differences in one metric, as sentences can be made of them.

    The mean of each is as pages show it: the difference of the two figures beside it.
    """
    display = next((m for m in METRICS if m.name == metric), of_check(metric))
    return [
        {
            "of": d["of"],
            "against": d["against"],
            "value": (value := {**d["value"], "mean": _shown_mean(d, display, summary)}),
            "cell": cell(value, display, signed=True),
            "verdict": _comparison_words(d, summary),
        }
        for d in summary.get("differences", [])
        if d["metric"] == metric
    ]


def _shown_mean(difference: dict[str, Any], metric: MetricDisplay, summary: dict[str, Any]) -> float:
    value, scored = difference["value"], summary.get("systems", {})
    first, second = (scored.get(difference[side], {}).get(metric.name) for side in ("of", "against"))
    exact: float = value["mean"]
    if first is None or second is None:
        return exact
    scale, ends = 100 if metric.unit == "percent" else 1, (value["low"], value["high"])
    return shown_difference(first["mean"], second["mean"], exact, ends, digits=metric.digits, scale=scale)


def chart(summary: dict[str, Any], metric: str, names: Sequence[str] | None = None) -> dict[str, Any]:
    """Interval plot of one metric over the systems, in per cent.

    Args:
        names: The systems to draw, in their order; None for all.
    """
    scored, lines = summary.get("systems", {}), []
    for name in systems(summary) if names is None else names:
        if value := scored[name].get(metric):
            low, high = ends(value, is_share=True)
            lines.append(
                {
                    "name": name,
                    "value": 100 * value["mean"],
                    "n": value["n"],
                    "lo": None if low is None else 100 * low,
                    "hi": None if high is None else 100 * high,
                }
            )
    return {"rows": lines, "x": {"label": "per cent of outputs"}}


def percent_level(summary: dict[str, Any]) -> float:
    """Level of an evaluation's intervals, in per cent."""
    return 100 * float(summary.get("level", shares.LEVEL))


def fewest_companies(summary: dict[str, Any]) -> int:
    """With fewer companies no verdict is given: a sign test's smallest p, 2 / 2^n, is above what the level allows."""
    return max(shares.MIN_FOR_A_CONCLUSION, ceil(log2(2 / (1 - summary.get("level", shares.LEVEL)))))


def forgetting(summary: dict[str, Any]) -> list[dict[str, Any]]:
    """Loss on the fixed general text, with the change against the base and its interval, paired over its passages.

    What was measured before passages were kept has no interval, and is marked by the change alone.
    """
    nll = summary.get("general_nll_per_byte", {})
    return [{"name": name, **_forgotten(summary, name)} for name in systems(summary) if name in nll]


def forgotten(summary: dict[str, Any], name: str) -> tuple[float, float | None, float | None] | None:
    """Growth of a system's loss on the general text against the base, as a share, and its interval's ends.

    None where there is nothing to compare; no ends where passages were not kept, or are too few.
    """
    nll, kinds = summary.get("general_nll_per_byte", {}), summary.get("kinds", {})
    base = next((each for each in systems(summary) if kinds.get(each) == "base" and each in nll), None)
    if base is None or name not in nll or not nll[base]:
        return None
    change = nll[name] / nll[base] - 1
    passages = summary.get("general_passages", {})
    own, others = passages.get(name, ()), passages.get(base, ())
    ratio = None
    if len(own) == len(others):
        ratio = ratios.paired(own, others, level=summary.get("level", ratios.LEVEL))
    return (change, ratio.low - 1, ratio.high - 1) if ratio else (change, None, None)


def _forgotten(summary: dict[str, Any], name: str) -> dict[str, Any]:
    nll = summary["general_nll_per_byte"]
    line = {"nll": f"{nll[name]:.3f}", "change": "", "interval": "", "is_much": False, "words": ""}
    grown = forgotten(summary, name)
    if grown is None:
        return line
    change, low, high = grown
    least = change if low is None else low
    line["change"] = f"{fixed(100 * change, 1, signed=True)} %"
    if low is not None and high is not None:
        line["interval"] = f"{fixed(100 * low, 1, signed=True)} % to {fixed(100 * high, 1, signed=True)} %"
    if least > MUCH_FORGOTTEN:
        at_least = f"At least {fixed(100 * least, 1)} %" if line["interval"] else "More than a tenth"
        line["words"] = f"{at_least} worse on a text that is not the task's: it has unlearnt other things"
    return {**line, "is_much": bool(line["words"])}


def headline_metric(summary: dict[str, Any]) -> MetricDisplay:
    """The one metric that a task is judged by, on pages, lists, comparisons and promotions alike; see `judged_by`."""
    measured = "exact" if "exact" in _measured(summary) else "passes_all"
    name = summary.get("judged_by", measured)
    return next(metric for metric in METRICS if metric.name == name)


def headline(summary: dict[str, Any]) -> list[dict[str, Any]]:
    scored, metric = summary.get("systems", {}), headline_metric(summary)
    return [{"name": name, "cell": cell(scored[name].get(metric.name), metric)} for name in systems(summary)]


def cell(
    value: dict[str, Any] | None, metric: MetricDisplay, *, signed: bool = False, of: int = 0
) -> dict[str, Any] | None:
    """One value of a metric as pages write it, with its interval; None for a system that was not measured.

    `of` is how many outputs it could be of: told beside the value where it is of fewer.
    """
    if value is None:
        return None
    low, high = ends(value, is_share=metric.unit == "percent" and not signed)
    interval = (
        ""
        if low is None or high is None
        else f"{_formatted(low, metric, signed)} to {_formatted(high, metric, signed)}"
    )
    return {
        "value": _formatted(value["mean"], metric, signed),
        "interval": interval,
        "n": value["n"],
        "companies": value.get("companies"),
        "of": of if of > value["n"] else None,
    }


def ends(value: dict[str, Any], *, is_share: bool) -> tuple[float | None, float | None]:
    """Return the ends of an interval; those of a share are bounded."""
    low, high = value["low"], value["high"]
    if is_share and low is not None and high is not None:
        # Student's interval of a mean of shares knows no bounds.
        return max(0.0, low), min(1.0, high)
    return low, high


def _formatted(number: float, metric: MetricDisplay, signed: bool) -> str:
    if metric.unit == "percent":
        return f"{fixed(100 * number, metric.digits, signed=signed)} {'points' if signed else '%'}"
    if metric.unit == "usd":
        thousand = 1000 * number
        digits = 2 if not thousand or abs(thousand) >= 0.01 else 4
        size = fixed(abs(thousand), digits)
        sign = fixed(thousand, digits, signed=signed).removesuffix(size)
        return f"{sign}${size}"
    if metric.unit == "seconds":
        # A fast model is not one that takes no time.
        return f"{fixed(number, metric.digits if not number or abs(number) >= 0.01 else 4, signed=signed)} s"
    return fixed(number, metric.digits, signed=signed)


def _comparison_words(difference: dict[str, Any], summary: dict[str, Any]) -> str:
    value = difference["value"]
    low, high = value["low"], value["high"]
    if summary.get("is_exploratory"):
        return "exploratory, no verdict"
    # Evaluations kept before companies were counted have records alone.
    if low is None or (value.get("companies") or value["n"]) < fewest_companies(summary):
        return "too few to tell"
    if low > 0:
        return "higher"
    return "lower" if high < 0 else MAY_BE_CHANCE


def few_records_warning(count: int, split: str) -> str:
    """Return where the true share may lie with so few records of a split; empty where there are enough, or none."""
    if not 0 < count < FEW:
        return ""
    here, enough = clopper_pearson(EXAMPLE_SHARE * count, count), wilson(EXAMPLE_SHARE * FEW, FEW)
    return (
        f"With {count} {split} record{'s' if count > 1 else ''} the result is very uncertain: if 80 % of them pass, "
        f"the true share could be anywhere from {100 * here.low:.0f} % to {100 * here.high:.0f} % (95 % interval). "
        f"With {FEW} it is {100 * enough.low:.0f} % to {100 * enough.high:.0f} %."
    )
