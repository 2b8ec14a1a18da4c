"""Engine that records answers of the demo's miniatures: for `python -m demo.recordings.record answers`.

It loads the recorded weights and writes as the evaluation's engine does, then plays the answers back. Answered prompts
are skipped.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from demo.recordings import answers
from demo.recordings.engine import KEPT
from generation.engine.contracts import GenerationSpec
from jobs.rundir import RunDir
from review.spec import prompting
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec
from training.engine.classifier import loading as classifiers
from training.engine.classifier.answering import answer_prompts
from training.engine.contracts import StudentRef
from training.engine.grammar.task_grammar import task_grammar
from training.engine.model import generate, loading

STUDENT = Path(__file__).parents[1] / "student" / "weights"
ENCODER = Path(__file__).parents[1] / "encoder" / "weights"
LONGEST_ANSWER = 512
Prompts = dict[str, list[Message]]


def main(path: str) -> None:
    """Have a miniature answer every record of an order, and record the answers."""
    run = RunDir.open(path)
    spec = GenerationSpec.model_validate(run.spec.body)
    task = TaskSpec.model_validate(spec.task)
    kept = answers.kept_answers()
    prompts = {
        answers.prompt_of(task, record.facts): prompting.messages(task, record.facts, audience="student")
        for record in spec.records
    }
    fresh = {prompt: messages for prompt, messages in prompts.items() if prompt not in kept}
    folder = _weights_for(task)
    fresh_answers = _classified(task, fresh, folder) if classifiers.has_heads(folder) else _written(task, fresh, folder)
    kept |= {answer["prompt"]: answer for answer in fresh_answers}
    answers.write(kept)
    answers.play(run, spec)


def _weights_for(task: TaskSpec) -> Path:
    names = {field.name for field in task.output_schema}
    folder = (
        "training-claim-check" if "supported" in names else "training-company-news" if "claims" in names else "training"
    )
    return KEPT / folder / "adapter"


def _written(task: TaskSpec, prompts: Prompts, folder: Path) -> Iterator[dict[str, Any]]:
    student = loading.load_tuned(
        loading.load(StudentRef(path=str(STUDENT)), dtype=torch.float32, allowed_roots=[str(STUDENT)]), folder
    )
    keys = list(prompts)
    for answer in generate.generate(
        student.model,
        student.chat,
        [prompts[key] for key in keys],
        max_new_tokens=LONGEST_ANSWER,
        context_length=student.context_length,
        sampling=generate.sampling_for(task),
        grammar=task_grammar(task),
    ):
        try:
            fields, error = (prompting.parse(task, answer.text), "") if answer.ended else (None, answer.unfinished)
        except prompting.CompletionError as problem:
            fields, error = None, f"The text is not of the task's shape: {problem}."
        counts = {"input_tokens": answer.prompt_tokens, "output_tokens": answer.completion_tokens}
        yield _kept(keys[answer.index], fields, answer.text, error, answer.seconds, counts)


def _classified(task: TaskSpec, prompts: Prompts, folder: Path) -> Iterator[dict[str, Any]]:
    base = StudentRef(path=str(ENCODER))
    student = classifiers.load_classifier(folder, base, dtype=torch.float32, allowed_roots=[str(ENCODER)])
    replies = answer_prompts(student, task, list(prompts.values()), device=torch.device("cpu"))
    for key, answer in zip(prompts, replies, strict=True):
        counts = {"input_tokens": answer.tokens, "output_tokens": 0}
        yield _kept(key, answer.fields, answer.text, answer.error, answer.seconds, counts)


def _kept(
    prompt: str, fields: dict[str, Any] | None, text: str, error: str, seconds: float, counts: dict[str, int]
) -> dict[str, Any]:
    # A text with fields can be written from them.
    return {"prompt": prompt, "fields": fields, "text": "" if fields else text, "error": error} | {
        "seconds": round(seconds, 4),
        **counts,
    }


if __name__ == "__main__":
    main(sys.argv[1])
