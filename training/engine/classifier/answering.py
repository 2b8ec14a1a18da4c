"""A tuned classifier asked for a task's answers: prompts in, fields, text and probabilities out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from review.spec import prompting
from review.spec.task_spec import TaskSpec
from training.engine.classifier.loading import LoadedClassifier
from training.engine.classifier.prediction import predict
from training.engine.classifier.rows import prompt_ids


@dataclass(frozen=True)
class ClassifiedAnswer:
    """Answer of a classifier to one prompt.

    Attributes:
        fields: By name, in the task's normal form; None where the prompt was not read.
        text: The same as the task's renderer writes it.
        probabilities: By field, of each label.
        tokens: Of the prompt.
    """

    fields: dict[str, Any] | None
    text: str
    probabilities: dict[str, dict[str, float]]
    error: str
    seconds: float
    tokens: int


def answer_prompts(
    student: LoadedClassifier,
    task: TaskSpec,
    prompts: Sequence[Sequence[Mapping[str, str]]],
    *,
    device: torch.device,
    batch_size: int = 32,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[ClassifiedAnswer]:
    """Answer prompts, in their order; fewer where it is told to stop.

    One that the encoder cannot read whole is not cut.
    """
    return answer_token_ids(
        student,
        task,
        prompt_ids(student.opened.tokenizer, prompts),
        device=device,
        batch_size=batch_size,
        should_stop=should_stop,
    )


def answer_token_ids(
    student: LoadedClassifier,
    task: TaskSpec,
    ids: Sequence[list[int]],
    *,
    device: torch.device,
    batch_size: int = 32,
    should_stop: Callable[[], bool] = lambda: False,
) -> list[ClassifiedAnswer]:
    """Answer as `answer_prompts` does, of prompts as token ids."""
    heads, longest = student.model.heads, student.opened.context_length
    fits = [longest is None or len(own) <= longest for own in ids]
    predictions = iter(
        predict(
            student.model,
            heads,
            [own for own, is_fit in zip(ids, fits, strict=True) if is_fit],
            pad=student.opened.pad,
            device=device,
            batch_size=batch_size,
            should_stop=should_stop,
        )
    )
    answers: list[ClassifiedAnswer] = []
    for own, is_fit in zip(ids, fits, strict=True):
        if not is_fit:
            error = f"The prompt has {len(own)} tokens; this miniature reads {longest}."
            answers.append(ClassifiedAnswer(None, "", {}, error, 0.0, len(own)))
            continue
        each = next(predictions, None)
        if each is None:
            break
        answers.append(_answer(task, each.text(heads), each.probabilities, each.seconds, each.tokens))
    return answers


def _answer(
    task: TaskSpec, text: str, probabilities: dict[str, dict[str, float]], seconds: float, tokens: int
) -> ClassifiedAnswer:
    try:
        fields = prompting.parse(task, text)
        return ClassifiedAnswer(fields, prompting.completion(task, fields), probabilities, "", seconds, tokens)
    except ValueError as error:
        return ClassifiedAnswer(
            None, text, probabilities, f"The answer is not of the task's shape: {error}.", seconds, tokens
        )
