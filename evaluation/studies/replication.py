"""The paper's table and claims next to a task's newest verdicts of studies and evaluations, or *not measured*.

Rates of opening, clicking and response come from people, and no study here measures them. The table is compared with
the share of outputs that pass every check instead.
"""

from __future__ import annotations

from typing import Any, Final

from evaluation.models import Evaluation, Study
from evaluation.states import SystemKind
from evaluation.studies import contradictions, presentation, reported
from evaluation.studies.task_names import StudyReader
from review.models import Task

EVALUATIONS_CONSIDERED: Final = 100
TUNED: Final = (SystemKind.LORA, SystemKind.FULL)


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
    """Return the newest evaluations on held-out records, of either split, that have figures."""
    evaluations = Evaluation.objects.filter(task=task, suite=None).exclude(summary={})
    return list(evaluations.select_related("run__student").order_by("-created_at")[:EVALUATIONS_CONSIDERED])


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
        if any(name in hub_id for name in model.names) and (measured := _passes(evaluation, TUNED)):
            return {**line, "measured": measured}
    return {**line, "measured": None}


def _passes(evaluation: Evaluation, kinds: tuple[SystemKind, ...]) -> dict[str, Any] | None:
    """Return the share of outputs that pass every check, with its interval, of the first system of these kinds."""
    systems = evaluation.summary.get("systems", {})
    for name, kind in evaluation.summary.get("kinds", {}).items():
        passed = systems.get(name, {}).get("passes_all") if kind in kinds else None
        if passed and passed.get("mean") is not None:
            figures = {figure: passed.get(figure) for figure in ("mean", "low", "high", "n")}
            return {"evaluation": str(evaluation.pk), "run": evaluation.run.name, "system": name, **figures}
    return None


def _of_teacher(evaluation: Evaluation) -> dict[str, Any] | None:
    """Return the ratio of a miniature's sound share to its teacher's; a ratio of means, without an interval."""
    tuned, teacher = _passes(evaluation, TUNED), _passes(evaluation, (SystemKind.TEACHER,))
    if tuned is None or teacher is None or not teacher["mean"]:
        return None
    return {**tuned, "teacher": teacher["mean"], "share": tuned["mean"] / teacher["mean"]}
