"""Transfer between tasks: a row for each tuned task, a column for each scored one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from evaluation.states import StudyMetric
from evaluation.studies import results
from evaluation.studies.design import StudyArm, StudyDesign
from evaluation.studies.kinds.base import Errors, Grid, Kind
from evaluation.studies.number_wording import change, ranged
from evaluation.studies.results import CellResult, Group
from stats.intervals import multiplicity
from stats.resampling import paired_runs
from stats.resampling.seed_bootstrap import pooled_variance

# The untuned arm; no task has such a short name. The second name is that of older registrations.
BASE: Final = "as it came"
BASE_BEFORE: Final = "base"


def conclude_transfer(
    cells: Sequence[CellResult], rule: Mapping[str, Any], *, columns: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """Return the verdict on the finished cells under the registered rule.

    Args:
        cells: Finished cells; the arm that the rule names `base` is the untuned student.
        rule: `level`, `metric`, `unstable_above`, `base`.
        columns: Tasks with the `records` that score them.

    Returns:
        `sentence`, `findings`, `points` (none) and `matrix`, with a column for each task, as plain data.
    """
    matrix = [_column(str(column["task"]), cells, set(column["records"]), rule) for column in columns]
    pairs = _pairs(matrix)
    # Adjusted over all registered pairs: an unstable pair is never named, but counts.
    adjusted = multiplicity.holm([1.0 if pair["problem"] else pair["p"] for pair in pairs])
    for pair, of_all in zip(pairs, adjusted, strict=True):
        if not pair["problem"]:
            pair |= {"adjusted_p": of_all, "effect": _effect(pair, of_all, 1 - rule["level"])}
    return {**worded(matrix), "points": [], "matrix": matrix}


def worded(matrix: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Word a matrix as `sentence` and `findings`, with its names of tasks."""
    pairs = _pairs(matrix)
    clear = [pair for pair in pairs if not pair["problem"]]
    return {
        "sentence": _sentence(clear, has_base=any(column["base"] is not None for column in matrix)),
        "findings": [_finding(pair) for pair in pairs],
    }


def _pairs(matrix: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries of one task tuned on another, where both were measured."""
    entries = (entry for column in matrix for entry in column["entries"])
    return [entry for entry in entries if entry["p"] is not None and not entry["is_own"]]


def _column(task: str, cells: Sequence[CellResult], records: set[str], rule: Mapping[str, Any]) -> dict[str, Any]:
    groups = results.groups([cell.on(records) for cell in cells], lambda cell: cell.arm, rule["metric"])
    base = groups.pop(rule.get("base", BASE_BEFORE), None)
    is_known = base is not None and base.mean > 0 and not results.unknown_noise({task: base}, rule)
    if base is None or not is_known or not any(len(group.losses) > 1 for group in groups.values()):
        return {"task": task, "base": None if base is None else base.mean, "entries": []}
    noise = pooled_variance([group.losses for group in groups.values()])
    entries = [_entry(task, group, base, noise, rule) for group in groups.values()]
    return {"task": task, "base": base.mean, "records": base.losses.shape[1], "entries": entries}


def _entry(task: str, group: Group, base: Group, noise: tuple[float, int], rule: Mapping[str, Any]) -> dict[str, Any]:
    companies = results.companies_of(base, rule)
    effect = paired_runs.relative_change(
        group.losses, base.losses[0], seed_variance=noise[0], seed_df=noise[1], clusters=companies
    )
    low, high = effect.interval(rule["level"])
    unstable = group.is_unstable(rule)
    return {
        "from": group.name,
        "to": task,
        "is_own": group.name == task,
        "loss": group.mean,
        "seeds": len(group.losses),
        "change": effect.value,
        "low": low,
        "high": high,
        "p": effect.p_value,
        "adjusted_p": None,
        "effect": "",
        "problem": f"its {results.spread_words(group, rule)}" if unstable else "",
    }


def _effect(pair: Mapping[str, Any], adjusted_p: float, alpha: float) -> str:
    if adjusted_p > alpha:
        return ""
    return "helps" if pair["change"] < 0 else "hurts"


def _sentence(pairs: Sequence[Mapping[str, Any]], *, has_base: bool) -> str:
    if not has_base:
        return "The study cannot tell: the student as it came has no scores to compare with."
    if not pairs:
        return "The study cannot tell: no row has two finished seeds that agree."
    shown = [
        (
            f"tuning on {pair['from']} {pair['effect']} {pair['to']} (loss {change(pair['change'])}, "
            f"{ranged(pair['low'], pair['high'])})"
        )
        for pair in pairs
        if pair["effect"]
    ]
    if not shown:
        return f"No transfer is shown, neither help nor harm, in any of {len(pairs)} pairs."
    sentence = f"{'; '.join(shown)}."
    return sentence[:1].upper() + sentence[1:]


def _finding(pair: Mapping[str, Any]) -> str:
    head = f"{pair['from']} to {pair['to']}"
    if pair["problem"]:
        return f"{head}: unstable, {pair['problem']}."
    result = pair["effect"] or "not shown"
    return (
        f"{head}: the loss is {change(pair['change'])} than before tuning ({ranged(pair['low'], pair['high'])}); "
        f"{result}."
    )


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    rows = (StudyArm(task, grid.lora, version=version) for task, version in grid.inputs.versions.items())
    return StudyArm(BASE, grid.lora, is_base=True), *rows


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    errors: Errors = {}
    if len(grid.inputs.versions) < 2:
        errors["others"] = ["Name a dataset version of another task to transfer to."]
    if design.metric != StudyMetric.NLL:
        errors["metric"] = ["A transfer is measured by the loss, because the tasks' checks differ."]
    return errors


KIND = Kind(
    name="transfer",
    question="Does tuning on one task help or hurt another?",
    axis="Tuned on",
    arms=_arms,
    is_across_tasks=True,
    tells_scatter=False,
    sides=1,
    errors=_errors,
    conclude=lambda cells, rule, record: conclude_transfer(cells, rule, columns=record["scored_on"]["columns"]),
    gain="A transfer that truly lowers the loss by {gain}, the only one there is, is shown",
    smallest="change",
    rule={
        "text": (
            "For every pair of tasks: the relative difference in loss on the other task's validation records, tuned on "
            "the first task against not tuned, paired by record and averaged over seeds. Student's t with the "
            "variance of seeds, pooled over the rows of a column, and of records, at the fewer degrees of freedom "
            "of both; p-values adjusted by Holm over all pairs. A pair with an adjusted p of at most 0.05 "
            "helps or hurts; the others are undecided. So at most 5 % of such studies report a transfer "
            "that does not exist, 2.5 % one that helps. A row whose seeds differ by more than 20 % on a task is "
            "unstable there and undecided."
        ),
        "base": BASE,
        "tolerance": 0.0,
        "gain": 0.05,
        "unstable_above": 0.2,
        "level": 0.95,
    },
    findings=("Tunes one miniature a task; expects the mail's not to serve research, nor the other way round.",),
)
