"""A classifier among the systems of an evaluation: it answers all records at once, and has no likelihood to tell."""

from __future__ import annotations

from typing import NamedTuple

from evaluation.engine.contracts import EvaluationSpec, ScoredOutput, System
from evaluation.engine.reference_scores import ReferenceScorer
from generation.money.figures import time_usd
from jobs.rundir import RunDir
from review.spec import prompting
from training.engine.classifier import loading
from training.engine.classifier.answering import answer_prompts
from training.engine.contracts import HUB_TOKEN, Stopped
from training.engine.model.placement import place


class Classified(NamedTuple):
    """Outputs of a classifier, the tokens it reads at most, and where it computed."""

    outputs: list[ScoredOutput]
    context_length: int | None
    device: str


def is_classifier(run: RunDir, system: System) -> bool:
    """Return whether what a run made of the student is an encoder with heads."""
    return system.tuned is not None and loading.has_heads(run.path / system.tuned)


def classified(run: RunDir, spec: EvaluationSpec, system: System, golds: dict[str, str], *, done: int) -> Classified:
    """Return what a classifier says of each record, scored like what others write.

    Raises:
        TrainError: It cannot be loaded.
        Stopped: The evaluation was asked to stop.
    """
    placement = place(spec.device, "auto", "lora")
    student = loading.load_classifier(
        run.path / str(system.tuned),
        system.student if system.method == "lora" else None,
        dtype=placement.weights,
        token=run.secrets().get(HUB_TOKEN),
        allowed_roots=spec.allowed_roots,
    )
    student.model.to(placement.device)
    prompts = [prompting.messages(spec.task, record.facts, audience="student") for record in spec.records]
    answers = answer_prompts(
        student,
        spec.task,
        prompts,
        device=placement.device,
        batch_size=spec.batch_size,
        should_stop=lambda: run.stop_requested,
    )
    if len(answers) < len(prompts):
        raise Stopped
    run.emit("progress", done=done + len(answers), total=done + len(answers), unit="outputs")
    references, outputs = ReferenceScorer(), []
    for record, answer in zip(spec.records, answers, strict=True):
        scores, marks = references.scored(spec.task, record.facts, answer.fields, answer.text, golds.get(record.id))
        output = ScoredOutput(
            is_unfit=answer.fields is None and not answer.text,
            system=system.name,
            record=record.id,
            text=answer.text,
            fields=answer.fields,
            error=answer.error,
            marks=marks,
            seconds=answer.seconds,
            cost_usd=float(time_usd(answer.seconds, spec.host_usd_per_hour)),
            tokens=answer.tokens,
            scores=scores,
        )
        outputs.append(output)
    return Classified(outputs, student.context_length, placement.device.type)
