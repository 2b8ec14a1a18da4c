"""Several small experts behind a router against one larger student."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from evaluation.studies import arms, queries, results
from evaluation.studies.arm_sentences import ArmComparison, cannot_tell, within, words
from evaluation.studies.design import (
    MIN_RECORDS,
    MIN_SEEDS_OF_STUDENTS,
    StudyArm,
    StudyDesign,
    StudyInputs,
    StudyRequest,
)
from evaluation.studies.kinds.base import USUAL, Errors, Grid, Kind, Rule, by_size
from evaluation.studies.results import CellResult
from evaluation.suites import slicing
from review.models import DatasetVersion
from training.inputs import samples, segments, tuning_data
from training.models import Student
from training.states import SampleOf
from web.errors import Refusal

# A verdict compares all experts together with the larger student.
ROUTED, LARGER = "Experts behind a router", "One larger student"
# The most common segments have an expert each; the others share that of the most common one.
MOST_EXPERTS: Final = 6
# More records than in other studies, because results are also shown by segment.
SCORED: Final = 120


def _arms(grid: Grid) -> tuple[StudyArm, ...]:
    """Return one expert for each segment, the most common first, and the larger student last."""
    request, inputs, lora, size = grid.request, grid.inputs, grid.lora_of, (grid.request.sizes or (grid.most,))[-1]
    small, larger = inputs.students[0], inputs.students[-1]
    experts = (
        StudyArm(
            f"Expert: {segment}",
            lora(small),
            student=small,
            fact=request.segment,
            says=says,
            scores=tuple(record for record, value in inputs.scored_segments.items() if value in says),
        )
        for segment, says in segments_of(inputs, size=size).items()
    )
    return *experts, StudyArm(LARGER, lora(larger), student=larger)


def segments_of(inputs: StudyInputs, *, size: int) -> dict[str, tuple[str, ...]]:
    """Return the values of the routing fact in each segment, the most common segment first.

    A value with too few golds for an expert, or without a validation record, joins the most common segment. So do
    records without the fact: all golds are used, and every record has an expert.
    """
    golds = Counter(inputs.trained_segments.values())
    scored, share = set(inputs.scored_segments.values()), size / max(1, golds.total())
    chosen = [
        value
        for value, count in sorted(golds.items(), key=lambda each: (-each[1], each[0]))
        if value in scored and 0 < len(value) <= slicing.LONGEST_VALUE and count * share >= MIN_RECORDS
    ][:MOST_EXPERTS]
    if not chosen:
        return {}
    others = sorted((golds.keys() | scored) - set(chosen))
    return {value: (value, *others) if value == chosen[0] else (value,) for value in chosen}


def _errors(grid: Grid, design: StudyDesign) -> Errors:
    segment, errors = grid.request.segment, Errors()
    if len(grid.inputs.students) != 2:
        errors["students"] = [
            "Name one student beside the first: the smaller becomes the experts, the larger is tuned on all."
        ]
    if not segment:
        errors["segment"] = ["Name the fact of a record by which the router picks its expert."]
    elif len(design.arms) < 3:
        errors["segment"] = [
            f"By '{segment}' fewer than two segments have {MIN_RECORDS} training records and one for validation."
        ]
    return errors


# An interval over fewer companies would mean nothing.
FEWEST_COMPANIES: Final = 5
SUMMED: Final = ("seconds", "trainable_parameters", "artefact_bytes")
# Labels of the figures shown with the verdict.
FIGURES: Final = {
    "parameters_at_work": "Parameters at work for an output",
    "parameters_held": "Parameters held in all",
    "seconds_per_thousand": "Seconds for 1,000 outputs",
    "usd_per_thousand": "US dollars for 1,000 outputs",
    "seconds": "Seconds of tuning, all runs of a seed",
    "artefact_bytes": "Bytes of what they leave",
}


def conclude_router(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the verdict on the finished cells under the registered rule.

    Args:
        cells: Finished cells: experts, each scored on the records routed to it, and the larger student.
        rule: Rule of arms in order, and `routes`, the expert of each record; `experts`, their names; `companies`, the
            company of each record.

    Returns:
        The verdict of `arms.conclude`, with `segments` and `figures`.
    """
    joined = together(cells, rule)
    body = arms.conclude(joined, rule, sentence)
    if not body["points"]:
        return {**body, "segments": [], "figures": []}
    return {**body, "segments": _segments(joined, rule), "figures": _figures(joined, rule)}


