"""The verdict on *LoRA against full*: quality by the rule that was registered, and the cost of each beside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from evaluation.studies import reported, results
from evaluation.studies.arms import COSTS
from evaluation.studies.number_wording import change, percent, ranged
from evaluation.studies.results import CellResult, Group
from stats.intervals import means
from stats.resampling.seed_bootstrap import draws, interval

LORA, FULL = "LoRA", "Full"


def conclude_methods(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the finished cells say under the rule that was registered.

    Args:
        cells: Finished ones of both arms, at one size.
        rule: `margin`, `draws`, `seed`, `metric`; `unstable_above` since it is registered.

    Returns:
        `sentence`, `findings`, `points` (one an arm), `difference` and `costs`, as plain data.
    """
    arms = results.groups(cells, lambda cell: cell.arm, rule["metric"])
    if LORA not in arms or FULL not in arms:
        absent = " and ".join(name for name in (LORA, FULL) if name not in arms)
        return _inconclusive(f"The study cannot tell: {absent} has no cell that ended well.")
    lora, full = arms[LORA], arms[FULL]
    if len(lora.losses) < 2 and len(full.losses) < 2:
        return _inconclusive(
            "The study cannot tell: no arm has two finished seeds, so the noise between runs is unknown."
        )
    if full.mean <= 0:
        return _inconclusive("Undecided: the loss of full fine-tuning is zero, so no relative difference exists.")
    drawn = draws([lora.losses, full.losses], count=rule["draws"], seed=rule["seed"])
    low, high = interval((drawn[:, 0] - drawn[:, 1]) / full.mean)
    difference = {
        "value": (lora.mean - full.mean) / full.mean,
        "low": low,
        "high": high,
        **_over_records(lora, full, rule),
    }
    points = [_point(group, drawn[:, index]) for index, group in enumerate((lora, full))]
    unstable = [
        f"{group.name} is unstable: its {results.spread_words(group, rule)}"
        for group in (lora, full)
        if group.is_unstable(rule)
    ]
    return {
        "sentence": _sentence(difference, rule["margin"], unstable),
        "findings": [],
        "points": points,
        "difference": difference,
        "costs": [_cost(name, lora, full) for name in COSTS],
    }


def _over_records(lora: Group, full: Group, rule: Mapping[str, Any]) -> dict[str, Any]:
    """Difference over records alone, as in evaluations: seeds taken as fixed."""
    lora_losses, full_losses = (dict(enumerate(group.losses.mean(axis=0) / full.mean)) for group in (lora, full))
    estimate = means.difference(_named(lora_losses), _named(full_losses), draws=rule["draws"], seed=rule["seed"])
    return {"records_low": estimate.low if estimate else None, "records_high": estimate.high if estimate else None}


def _named(losses: Mapping[int, Any]) -> dict[str, float]:
    return {f"{index:06}": float(loss) for index, loss in losses.items()}


def _point(group: Group, drawn: np.ndarray[Any, Any]) -> dict[str, Any]:
    low, high = interval(drawn)
    means = {name: group.mean_cost(name) for name in COSTS}
    return {"arm": group.name, "seeds": len(group.losses), "loss": group.mean, "low": low, "high": high, **means}


def _cost(name: str, lora: Group, full: Group) -> dict[str, Any]:
    lora_mean, full_mean = lora.mean_cost(name), full.mean_cost(name)
    return {
        "name": name,
        "lora": lora_mean,
        "full": full_mean,
        "ratio": full_mean / lora_mean if lora_mean and full_mean is not None else None,
        "reported": reported.RATIOS.get(name),
    }


def _sentence(difference: Mapping[str, float], margin: float, unstable: Sequence[str]) -> str:
    if unstable:
        return f"The study cannot tell: {'; '.join(unstable)}."
    low, high = difference["low"], difference["high"]
    finding = f"its loss is {change(difference['value'])} than that of full fine-tuning ({ranged(low, high)})"
    if high < 0:
        return f"LoRA is better: {finding}."
    if high < margin:
        return f"LoRA is as good as full fine-tuning: {finding}, within the {percent(margin)} that was allowed."
    if low > margin:
        return f"LoRA is worse: {finding}, beyond the {percent(margin)} that was allowed."
    return f"Undecided: {finding}; the interval includes the {percent(margin)} that was allowed."


def _inconclusive(sentence: str) -> dict[str, Any]:
    return {"sentence": sentence, "findings": [], "points": [], "difference": None, "costs": []}
