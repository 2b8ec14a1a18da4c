"""Outputs of a system with their scores: a student's one by one, a classifier's all at once, or existing texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import Any, NamedTuple

from rouge_score.rouge_scorer import RougeScorer
from rouge_score.tokenizers import Tokenizer
from sacrebleu.metrics.chrf import CHRF

from evaluation.engine import systems
from evaluation.engine.contracts import EvaluationSpec, HeldOutRecord, ScoredOutput, System, first_texts
from evaluation.metrics import reference_free, typed
from evaluation.metrics.words import words
from generation.money.figures import time_usd
from jobs.rundir import RunDir
from review.spec import prompting
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec
from training.engine.classifier import loading
from training.engine.classifier.answering import answer_prompts
from training.engine.contracts import HUB_TOKEN, Stopped
from training.engine.data.chat import Messages
from training.engine.grammar.task_grammar import task_grammar
from training.engine.model import generate
from training.engine.model.loading import LoadedStudent
from training.engine.model.placement import place


class AnyScriptTokenizer(Tokenizer):  # type: ignore[misc]  # rouge-score has no types
    """The package's own tokenizer knows the letters a to z alone; this one agrees on them and reads the rest."""

    def tokenize(self, text: str) -> list[str]:
        return words(text)


class ReferenceScorer:
    def __init__(self) -> None:
        self._chrf = CHRF()
        self._rouge = RougeScorer(["rougeL"], tokenizer=AnyScriptTokenizer())

    def scored(
        self, task: TaskSpec, facts: Facts, fields: Fields | None, text: str, gold: str | None
    ) -> tuple[dict[str, float], list[dict[str, Any]]]:
        """All scores of one output and the marks of the checks.

        Args:
            fields: The output; None where it had not the task's shape.
            text: The output as it was written; empty where nothing was.
            gold: What an expert let stand, as a completion; None where nobody did.
        """
        scores, marks = reference_free.scores(task, facts, fields, text)
        if gold is None:
            return scores, marks
        prose = self.scores(text, gold) if reference_free.has_prose(task) else {}
        expected = prompting.parse(task, gold)
        values = typed.scores(task, fields, expected) | typed.quote_scores(task, facts, fields, expected)
        return {**scores, **prose, **values}, marks

    def scores(self, text: str, gold: str) -> dict[str, float]:
        """`chrf` (Popović 2015, 0 to 100, order 6, beta 2) and `rouge_l` (Lin 2004, F1, 0 to 1).

        Empty where nothing was written.
        """
        if not text:
            return {}
        return {
            "chrf": float(self._chrf.sentence_score(text, [gold]).score),
            "rouge_l": float(self._rouge.score(gold, text)["rougeL"].fmeasure),
        }


class Classified(NamedTuple):
    """Outputs of a classifier, the tokens it reads at most, and where it computed."""

    outputs: list[ScoredOutput]
    context_length: int | None
    device: str


def written(
    run: RunDir,
    spec: EvaluationSpec,
    system: System,
    student: LoadedStudent,
    prompts: Sequence[Messages],
    *,
    done: int = 0,
) -> Iterator[ScoredOutput]:
    """Yield what a student writes for each prompt, and report progress; ends early where the run is to stop."""
    total = done + len(spec.records) * (len(spec.systems) - spec.systems.index(system))
    began, scorer = perf_counter(), _OutputScorer(spec)
    answers = generate.generate(
        student.model,
        student.chat,
        prompts,
        max_new_tokens=spec.max_new_tokens,
        context_length=student.context_length,
        sampling=generate.sampling_for(spec.task),
        grammar=task_grammar(spec.task),
        batch_size=spec.batch_size,
        should_stop=lambda: run.stop_requested,
    )
    for number, answer in enumerate(answers, 1):
        fields, error = systems.parsed(spec.task, answer)
        rate = number / (perf_counter() - began)
        run.emit("progress", done=done + number, total=total, unit="outputs", rate_per_s=round(rate, 2))
        yield scorer.output(
            system.name,
            spec.records[answer.index],
            fields,
            answer.text,
            is_unfit=answer.is_unfit,
            is_cut=answer.is_cut,
            error=error,
            seconds=answer.seconds,
            tokens=answer.completion_tokens,
        )


def is_classifier(run: RunDir, system: System) -> bool:
    """Return whether what a run made of the student is an encoder with heads."""
    return system.tuned is not None and loading.has_heads(run.path / system.tuned)


def classified(run: RunDir, spec: EvaluationSpec, system: System, *, done: int = 0) -> Classified:
    """Return what a classifier says of each record.

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
    scorer = _OutputScorer(spec)
    outputs = [
        scorer.output(
            system.name,
            record,
            answer.fields,
            answer.text,
            is_unfit=answer.fields is None and not answer.text,
            error=answer.error,
            seconds=answer.seconds,
            tokens=answer.tokens,
        )
        for record, answer in zip(spec.records, answers, strict=True)
    ]
    return Classified(outputs, student.context_length, placement.device.type)


def existing(spec: EvaluationSpec) -> Iterator[ScoredOutput]:
    """Score existing texts like the others. A record without one counts as an output without shape."""
    records, scorer = {record.id: record for record in spec.records}, _OutputScorer(spec)
    for system in spec.written:
        for output in system.outputs:
            if output.record not in records:
                continue
            text = prompting.completion(spec.task, output.fields) if output.fields is not None else output.text
            scored = scorer.output(
                system.name,
                records[output.record],
                output.fields,
                text,
                error=output.error,
                seconds=output.seconds,
                cost_usd=output.cost_usd,
                tokens=output.tokens,
            )
            yield scored.model_copy(update={"scores": {**output.scores, **scored.scores}})


class _OutputScorer:
    def __init__(self, spec: EvaluationSpec) -> None:
        self._spec, self._references, self._golds = spec, ReferenceScorer(), first_texts(spec.golds)

    def output(
        self, system: str, record: HeldOutRecord, fields: Fields | None, text: str, *, seconds: float, **more: Any
    ) -> ScoredOutput:
        """Score an output; what was written here costs its share of the host's hour."""
        scores, marks = self._references.scored(self._spec.task, record.facts, fields, text, self._golds.get(record.id))
        cost_usd = float(time_usd(seconds, self._spec.host_usd_per_hour))
        of_output = {"seconds": seconds, "cost_usd": cost_usd, **more}
        return ScoredOutput(
            system=system, record=record.id, text=text, fields=fields, marks=marks, scores=scores, **of_output
        )