def sentence(comparisons: Sequence[ArmComparison], rule: Mapping[str, Any]) -> str:
    comparison = comparisons[0]
    if comparison.low is None or comparison.high is None or comparison.problem:
        return cannot_tell(comparison, "of the larger student no output passes")
    difference = words(comparison, rule, than="with one larger student")
    return within(
        f"with {len(rule['experts'])} experts, picked by '{rule['fact']}', {difference}",
        comparison.low,
        comparison.high,
        rule["tolerance"],
        better="Experts behind a router are better",
        good="Experts behind a router are as good as one larger student",
        bad="One larger student is better",
    )


def together(cells: Sequence[CellResult], rule: Mapping[str, Any]) -> list[CellResult]:
    """Join the results of all experts by seed, and add those of the larger student.

    A seed without one of its experts is left out, because a segment would have no answers.
    """
    by_seed: dict[int, dict[str, CellResult]] = defaultdict(dict)
    for cell in cells:
        if cell.arm in rule["experts"]:
            by_seed[cell.seed][cell.arm] = cell
    whole = [_join(seed, experts, rule) for seed, experts in by_seed.items() if len(experts) == len(rule["experts"])]
    return [*whole, *(cell for cell in cells if cell.arm == LARGER)]


def _join(seed: int, cells: Mapping[str, CellResult], rule: Mapping[str, Any]) -> CellResult:
    routes: Mapping[str, str] = rule["routes"]
    scores = {record: cells[name].scores[record] for record, name in routes.items() if record in cells[name].scores}
    return CellResult(ROUTED, sum(cell.records for cell in cells.values()), seed, scores, _joined_costs(cells, rule))


def _joined_costs(cells: Mapping[str, CellResult], rule: Mapping[str, Any]) -> dict[str, float]:
    """Sum complete costs of tuning, weight those of outputs by expert, and count a shared base once."""
    answered = list(rule["routes"].values())
    known_costs = {
        name: [cell.cost[name] for cell in cells.values() if name in cell.cost]
        for name in (*SUMMED, *FIGURES, "peak_memory_gib")
    }
    whole = {name: values for name, values in known_costs.items() if len(values) == len(cells)}
    costs = {name: sum(values) for name, values in whole.items() if name in SUMMED}
    costs |= {name: max(whole[name]) for name in ("peak_memory_gib", "parameters_at_work") if name in whole}
    for name in ("seconds_per_thousand", "usd_per_thousand"):
        if name in whole:
            costs[name] = sum(cells[expert].cost[name] for expert in answered) / len(answered)
    if "parameters_held" in whole:
        costs["parameters_held"] = _held([cell.cost for cell in cells.values()])
    return costs


def _held(costs: Sequence[Mapping[str, float]]) -> float:
    """Return the parameters in memory: one base under adapters, or one model each after full tuning."""
    bases = [cost["base_parameters"] for cost in costs]
    own = sum(cost["parameters_held"] for cost in costs)
    return own + (bases[0] if all(cost["shares_base"] for cost in costs) else sum(bases))


