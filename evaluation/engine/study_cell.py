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

    from evaluation.engine import outputs as scored
    from evaluation.engine import systems
    from evaluation.engine.contracts import EvaluationSpec, GoldText, HeldOutRecord, ScoredOutput, System
    from evaluation.engine.likelihood import LikelihoodScorer
    from evaluation.engine.prompts import prompts_for
    from evaluation.metrics import typed
    from review.spec.task_spec import TaskSpec
    from training.engine.contracts import Part, Stopped
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
    began, nll = time.perf_counter(), dict[str, float]()
    # An encoder with heads answers all records, and has no likelihood.
    if scored.is_classifier(run, spec.system):
        outputs = scored.classified(run, _as_evaluation(spec, spec.records), spec.system).outputs
    else:
        student, placement = systems.load(run, spec.system, device=spec.device, allowed_roots=spec.allowed_roots)
        outputs = _write(run, spec, student)
        if run.stop_requested:
            raise Stopped
        reader = LikelihoodScorer(student, placement.device)
        for part in (spec, *spec.others):
            nll |= reader.gold_losses(part.task, part.records, part.golds, batch_size=BATCH)
    seconds = [output.seconds for output in outputs if not output.is_unfit]
    scores = CellScores(
        nll_per_byte=nll,
        passes_all={output.record: output.scores["passes_all"] for output in outputs},
        answers_right={output.record: output.scores[typed.EXACT] for output in outputs if typed.EXACT in output.scores},
        seconds_per_output=sum(seconds) / len(seconds) if seconds else None,
        seconds=time.perf_counter() - began,
    )
    run.finish("succeeded", summary=scores.model_dump())
    return 0


def _write(run: RunDir, spec: CellSpec, student: LoadedStudent) -> list[ScoredOutput]:
    if not spec.written_records:
        return []
    evaluation = _as_evaluation(spec, spec.records[: spec.written_records])
    prompts = prompts_for(evaluation, spec.system, student).prompts
    return list(scored.written(run, evaluation, spec.system, student, prompts))


def _as_evaluation(spec: CellSpec, records: list[HeldOutRecord]) -> EvaluationSpec:
    return EvaluationSpec(
        task=spec.task,
        records=records,
        golds=spec.golds,
        systems=[spec.system],
        max_new_tokens=spec.max_new_tokens,
        batch_size=BATCH,
        device=spec.device,
        allowed_roots=spec.allowed_roots,
    )


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
