"""The paper's table and claims next to a task's newest verdicts of studies and evaluations, or *not measured*.

Rates of opening, clicking and response come from people, and no study here measures them. The table is compared with
the share of outputs that pass every check instead.
"""

from __future__ import annotations

from typing import Any, Final

from evaluation.evaluations.run_inputs import tuned_name
from evaluation.models import Evaluation, Study
from evaluation.states import SystemKind
from evaluation.studies import contradictions, presentation, reported
from evaluation.studies.task_names import StudyReader
from review.models import Task

EVALUATIONS_CONSIDERED: Final = 100


def of_task(task: Task, reader: StudyReader) -> dict[str, Any]:
    """Return the paper's reports with the measurements of a task that the reader may see, as plain data.

    Returns:
        `models` (one for each line of its table), `claims`, `teacher_share` and `contradictions`; `measured` may be
        None.
    """
    newest = newest_evaluations(task)
    verdicts = _newest_verdicts(task, reader)
    return {
        "models": [_model(model, newest) for model in reported.TABLE],
        "claims": [
            {"claim": claim, "kind": str(kind), "asked_by": kind.label, "measured": verdicts.get(kind)}
            for claim, kind in reported.CLAIMS
        ],
        "teacher_share": {
            "claim": "A miniature reaches 91 to 96 % of the proprietary LLM.",
            "measured": next((share for each in newest if (share := _of_teacher(each))), None),
        },
        "contradictions": contradictions.of_task(task),
    }


def newest_evaluations(task: Task) -> list[Evaluation]:
    """Return the newest evaluations on held-out records, of either split, that have figures and give verdicts."""
    evaluations = Evaluation.objects.filter(task=task, suite=None).exclude(summary={})
    newest = evaluations.select_related("run__student").order_by("-created_at")[:EVALUATIONS_CONSIDERED]
    return [each for each in newest if not each.summary.get("is_exploratory")]


def _newest_verdicts(task: Task, reader: StudyReader) -> dict[str, dict[str, Any]]:
    studies = Study.objects.filter(task=task, verdict__isnull=False).select_related("verdict").order_by("created_at")
    return {
        study.kind: {
            "study": str(study.pk),
            "sentence": (presentation.verdict_of(study, reader) or {})["sentence"],
            "registered_at": study.created_at.isoformat(timespec="seconds"),
        }
        for study in studies
    }


def _model(model: reported.ReportedModel, evaluations: list[Evaluation]) -> dict[str, Any]:
    line = {"model": model.model, "opened": model.opened, "clicked": model.clicked, "responded": model.responded}
    for evaluation in evaluations:
        hub_id = evaluation.run.student.hub_id.lower()
        # The paper's table is of LoRA.
        is_alike = evaluation.run.method == SystemKind.LORA and any(name in hub_id for name in model.names)
        if is_alike and (measured := _passes(evaluation, tuned_name(evaluation.run))):
            return {**line, "measured": measured}
    return {**line, "measured": None}


def _passes(evaluation: Evaluation, system: str) -> dict[str, Any] | None:
    """Return the share of a system's outputs that pass every check, with its interval."""
    passed = evaluation.summary.get("systems", {}).get(system, {}).get("passes_all")
    if not passed or passed.get("mean") is None:
        return None
    figures = {figure: passed.get(figure) for figure in ("mean", "low", "high", "n")}
    return {"evaluation": str(evaluation.pk), "run": evaluation.run.name, "system": system, **figures}


def _of_teacher(evaluation: Evaluation) -> dict[str, Any] | None:
    """Return the ratio of a miniature's sound share to its teacher's; a ratio of means, without an interval."""
    kinds = evaluation.summary.get("kinds", {})
    teachers = (_passes(evaluation, name) for name, kind in kinds.items() if kind == SystemKind.TEACHER)
    # Runs of before are scored beside it, and JSON of PostgreSQL keeps no order.
    tuned, teacher = _passes(evaluation, tuned_name(evaluation.run)), next(filter(None, teachers), None)
    if tuned is None or teacher is None or not teacher["mean"]:
        return None
    return {**tuned, "teacher": teacher["mean"], "share": tuned["mean"] / teacher["mean"]}