def _segments(joined: Sequence[CellResult], rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Repeat the comparison within each segment, at a level that all segments share."""
    level = 1 - (1 - rule["level"]) / len(rule["experts"])
    return [_segment(name, joined, {**rule, "level": level}) for name in rule["experts"]]


def _segment(name: str, joined: Sequence[CellResult], rule: Mapping[str, Any]) -> dict[str, Any]:
    own = {record for record, expert in rule["routes"].items() if expert == name}
    here = [cell.on(own) for cell in joined]
    groups = results.groups(here, lambda cell: cell.arm, rule["metric"])
    records = groups[ROUTED].records if ROUTED in groups else ()
    companies = len({rule["companies"][record] for record in records})
    compared = arms.compare(here, rule, [(ROUTED, LARGER)]) if {ROUTED, LARGER} <= groups.keys() else []
    comparison = next(iter(compared), ArmComparison(ROUTED, LARGER, problem="no finished cells to compare"))
    has_interval = companies >= FEWEST_COMPANIES
    return {
        "segment": name,
        "records": len(records),
        "companies": companies,
        "routed": groups[ROUTED].mean if ROUTED in groups else None,
        "larger": groups[LARGER].mean if LARGER in groups else None,
        "lost": comparison.lost,
        "low": comparison.low if has_interval else None,
        "high": comparison.high if has_interval else None,
        "level": rule["level"],
        "problem": comparison.problem,
    }


def _figures(joined: Sequence[CellResult], rule: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the mean of each side over its seeds, None where unknown."""
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


def _rule_of(design: StudyDesign) -> Rule:
    experts = [arm for arm in design.arms if arm.fact]
    return {
        "fact": experts[0].fact if experts else "",
        "routes": {record: arm.name for arm in experts for record in arm.scores},
        "experts": [arm.name for arm in experts],
    }


def _small_and_larger(students: list[Student]) -> list[Student]:
    ordered = by_size(students)
    if len(ordered) == 2 and ordered[0].parameters == ordered[1].parameters:
        message = f"'{ordered[0].slug}' and '{ordered[1].slug}' are equally large: none is the larger student."
        hint = "Choose a larger one to compare with."
        raise Refusal("unlike_sizes", message, hint=hint, status=400, errors={"students": [message]})
    return ordered


def _segments_of(request: StudyRequest, version: DatasetVersion) -> Mapping[str, Any]:
    """Return the values of the routing fact by training and validation record. Refuse lists, names and companies."""
    facts = slicing.fact_names(tuning_data.newest_task_version(version).spec)
    if request.segment and request.segment not in facts:
        message = f"Records cannot be routed by '{request.segment}'."
        hint = f"Name one of: {', '.join(facts) or 'this task has no fact of one value'}."
        raise Refusal("bad_study", message, hint=hint, status=400, errors={"segment": [message]})
    golds = samples.rows_to_draw_from(version, SampleOf.ACCEPTED_OR_EDITED)
    scored = queries.validation_records(version, limit=SCORED)
    values = segments.values_of([*(row.record for row in golds), *scored], request.segment)
    return {
        "trained_segments": {row.record: values.get(row.record, "") for row in golds},
        "scored_segments": {record: values[record] for record in scored},
    }


KIND = Kind(
    name="router",
    question="Are several small experts behind a router as good as one larger student?",
    axis="Student",
    arms=_arms,
    order_students=_small_and_larger,
    small_seeds=(1, 2, 3),
    least_seeds=MIN_SEEDS_OF_STUDENTS,
    scored_records=SCORED,
    # All experts together are one side of one comparison, and an expert is scored on its own records only.
    groups=2,
    tells_scatter=False,
    counts_outputs=True,
    more_inputs=_segments_of,
    errors=_errors,
    rule_of=_rule_of,
    conclude=lambda cells, rule, record: conclude_router(cells, rule),
    loses_nothing=("A router with its experts", "as good"),
    rule={
        **USUAL,
        "text": (
            "Each expert is tuned on the approved examples of its own segment, the larger student on all of them; "
            "each validation record counts with the loss of the expert that the router sends it to. The experts are "
            "as good if the 95 % interval of the relative difference in loss, paired by record, averaged over "
            "seeds, ends below +2 %; better if it ends below zero; worse if it begins above +2 %; otherwise the result "
            "is undecided. So at most 2.5 % of such studies call experts as good that lose that much, and 2.5 % call "
            "them better that are not. If the seeds of one side differ by more than 20 % (unstable), the study cannot "
            "tell. Intervals by segment share the level (Bonferroni) and decide nothing. Losses are per byte."
        ),
        "comparisons": [[ROUTED, LARGER]],
        "tolerance": 0.02,
        "draws": 20_000,
    },
)
