"""`python -m evaluation.engine.study_cell RUN_DIR`: score one cell of a study on validation records.

Light on purpose, since a study has many cells: the experts' texts are read, not written, and only a few outputs are
written.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Literal

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process, without_garbage_collection

with without_garbage_collection():
    import torch
    from pydantic import Field

    from evaluation.engine import classified, systems
    from evaluation.engine.contracts import EvaluationSpec, GoldText, HeldOutRecord, System
    from evaluation.engine.likelihood import LikelihoodScorer, first_texts
    from evaluation.metrics import reference_free, typed
    from review.spec import prompting
    from review.spec.task_spec import TaskSpec
    from training.engine.contracts import Part, Stopped
    from training.engine.grammar.task_grammar import task_grammar
    from training.engine.model import generate
    from training.engine.model.loading import LoadedStudent
    from training.engine.process import run_engine

BATCH = 16


class ScoredTask(Part):
    """A task with its records and the experts' texts."""

    task: TaskSpec
    records: list[HeldOutRecord] = Field(min_length=1)
    golds: list[GoldText] = Field(min_length=1)


class CellSpec(ScoredTask):
    """`spec.body`: what to score, on which records, and for how many of them to write.

    `others` are tasks that are read alone.
    """

    others: list[ScoredTask] = Field(default_factory=list)
    system: System
    written_records: int = Field(8, ge=0)
    max_new_tokens: int = Field(256, ge=1, le=8192)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    allowed_roots: list[str] = Field(default_factory=list)


class CellScores(Part):
    """`result.summary`: scores by record; `answers_right` of records with a gold, where the task has values.

    Time is of an output in its batch, seconds; None when none was written.
    """

    nll_per_byte: dict[str, float]
    passes_all: dict[str, float]
    answers_right: dict[str, float]
    seconds_per_output: float | None
    seconds: float


def main(run: RunDir) -> int:
    """Score, and end the attempt; returns the process's exit status."""
    return run_engine(lambda: _score(run, CellSpec.model_validate(run.spec.body)), finish=run.finish)


def _score(run: RunDir, spec: CellSpec) -> int:
    began = time.perf_counter()
    if classified.is_classifier(run, spec.system):
        return _score_labels(run, spec, began)
    student, placement = systems.load(run, spec.system, device=spec.device, allowed_roots=spec.allowed_roots)
    passes, right, per_output = _write(run, spec, student)
    if run.stop_requested:
        raise Stopped
    reader = LikelihoodScorer(student, placement.device)
    parts = [reader.gold_losses(part.task, part.records, part.golds, batch_size=BATCH) for part in (spec, *spec.others)]
    nll = {record: nats for part in parts for record, nats in part.items()}
    scores = CellScores(
        nll_per_byte=nll,
        passes_all=passes,
        answers_right=right,
        seconds_per_output=per_output,
        seconds=time.perf_counter() - began,
    )
    run.finish("succeeded", summary=scores.model_dump())
    return 0


def _score_labels(run: RunDir, spec: CellSpec, began: float) -> int:
    """Score an encoder with heads: it answers all records, and has no likelihood."""
    golds = first_texts(spec.golds)
    evaluation_spec = EvaluationSpec.model_validate(
        {
            "task": spec.task.canonical(),
            "records": [record.model_dump() for record in spec.records],
            "systems": [spec.system.model_dump()],
            "device": spec.device,
            "allowed_roots": spec.allowed_roots,
        }
    )
    outputs = classified.classified(run, evaluation_spec, spec.system, golds, done=0).outputs
    seconds = [output.seconds for output in outputs if not output.is_unfit]
    scores = CellScores(
        nll_per_byte={},
        passes_all={output.record: output.scores["passes_all"] for output in outputs},
        answers_right={output.record: output.scores[typed.EXACT] for output in outputs if typed.EXACT in output.scores},
        seconds_per_output=sum(seconds) / len(seconds) if seconds else None,
        seconds=time.perf_counter() - began,
    )
    run.finish("succeeded", summary=scores.model_dump())
    return 0


def _write(
    run: RunDir, spec: CellSpec, student: LoadedStudent
) -> tuple[dict[str, float], dict[str, float], float | None]:
    """Passes and right values, 0 or 1 by record, and mean seconds of an output in its batch."""
    golds = {record: prompting.parse(spec.task, completion) for record, completion in first_texts(spec.golds).items()}
    right: dict[str, float] = {}
    records = spec.records[: spec.written_records]
    if not records:
        return {}, {}, None
    prompts = [prompting.messages(spec.task, record.facts, audience="student") for record in records]
    answers = generate.generate(
        student.model,
        student.chat,
        prompts,
        max_new_tokens=spec.max_new_tokens,
        context_length=student.context_length,
        sampling=generate.sampling_for(spec.task),
        grammar=task_grammar(spec.task),
        batch_size=BATCH,
        should_stop=lambda: run.stop_requested,
    )
    passes: dict[str, float] = {}
    seconds = []
    for done, answer in enumerate(answers, 1):
        record = records[answer.index]
        fields, _ = systems.parsed(spec.task, answer)
        scores, _ = reference_free.scores(spec.task, record.facts, fields)
        passes[record.id] = scores["passes_all"]
        if record.id in golds and (of_values := typed.scores(spec.task, fields, golds[record.id])):
            right[record.id] = of_values[typed.EXACT]
        if not answer.is_unfit:
            seconds.append(answer.seconds)
        run.emit("progress", done=done, total=len(records), unit="outputs")
    return passes, right, sum(seconds) / len(seconds) if seconds else None


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
