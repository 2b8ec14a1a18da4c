"""Contradictions of the paper, each with what a task's newest finished study of such students measured, if any.

Only studies that tune students of several sizes can tell. What they measure is a loss, or a share of outputs, and no rate of people.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from evaluation.models import Study
from evaluation.states import CellState, StudyKind
from evaluation.studies import arm_sentences, arms, queries, record, reported
from evaluation.studies.arm_sentences import ArmComparison
from evaluation.studies.number_wording import percent
from evaluation.studies.reported import Contradiction
from evaluation.studies.results import CellResult
from review.models import Task
from training.models import Student

KINDS: Final = (StudyKind.STUDENTS, StudyKind.METHODS)
STUDIES_CONSIDERED: Final = 20
_BILLION: Final = 1e9
Sizes = Mapping[str, float]


def of_task(task: Task) -> list[dict[str, Any]]:
    """Each contradiction with the comparisons of the newest study that tells of it, as plain data.

    Returns:
        `claim` and `measured` each: None where no study of the task has students of these sizes.
    """
    ended = Study.objects.filter(task=task, kind__in=KINDS, verdict__isnull=False).select_related("verdict")
    newest = ended.order_by("-verdict__written_at", "-id")[:STUDIES_CONSIDERED]
    whole = [study for study in newest if record.sha256_of(study.record_text) == study.record_sha256]
    known = {slug: size for slug, size in Student.objects.values_list("slug", "parameters") if size}
    sizes = {study.pk: _sizes(study, known) for study in whole}
    return [
        {
            "claim": one.text,
            "measured": next((found for study in whole if (found := _measured(study, sizes[study.pk], one))), None),
        }
        for one in reported.CONTRADICTIONS
    ]


def _sizes(study: Study, known: Mapping[str, int]) -> dict[str, float]:
    """Billions of parameters of a study's students, by arm; of both methods the LoRA arms, as in the paper."""
    rule = study.record["decision_rule"]
    if study.kind == StudyKind.METHODS:
        tuned = {lora for lora, _ in rule.get("comparisons", [])}
    else:
        tuned = {arm["name"] for arm in study.record["grid"]["arms"]}
    slugs = {arm["name"]: arm.get("student", "") for arm in study.record["grid"]["arms"] if arm["name"] in tuned}
    return {arm: known[slug] / _BILLION for arm, slug in slugs.items() if slug in known}


def _measured(study: Study, sizes: Sizes, contradiction: Contradiction) -> dict[str, Any] | None:
    pairs = _pairs(sizes, contradiction)
    if not pairs:
        return None
    rule = study.record["decision_rule"]
    compared = arms.compare(_results(study), rule, pairs)
    if not compared:
        return None
    return {
        "study": str(study.pk),
        "question": study.question,
        "ended_at": study.verdict.written_at,
        "metric": study.record["metric"],
        "comparisons": [_told(one, rule) for one in compared],
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


def _told(one: ArmComparison, rule: Mapping[str, Any]) -> dict[str, Any]:
    words = arm_sentences.compared(one, rule)
    if arm_sentences.is_told(one):
        shown = "shown" if one.is_shown else "not shown"
        words += f"; {shown} to be less than {percent(rule['tolerance'])}"
    figures = ("arm", "against", "lost", "low", "high", "level", "problem")
    return {**{name: getattr(one, name) for name in figures}, "sentence": f"{words}."}
