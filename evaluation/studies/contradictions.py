"""Contradictions of the paper, each with the measurements of a task's newest finished study of such students.

Only studies of several sizes measure them, as a loss or a share of outputs and never as a rate of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evaluation.models import Study
from evaluation.states import CellState
from evaluation.studies import arm_sentences, arms, queries, record, reported
from evaluation.studies.arm_sentences import ArmComparison
from evaluation.studies.kinds import KINDS
from evaluation.studies.number_wording import percent
from evaluation.studies.reported import Contradiction
from evaluation.studies.results import CellResult
from review.models import Task
from training.models import Student

STUDIES_CONSIDERED: Final = 20
_BILLION: Final = 1e9
Sizes = Mapping[str, float]


def of_task(task: Task) -> list[dict[str, Any]]:
    """Return each contradiction with the comparisons of the newest study of it, as plain data.

    Returns:
        `claim` and `measured` of each; `measured` is None where no study of the task has students of these sizes.
    """
    ended = Study.objects.filter(
        task=task, kind__in=[name for name, kind in KINDS.items() if kind.sized_arms], verdict__isnull=False
    ).select_related("verdict")
    newest = ended.order_by("-verdict__written_at", "-id")[:STUDIES_CONSIDERED]
    whole = [study for study in newest if record.sha256_of(study.record_text) == study.record_sha256]
    parameters = {slug: size for slug, size in Student.objects.values_list("slug", "parameters") if size}
    sizes = {study.pk: _sizes(study, parameters) for study in whole}
    return [
        {
            "claim": contradiction.text,
            "measured": next(
                (each for study in whole if (each := _measured(study, sizes[study.pk], contradiction))), None
            ),
        }
        for contradiction in reported.CONTRADICTIONS
    ]


def _sizes(study: Study, parameters: Mapping[str, int]) -> dict[str, float]:
    """Return billions of parameters by arm of a study's students; of two methods the LoRA arms, as in the paper."""
    sized_arms = KINDS[study.kind].sized_arms
    tuned = sized_arms(study.record) if sized_arms else set()
    slugs = {arm["name"]: arm.get("student", "") for arm in study.record["grid"]["arms"] if arm["name"] in tuned}
    return {arm: parameters[slug] / _BILLION for arm, slug in slugs.items() if slug in parameters}


def _measured(study: Study, sizes: Sizes, contradiction: Contradiction) -> dict[str, Any] | None:
    pairs = _pairs(sizes, contradiction)
    if not pairs:
        return None
    rule = study.record["decision_rule"]
    by_pair = {(each.arm, each.against): each for each in arms.compare(_results(study), rule, pairs)}
    # A pair of the registered order has the verdict's result: alone it could be shown after one that was not.
    by_pair |= {(each["arm"], each["against"]): ArmComparison(**each) for each in study.verdict.body["comparisons"]}
    compared = [by_pair[pair] for pair in pairs if pair in by_pair]
    if not compared:
        return None
    return {
        "study": str(study.pk),
        "question": study.question,
        "ended_at": study.verdict.written_at,
        "metric": study.record["metric"],
        "comparisons": [_told(each, rule) for each in compared],
    }


def _pairs(sizes: Sizes, contradiction: Contradiction) -> list[tuple[str, str]]:
    larger = {arm: size for arm, size in sizes.items() if _is_within(size, contradiction.larger)}
    if not larger:
        return []
    largest = max(larger, key=lambda arm: (larger[arm], arm))
    smaller = (arm for arm, size in sizes.items() if _is_within(size, contradiction.smaller) and arm != largest)
    return [(arm, largest) for arm in sorted(smaller, key=lambda arm: (sizes[arm], arm))]


def _is_within(size: float, bounds: tuple[float, float]) -> bool:
    return bounds[0] <= size < bounds[1]


def _results(study: Study) -> list[CellResult]:
    counted = {row["position"] for row in study.verdict.body["cells"] if row["state"] == CellState.DONE}
    metric = study.record["metric"]
    return [
        CellResult(cell.arm, cell.records, cell.seed, queries.scores_of(cell.measurement, metric), {})
        for cell in queries.cells(study)
        if cell.position in counted
    ]


def _told(comparison: ArmComparison, rule: Mapping[str, Any]) -> dict[str, Any]:
    words = arm_sentences.compared(comparison, rule)
    if arm_sentences.is_told(comparison):
        shown = "shown" if comparison.is_shown else "not shown"
        words += f"; {shown} to be less than {percent(rule['tolerance'])}"
    figures = ("arm", "against", "lost", "low", "high", "level", "problem")
    return {**{name: getattr(comparison, name) for name in figures}, "sentence": f"{words}."}
