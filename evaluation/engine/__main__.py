"""`python -m evaluation.engine RUN_DIR`: have models write for held-out records, and score what they wrote.

Every system writes its own outputs; prompts come from the task's one renderer and answers are read back and checked by
it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from jobs.rundir import RunDir
from jobs.rundir.durable import write_durably
from jobs.rundir.garbage import end_process, without_garbage_collection

with without_garbage_collection():
    import torch

    from evaluation.engine import outputs as scored
    from evaluation.engine import systems
    from evaluation.engine.contracts import EvaluationSpec, GeneralLoss, ScoredOutput, System
    from evaluation.engine.likelihood import LikelihoodScorer
    from evaluation.engine.prompts import prompts_for
    from evaluation.engine.report import report
    from training.engine.contracts import Stopped
    from training.engine.model.loading import LoadedStudent
    from training.engine.model.placement import Placement
    from training.engine.process import run_engine

GENERAL = Path(__file__).parent / "general.txt"
OUTPUTS = "outputs.jsonl"
Loaded = tuple[LoadedStudent, Placement]


def main(run: RunDir) -> int:
    """Evaluate, and end the attempt; returns the process's exit status."""
    return run_engine(lambda: _evaluate(run, EvaluationSpec.model_validate(run.spec.body)), finish=run.finish)


def _evaluate(run: RunDir, spec: EvaluationSpec) -> int:
    began = time.perf_counter()
    outputs: list[ScoredOutput] = list(scored.existing(spec))
    general = {
        w.name: GeneralLoss(nll_per_byte=w.general_nll_per_byte, passages=w.general_passages)
        for w in spec.written
        if w.general_nll_per_byte is not None
    }
    contexts: dict[str, int | None] = {}
    devices: dict[str, str] = {}
    notes = list(spec.notes)
    loaded: Loaded | None = None
    for system in spec.systems:
        if scored.is_classifier(run, system):
            written = scored.classified(run, spec, system, done=len(outputs))
            outputs += written.outputs
            contexts[system.name], devices[system.name] = written.context_length, written.device
            continue
        # A base that is asked in several ways is loaded once; whatever is tuned comes after it.
        if loaded is None or system.method != "base":
            loaded = systems.load(run, system, device=spec.device, allowed_roots=spec.allowed_roots)
        student, placement = loaded
        contexts[system.name] = student.context_length
        devices[system.name] = placement.device.type
        prompt_set = prompts_for(spec, system, student)
        notes += [note] if (note := prompt_set.note(system)) else []
        outputs += scored.written(run, spec, system, student, prompt_set.prompts, done=len(outputs))
        if run.stop_requested:
            raise Stopped
        if system.kind == "baseline":
            continue
        reader = LikelihoodScorer(student, placement.device)
        outputs = _with_likelihood(spec, system, reader, outputs)
        general[system.name] = reader.general(GENERAL.read_text(encoding="utf-8"))
    write_durably(run.path / OUTPUTS, "".join(output.model_dump_json() + "\n" for output in outputs).encode())
    summary = report(spec, outputs, general, time.perf_counter() - began, contexts, devices)
    summary = summary.model_copy(update={"notes": [*summary.notes, *notes]})
    run.finish("succeeded", summary=summary.model_dump(), artefacts=[OUTPUTS])
    return 0


def _with_likelihood(
    spec: EvaluationSpec, system: System, reader: LikelihoodScorer, outputs: list[ScoredOutput]
) -> list[ScoredOutput]:
    nll = reader.gold_losses(spec.task, spec.records, spec.golds, batch_size=spec.batch_size)
    return [
        output.model_copy(update={"scores": {**output.scores, "gold_nll_per_byte": nll[output.record]}})
        if output.system == system.name and output.record in nll
        else output
        for output in outputs
    ]


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
