"""Baselines of an evaluation: what costs nothing to say, and the base asked as well as it can be asked."""

from __future__ import annotations

from typing import Any, Final

from evaluation.evaluations import inputs
from evaluation.metrics import baselines
from evaluation.metrics.typed import value_fields
from evaluation.models import Evaluation
from evaluation.states import Baseline, SystemKind
from review.spec import prompting
from review.spec.schema import Fields
from training.models import TrainingRun

EXAMPLES_SHOWN: Final = 3
_ASKED = {Baseline.FULL_PROMPT: "teacher's prompt", Baseline.EXAMPLES: "with examples"}
Records = list[dict[str, Any]]


def chosen(run: TrainingRun) -> list[Baseline]:
    """Baselines that an order may choose.

    An encoder cannot be asked as a base. Values are compared with nearest golds in any case, so there is no choice.
    """
    is_chosen = {Baseline.NEAREST: not value_fields(run.taught)}
    return [each for each in Baseline if is_chosen.get(each, not run.is_classifier)]


def always(run: TrainingRun) -> list[str]:
    """Return what a run is compared with whatever is chosen, in words."""
    base = [] if run.is_classifier else ["the student before tuning"]
    return [
        *base,
        *([baselines.MAJORITY, Baseline.NEAREST.label.lower()] if value_fields(run.taught) else []),
        "the teacher",
    ]


def prompted_bases(evaluation: Evaluation, base: dict[str, Any], records: Records) -> list[dict[str, Any]]:
    """The base asked with the teacher's prompt, alone and with approved examples, as far as the evaluation has them.

    Args:
        base: The bare base, as the engine is told.
    """
    return [
        {
            **base,
            "name": f"{evaluation.run.student.slug} ({how})",
            "kind": str(SystemKind.BASELINE),
            "audience": "teacher",
            "shown": _shown(evaluation, records) if baseline == Baseline.EXAMPLES else [],
        }
        for baseline, how in _ASKED.items()
        if baseline in evaluation.baselines
    ]


def without_model(evaluation: Evaluation, records: Records) -> list[dict[str, Any]]:
    """Baselines without a model: the gold of the most alike record; for values the most frequent answer too."""
    spec = evaluation.run.taught
    has_values = bool(value_fields(spec))
    if not has_values and Baseline.NEAREST not in evaluation.baselines:
        return []
    examples = _examples(evaluation)
    if not examples:
        return []
    neighbours = _nearest(examples, records, 1)
    answers: dict[str, list[Fields | None]] = {
        baselines.NEAREST: [near[0].fields if near else None for near in neighbours]
    }
    if has_values:
        answers = {baselines.MAJORITY: [baselines.majority(spec, examples)] * len(records), **answers}
    return [
        {
            "name": name,
            "method": str(SystemKind.BASELINE),
            "outputs": [
                {"record": record["id"], "fields": fields} for record, fields in zip(records, written, strict=True)
            ],
        }
        for name, written in answers.items()
    ]


def _shown(evaluation: Evaluation, records: Records) -> list[dict[str, Any]]:
    neighbours = _nearest(_examples(evaluation), records, EXAMPLES_SHOWN)
    return [
        {"record": record["id"], "examples": [{"facts": each.facts, "fields": each.fields} for each in near]}
        for record, near in zip(records, neighbours, strict=True)
    ]


def _nearest(examples: list[baselines.Example], records: Records, count: int) -> list[list[baselines.Example]]:
    nearest = baselines.NearestGold(examples)
    return [nearest.nearest(record["facts"], count, apart_from=record["company"]) for record in records]


def _examples(evaluation: Evaluation) -> list[baselines.Example]:
    spec = evaluation.run.taught
    return [
        baselines.Example(facts, prompting.parse(spec, text), company)
        for facts, text, company in inputs.trained_on(evaluation.dataset_version)
    ]
