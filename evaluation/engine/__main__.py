"""`python -m evaluation.engine RUN_DIR`: have models write for held-out records, and score what they wrote.

Every system writes its own outputs; prompts come from the task's one renderer and answers are read back and checked by
it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from jobs.rundir import RunDir
from jobs.rundir.durable import write_durably
from jobs.rundir.garbage import end_process, without_garbage_collection

with without_garbage_collection():
    import torch

    from evaluation.engine import systems
    from evaluation.engine.classified import classified, is_classifier
    from evaluation.engine.contracts import EvaluationSpec, GeneralLoss, ScoredOutput, System
    from evaluation.engine.likelihood import LikelihoodScorer, first_texts
    from evaluation.engine.prompts import prompts_for
    from evaluation.engine.reference_scores import ReferenceScorer
    from evaluation.engine.report import report
    from generation.money.figures import time_usd
    from review.spec import prompting
    from training.engine.contracts import Stopped
    from training.engine.data.chat import Messages
    from training.engine.grammar.task_grammar import task_grammar
    from training.engine.model import generate
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
    outputs: list[ScoredOutput] = list(_written(spec))
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
        if is_classifier(run, system):
            written = classified(run, spec, system, first_texts(spec.golds), done=len(outputs))
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
        outputs += _write(run, spec, system, student, prompt_set.prompts, done=len(outputs))
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


def _write(
    run: RunDir,
    spec: EvaluationSpec,
    system: System,
    student: LoadedStudent,
    prompts: Sequence[Messages],
    *,
    done: int,
) -> Iterator[ScoredOutput]:
    total = done + len(spec.records) * (len(spec.systems) - spec.systems.index(system))
    began, references, golds = time.perf_counter(), ReferenceScorer(), first_texts(spec.golds)
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
        record = spec.records[answer.index]
        fields, error = systems.parsed(spec.task, answer)
        scores, marks = references.scored(spec.task, record.facts, fields, answer.text, golds.get(record.id))
        rate = number / (time.perf_counter() - began)
        run.emit("progress", done=done + number, total=total, unit="outputs", rate_per_s=round(rate, 2))
        is_unfit, is_cut = answer.is_unfit, answer.is_cut
        yield ScoredOutput(
            is_unfit=is_unfit,
            is_cut=is_cut,
            system=system.name,
            record=record.id,
            text=answer.text,
            fields=fields,
            error=error,
            marks=marks,
            seconds=answer.seconds,
            cost_usd=float(time_usd(answer.seconds, spec.host_usd_per_hour)),
            tokens=answer.completion_tokens,
            scores=scores,
        )


def _written(spec: EvaluationSpec) -> Iterator[ScoredOutput]:
    """Score existing texts like the others. A record without one counts as an output without shape."""
    facts = {record.id: record.facts for record in spec.records}
    references, golds = ReferenceScorer(), first_texts(spec.golds)
    for system in spec.written:
        for written in system.outputs:
            if written.record not in facts:
                continue
            text = prompting.completion(spec.task, written.fields) if written.fields is not None else written.text
            gold = golds.get(written.record)
            scores, marks = references.scored(spec.task, facts[written.record], written.fields, text, gold)
            yield ScoredOutput(
                system=system.name,
                record=written.record,
                text=text,
                fields=written.fields,
                error=written.error,
                marks=marks,
                seconds=written.seconds,
                cost_usd=written.cost_usd,
                tokens=written.tokens,
                scores={**written.scores, **scores},
            )


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
