"""The verdict on *experts behind a router*: all experts together against the larger student, by segment too, and what each side costs. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evaluation.studies import arm_sentences, arms, results
from evaluation.studies.design import LARGER, ROUTED
from evaluation.studies.results import CellResult

# Of fewer companies an interval would tell nothing.
FEWEST_COMPANIES: Final = 5
SUMMED: Final = ("seconds", "trainable_parameters", "artefact_bytes")
# What pages call what stands beside the verdict.
FIGURES: Final = {
    "parameters_at_work": "Parameters at work for an output",
    "parameters_held": "Parameters held in all",
    "seconds_per_thousand": "Seconds for 1,000 outputs",
    "usd_per_thousand": "US dollars for 1,000 outputs",
    "seconds": "Seconds of tuning, all runs of a seed",
    "artefact_bytes": "Bytes of what they leave",
}


def conclude_router(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the finished cells say under the rule that was registered.

    Args:
        cells: Finished ones: experts, each scored on the records routed to it, and the larger student.
        rule: As of other comparisons of arms; `routes` names the expert of each record, `experts` all of them, `companies` the
            company of each record.

    Returns:
        What other comparisons return, and `segments` and `figures`.
    """
    joined = together(cells, rule)
    body = arms.conclude(joined, rule, arm_sentences.of_router)
    if not body["points"]:
        return {**body, "segments": [], "figures": []}
    return {**body, "segments": _segments(joined, rule), "figures": _figures(joined, rule)}


def together(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> list[CellResult]:
    """One result a seed for all experts behind their router, and those of the larger student.

    A seed of which an expert is missing has nobody to answer a segment, so it is left out.
    """
    by_seed: dict[int, dict[str, CellResult]] = defaultdict(dict)
    for cell in cells:
        if cell.arm in rule["experts"]:
            by_seed[cell.seed][cell.arm] = cell
    whole = [_join(seed, found, rule) for seed, found in by_seed.items() if len(found) == len(rule["experts"])]
    return [*whole, *(cell for cell in cells if cell.arm == LARGER)]


def _join(seed: int, found: Mapping[str, CellResult], rule: Mapping[str, Any]) -> CellResult:
    routes: Mapping[str, str] = rule["routes"]
    scores = {record: found[name].scores[record] for record, name in routes.items() if record in found[name].scores}
    return CellResult(ROUTED, sum(cell.records for cell in found.values()), seed, scores, _joined_costs(found, rule))


def _joined_costs(found: Mapping[str, CellResult], rule: Mapping[str, Any]) -> dict[str, float]:
    """Sum tuning costs, take each output's own expert, and count shared bases once; incomplete figures are left out."""
    answered = list(rule["routes"].values())
    told = {
        name: [cell.cost[name] for cell in found.values() if name in cell.cost]
        for name in (*SUMMED, *FIGURES, "peak_memory_gib")
    }
    whole = {name: values for name, values in told.items() if len(values) == len(found)}
    costs = {name: sum(values) for name, values in whole.items() if name in SUMMED}
    costs |= {name: max(whole[name]) for name in ("peak_memory_gib", "parameters_at_work") if name in whole}
    for name in ("seconds_per_thousand", "usd_per_thousand"):
        if name in whole:
            costs[name] = sum(found[expert].cost[name] for expert in answered) / len(answered)
    if "parameters_held" in whole:
        costs["parameters_held"] = _held([cell.cost for cell in found.values()])
    return costs


def _held(costs: Sequence[Mapping[str, float]]) -> float:
    """Parameters in memory: one base under adapters, or one model each after full tuning."""
    bases = [cost["base_parameters"] for cost in costs]
    own = sum(cost["parameters_held"] for cost in costs)
    return own + (bases[0] if all(cost["shares_base"] for cost in costs) else sum(bases))


def _segments(joined: Sequence[CellResult], rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Repeat the comparison within each segment, at a level that segments share."""
    level = 1 - (1 - rule["level"]) / len(rule["experts"])
    return [_segment(name, joined, {**rule, "level": level}) for name in rule["experts"]]


def _segment(name: str, joined: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    routes = rule["routes"]
    here = [
        replace(cell, scores={record: score for record, score in cell.scores.items() if routes[record] == name})
        for cell in joined
    ]
    groups = results.groups(here, lambda cell: cell.arm, rule["metric"])
    records = groups[ROUTED].records if ROUTED in groups else ()
    companies = len({rule["companies"][record] for record in records})
    compared = arms.compare(here, rule, [(ROUTED, LARGER)]) if {ROUTED, LARGER} <= groups.keys() else []
    one = compared[0] if compared else None
    has_interval = one is not None and companies >= FEWEST_COMPANIES
    return {
        "segment": name,
        "records": len(records),
        "companies": companies,
        "routed": groups[ROUTED].mean if ROUTED in groups else None,
        "larger": groups[LARGER].mean if LARGER in groups else None,
        "lost": one.lost if one else None,
        "low": one.low if one and has_interval else None,
        "high": one.high if one and has_interval else None,
        "level": rule["level"],
        "problem": one.problem if one else "no finished cells to compare",
    }


def _figures(joined: Sequence[CellResult], rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Mean of each side over its seeds, None where it is unknown."""
    cells = [cell if cell.arm == ROUTED else replace(cell, cost={**cell.cost, **_own_held(cell)}) for cell in joined]
    groups = results.groups(cells, lambda cell: cell.arm, rule["metric"])
    routed, larger = groups.get(ROUTED), groups.get(LARGER)
    return [
        {
            "name": name,
            "label": label,
            "routed": routed.mean_cost(name) if routed else None,
            "larger": larger.mean_cost(name) if larger else None,
        }
        for name, label in FIGURES.items()
    ]


def _own_held(cell: CellResult) -> dict[str, float]:
    return {"parameters_held": _held([cell.cost])} if "parameters_held" in cell.cost else {}
