"""`python -m training.engine.write RUN_DIR`: write a few texts with a miniature.

It renders nothing itself: prompts come from the task's one renderer, and answers are read back and checked by it.
"""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import Field

from jobs.rundir import RunDir
from jobs.rundir.garbage import end_process
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from review.text import checks
from training.engine.classifier.answering import answer_prompts
from training.engine.classifier.loading import has_heads, load_classifier
from training.engine.contracts import HUB_TOKEN, Part, Stopped, StudentRef, TrainError, Ways
from training.engine.grammar.task_grammar import task_grammar
from training.engine.model import generate, loading
from training.engine.model.loading import LoadedStudent
from training.engine.model.placement import place
from training.engine.process import run_engine


class WriteSpec(Part):
    """Order to write: facts under a task version, with a base student and an adapter, or with tuned weights.

    `artefact` is a folder inside the run directory: `adapter` files to lay over `student`, or a whole model.
    """

    student: StudentRef | None = None
    artefact: str
    method: Literal["lora", "full"]
    task: TaskSpec
    records: list[dict[str, Any]] = Field(min_length=1, max_length=64)
    max_new_tokens: int = Field(512, ge=1, le=8192)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    allowed_roots: list[str] = Field(default_factory=list)
    ways: Ways = Ways()


def main(run: RunDir) -> int:
    """Write, and end the attempt; returns the process's exit status."""

    def work() -> int:
        spec = WriteSpec.model_validate(run.spec.body)
        is_classifier = has_heads(run.path / spec.artefact)
        outputs = _classify(run, spec) if is_classifier else _write(run, spec, _load(run, spec))
        if run.stop_requested:
            raise Stopped
        run.finish("succeeded", summary={"outputs": outputs})
        return 0

    return run_engine(work, finish=run.finish)


def _load(run: RunDir, spec: WriteSpec) -> LoadedStudent:
    token = run.secrets().get(HUB_TOKEN)
    placement = place(spec.device, "auto", "lora")
    artefact = run.path / spec.artefact
    if spec.method == "full":
        student = loading.load(StudentRef(path=str(artefact), ways=spec.ways), dtype=placement.weights)
    elif spec.student is None:
        raise TrainError("no_base", "an adapter needs the student it was tuned on")
    else:
        base = loading.load(spec.student, dtype=placement.weights, token=token, allowed_roots=spec.allowed_roots)
        student = loading.load_tuned(base, artefact)
    student.model.to(placement.device)
    return student


def _classify(run: RunDir, spec: WriteSpec) -> list[dict[str, Any]]:
    placement = place(spec.device, "auto", "lora")
    base = spec.student if spec.method == "lora" else None
    token = run.secrets().get(HUB_TOKEN)
    student = load_classifier(
        run.path / spec.artefact, base, dtype=placement.weights, token=token, allowed_roots=spec.allowed_roots
    )
    student.model.to(placement.device)
    prompts = [prompting.messages(spec.task, facts, audience="student") for facts in spec.records]
    answers = answer_prompts(student, spec.task, prompts, device=placement.device)
    return [
        {
            "text": answer.text,
            "fields": answer.fields,
            "marks": [],
            "error": answer.error,
            "seconds": answer.seconds,
            "prompt_tokens": answer.tokens,
            "completion_tokens": 0,
            "probabilities": answer.probabilities,
        }
        for answer in answers
    ]


def _write(run: RunDir, spec: WriteSpec, student: LoadedStudent) -> list[dict[str, Any]]:
    prompts = [prompting.messages(spec.task, facts, audience="student") for facts in spec.records]
    outputs: list[dict[str, Any]] = [{} for _ in prompts]
    began = time.perf_counter()
    answers = generate.generate(
        student.model,
        student.chat,
        prompts,
        max_new_tokens=spec.max_new_tokens,
        context_length=student.context_length,
        sampling=generate.sampling_for(spec.task),
        grammar=task_grammar(spec.task),
        should_stop=lambda: run.stop_requested,
    )
    for done, answer in enumerate(answers, 1):
        outputs[answer.index] = _read(spec.task, spec.records[answer.index], answer)
        run.emit(
            "progress", done=done, total=len(prompts), unit="texts", rate_per_s=done / (time.perf_counter() - began)
        )
    return outputs


def _read(task: TaskSpec, facts: dict[str, Any], answer: generate.GeneratedText) -> dict[str, Any]:
    """Fields with their marks, or the reason for an answer without any."""
    output: dict[str, Any] = {
        "text": answer.text,
        "fields": None,
        "marks": [],
        "error": answer.unfinished,
        "seconds": answer.seconds,
        "prompt_tokens": answer.prompt_tokens,
        "completion_tokens": answer.completion_tokens,
    }
    if answer.is_unfit:
        return output
    try:
        fields = prompting.parse(task, answer.text)
    except prompting.CompletionError as error:
        return {**output, "error": f"The text is not of the task's shape: {error}."}
    return {**output, "fields": fields, "marks": [mark.as_json() for mark in checks.run(task, facts, fields)]}


if __name__ == "__main__":
    torch.set_grad_enabled(mode=False)
    end_process(main(RunDir.open(Path(sys.argv[1]))))
