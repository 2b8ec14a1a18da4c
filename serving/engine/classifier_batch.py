"""Questions to a classifier: those that wait are read together in one pass, and answered at once.

It takes the place of a running batch: the scheduler gives it newcomers as it gives them to a decoder, and none stays.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Sequence
from pathlib import Path

import torch

from review.spec.task_spec import TaskSpec
from serving.engine.contracts import GenerateRequest, ModelEntry
from serving.engine.errors import RequestRefused
from serving.engine.memory import student_bytes, weights_bytes
from serving.engine.row import Row
from serving.engine.text_stream import StreamDecoder, VisibleText
from training.engine.classifier.answering import answer_token_ids
from training.engine.classifier.loading import LoadedClassifier, load_classifier
from training.engine.classifier.rows import prompt_ids
from training.engine.data.chat import Chat
from training.engine.data.control_tokens import RowRefusedError
from training.engine.model.generate import Sampling
from training.engine.model.placement import Placement


class ClassifierBatch:
    """Answers with one classifier, on the compute thread alone.

    `rows` is always empty: nothing is written token by token.
    """

    def __init__(self, student: LoadedClassifier, task: TaskSpec, device: torch.device) -> None:
        self.student, self._task, self._device = student, task, device
        pad = student.opened.pad
        # An encoder has no turns: this stands for its tokenizer alone.
        self.chat = Chat(student.opened.tokenizer, end_of_turn=pad, stops=frozenset(), pad=pad)
        self.rows: list[Row] = []

    @property
    def bytes(self) -> int:
        return sum(parameter.numel() * parameter.element_size() for parameter in self.student.model.parameters())

    @torch.inference_mode()
    def step(self, newcomers: Sequence[Row]) -> list[tuple[Row, str]]:
        """Answer all that are still wanted; each ends with its text."""
        rows = [row for row in newcomers if not row.is_cancelled]
        answers = answer_token_ids(
            self.student, self._task, [row.prompt for row in rows], device=self._device, batch_size=max(1, len(rows))
        )
        for row, answer in zip(rows, answers, strict=True):
            row.first_token_s = time.perf_counter() - row.asked_s
            row.probabilities, row.finish = answer.probabilities, "stop"
        return [
            (row, json.dumps(answer.fields, ensure_ascii=False, indent=1) if row.is_object else answer.text)
            for row, answer in zip(rows, answers, strict=True)
        ]

    def clear(self) -> None:
        pass


def bytes_to_load(
    entry: ModelEntry, artefact: Path, placement: Placement, token: str | None, allowed_roots: Sequence[str]
) -> int:
    """Bytes that a classifier's weights will take; those of a hub's base are fetched first.

    Raises:
        TrainError: The base cannot be read.
    """
    if entry.method == "full":
        return weights_bytes(artefact, placement.weights)
    return student_bytes(entry.base, placement.weights, token, allowed_roots) if entry.base else 0


def load(
    entry: ModelEntry, artefact: Path, placement: Placement, token: str | None, allowed_roots: Sequence[str]
) -> ClassifierBatch:
    """Read a classifier onto its device.

    Raises:
        TrainError: It cannot be loaded.
    """
    student = load_classifier(artefact, entry.base, dtype=placement.weights, token=token, allowed_roots=allowed_roots)
    student.model.to(placement.device)
    return ClassifierBatch(student, entry.task, placement.device)


def open_row(ask: GenerateRequest, student: LoadedClassifier, chat: Chat, task: TaskSpec) -> Row:
    """A row for a question to a classifier; how texts are drawn does not matter to it.

    Raises:
        RequestRefused: 400, the prompt is longer than the encoder reads, or holds no text; the schema asked for has
            other fields than the task.
    """
    if ask.form == "json_schema":
        _require_fields(ask, task)
    try:
        ids = prompt_ids(student.opened.tokenizer, [[message.model_dump() for message in ask.messages]])[0]
    except RowRefusedError as error:
        raise RequestRefused(400, "bad_messages", f"The messages are not valid: {error}.") from error
    if not any(message.content.strip() for message in ask.messages):
        raise RequestRefused(400, "bad_messages", "The messages hold no text.")
    longest = student.context_length
    if longest is not None and len(ids) > longest:
        raise RequestRefused(
            400,
            "context_length_exceeded",
            f"The prompt has {len(ids)} tokens; {ask.model} reads {longest}. Shorten the prompt.",
        )
    return Row(
        model=ask.model,
        prompt=ids,
        limit=1,
        slot=0,
        sampling=Sampling(),
        stream=ask.stream,
        has_stops=False,
        decoder=StreamDecoder(chat),
        flow=VisibleText([]),
        stops=frozenset(),
        inbox=asyncio.Queue(),
        caller=ask.caller,
        is_object=ask.form in ("json_object", "json_schema"),
        tells_tokens=ask.logprobs,
    )


def _require_fields(ask: GenerateRequest, task: TaskSpec) -> None:
    """Limit a schema to the classifier's fields: it can answer no others."""
    schema = ask.answer_schema if isinstance(ask.answer_schema, dict) else {}
    named, own = set(schema.get("properties") or ()), {field.name for field in task.output_schema}
    if named != own:
        raise RequestRefused(
            400,
            "invalid_schema",
            f"{ask.model} is a classifier: it answers with {', '.join(sorted(own))}, and the schema names "
            f"{', '.join(sorted(named)) or 'nothing'}. Send the task's own schema, or leave response_format out.",
        )
