"""The verdict on *does it transfer*: every task tuned on, every task scored, and the student as it came in each column."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from evaluation.studies import results
from evaluation.studies.design import BASE_BEFORE
from evaluation.studies.number_wording import change, ranged
from evaluation.studies.results import CellResult, Group
from stats.intervals import multiplicity
from stats.resampling import paired_runs
from stats.resampling.seed_bootstrap import pooled_variance


def conclude_transfer(
    cells: Sequence[CellResult], rule: Mapping[str, Any], *, columns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return what the finished cells say under the rule that was registered.

    Args:
        cells: Finished ones; the arm that the rule names `base` is the student as it came.
        rule: `level`, `metric`, `unstable_above`, `base`.
        columns: Tasks with the `records` that they are scored on.

    Returns:
        `sentence`, `findings`, `points` (none) and `matrix`, a column a task, as plain data.
    """
    matrix = [_column(str(column["task"]), cells, set(column["records"]), rule) for column in columns]
    pairs = _pairs(matrix)
    # Over all pairs, as registered: one that is unstable is never named, but counts.
    adjusted = multiplicity.holm([1.0 if pair["problem"] else pair["p"] for pair in pairs])
    for pair, of_all in zip(pairs, adjusted, strict=True):
        if not pair["problem"]:
            pair |= {"adjusted_p": of_all, "effect": _effect(pair, of_all, 1 - rule["level"])}
    return {**worded(matrix), "points": [], "matrix": matrix}


def worded(matrix: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what a matrix says in words: `sentence` and `findings`, with the tasks called as the matrix calls them."""
    pairs = _pairs(matrix)
    told = [pair for pair in pairs if not pair["problem"]]
    return {
        "sentence": _sentence(told, has_base=any(column["base"] is not None for column in matrix)),
        "findings": [_finding(pair) for pair in pairs],
    }


def _pairs(matrix: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Entries of a task tuned on another, where both were measured."""
    entries = (entry for column in matrix for entry in column["entries"])
    return [entry for entry in entries if entry["p"] is not None and not entry["is_own"]]


def _column(task: str, cells: Sequence[CellResult], records: set[str], rule: Mapping[str, Any]) -> dict[str, Any]:
    here = [
        CellResult(cell.arm, cell.records, cell.seed, {r: s for r, s in cell.scores.items() if r in records}, cell.cost)
        for cell in cells
    ]
    groups = results.groups(here, lambda cell: cell.arm, rule["metric"])
    base = groups.pop(rule.get("base", BASE_BEFORE), None)
    if base is None or base.mean <= 0 or not any(len(group.losses) > 1 for group in groups.values()):
        return {"task": task, "base": None if base is None else base.mean, "entries": []}
    noise = pooled_variance([group.losses for group in groups.values()])
    entries = [_entry(task, group, base, noise, rule) for group in groups.values()]
    return {"task": task, "base": base.mean, "records": base.losses.shape[1], "entries": entries}


def _entry(task: str, group: Group, base: Group, noise: tuple[float, int], rule: Mapping[str, Any]) -> dict[str, Any]:
    found = paired_runs.relative_change(group.losses, base.losses[0], seed_variance=noise[0], seed_df=noise[1])
    low, high = found.interval(rule["level"])
    unstable = group.is_unstable(rule)
    return {
        "from": group.name,
        "to": task,
        "is_own": group.name == task,
        "loss": group.mean,
        "seeds": len(group.losses),
        "change": found.value,
        "low": low,
        "high": high,
        "p": found.p_value,
        "adjusted_p": None,
        "effect": "",
        "problem": f"its {results.spread_words(group, rule)}" if unstable else "",
    }


def _effect(pair: Mapping[str, Any], adjusted_p: float, alpha: float) -> str:
    if adjusted_p > alpha:
        return ""
    return "helps" if pair["change"] < 0 else "hurts"


def _sentence(told: Sequence[Mapping[str, Any]], *, has_base: bool) -> str:
    if not has_base:
        return "The study cannot tell: the student as it came has no scores to compare with."
    if not told:
        return "The study cannot tell: no row has two finished seeds that agree."
    shown = [
        f"tuning on {pair['from']} {pair['effect']} {pair['to']} (loss {change(pair['change'])}, {ranged(pair['low'], pair['high'])})"
        for pair in told
        if pair["effect"]
    ]
    if not shown:
        return f"No transfer is shown, neither help nor harm, in any of {len(told)} pairs."
    sentence = f"{'; '.join(shown)}."
    return sentence[:1].upper() + sentence[1:]


def _finding(pair: Mapping[str, Any]) -> str:
    head = f"{pair['from']} to {pair['to']}"
    if pair["problem"]:
        return f"{head}: unstable, {pair['problem']}."
    told = pair["effect"] or "not shown"
    return f"{head}: the loss is {change(pair['change'])} than before tuning ({ranged(pair['low'], pair['high'])}); {told}."
