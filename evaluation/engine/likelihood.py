"""Surprise of a text to a model: negative log-likelihood in nats per byte of UTF-8.

Per byte, not per token, so that models with different tokenizers can be compared.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from evaluation.engine.contracts import GeneralLoss, GoldText, HeldOutRecord, first_texts
from review.spec import prompting
from review.spec.task_spec import TaskSpec
from training.engine.contracts import TrainError
from training.engine.data.chat import Messages
from training.engine.data.control_tokens import RowRefusedError
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.supervised_head import SupervisedHead
from training.engine.model.loading import LoadedStudent
from training.engine.objectives.sft import Sft

# Part of a long text that is read in one go, when the model does not say how much it can hold.
WINDOW_TOKENS = 512
# Passages of a plain text are its paragraphs: neighbouring sentences tell of one thing, so they are no two draws.
PARAGRAPH: Final = re.compile(r"\n\s*\n")


class LikelihoodScorer:
    """A student prepared for scoring texts."""

    def __init__(self, student: LoadedStudent, device: torch.device) -> None:
        self._student, self._device = student, device
        self._head = SupervisedHead(student.model)
        self._rows = Sft(student.chat)

    def completions(self, examples: Sequence[tuple[Messages, str]], *, batch_size: int) -> list[float | None]:
        """NLL per byte of each completion, given its prompt; the end of the turn is counted with it.

        None for one that is longer, with its prompt, than the student reads, or that its tokens cannot spell.
        """
        longest = self._student.context_length
        rows = [row for number, each in enumerate(examples) if (row := self._row(number, *each)) is not None]
        fitting = [row for row in rows if longest is None or self._read_length(row) <= longest]
        nll_per_byte: list[float | None] = [None] * len(examples)
        for row, nats in zip(fitting, self._nats(fitting, batch_size), strict=True):
            nll_per_byte[int(row.id)] = nats / len(examples[int(row.id)][1].encode())
        return nll_per_byte

    def gold_losses(
        self, task: TaskSpec, records: Sequence[HeldOutRecord], golds: Sequence[GoldText], *, batch_size: int
    ) -> dict[str, float]:
        """NLL per byte of the expert's text of each record that has one, by record; what cannot be read is left out."""
        texts = first_texts(golds)
        held = [record for record in records if record.id in texts]
        examples = [(prompting.messages(task, each.facts, audience="student"), texts[each.id]) for each in held]
        losses = self.completions(examples, batch_size=batch_size)
        return {record.id: nats for record, nats in zip(held, losses, strict=True) if nats is not None}

    def _row(self, number: int, prompt: Messages, text: str) -> TokenRow | None:
        try:
            ids, prompt_length = self._student.chat.encode(prompt, [{"role": "assistant", "content": text}])
        except RowRefusedError:
            return None
        return TokenRow(str(number), ids, prompt_length)

    def general(self, text: str) -> GeneralLoss:
        """Loss on a plain text, read in windows that do not see each other.

        Each window begins with the token that all texts began with when the student was made, where it has one: Gemma
        is lost without it. Without one, the first token of a window is given. An encoder–decoder writes each window as
        an answer to nothing.
        """
        chat = self._student.chat
        places = {"return_offsets_mapping": True} if chat.tokenizer.is_fast else {}
        encoded = chat.tokenizer(text, add_special_tokens=False, **places)
        ids = encoded["input_ids"]
        begin = (chat.tokenizer("")["input_ids"] or [chat.end_of_turn]) if chat.is_apart else chat.begin
        prompt_length = len(begin) if chat.is_apart else 1
        window = min(WINDOW_TOKENS, self._student.context_length or WINDOW_TOKENS) - len(begin)
        parts = {start: [*begin, *ids[start : start + window]] for start in range(0, len(ids), window)}
        rows = [TokenRow(str(start), part, prompt_length) for start, part in parts.items() if len(part) > prompt_length]
        losses = self._losses(rows, batch_size=4)
        firsts = [int(row.id) + prompt_length - len(begin) for row in rows]
        passages = _by_passage(text, encoded["offset_mapping"], firsts, losses) if places else []
        nats = sum(float(of_row.sum()) for of_row in losses)
        return GeneralLoss(nll_per_byte=nats / len(text.encode()), passages=passages)

    def _read_length(self, row: TokenRow) -> int:
        return max(row.prompt_length, row.supervised) if self._student.chat.is_apart else row.length

    def _nats(self, rows: Sequence[TokenRow], batch_size: int) -> list[float]:
        return [float(of_row.sum()) for of_row in self._losses(rows, batch_size)]

    @torch.no_grad()
    def _losses(self, rows: Sequence[TokenRow], batch_size: int) -> list[Tensor]:
        """Nats of each supervised token of each row.

        Raises:
            TrainError: `diverged`, the model gives none: kept, they would stand as scores of a cell for good.
        """
        order = sorted(range(len(rows)), key=lambda index: len(rows[index].ids))
        by_row: dict[int, Tensor] = {}
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            batch = self._rows.batch([rows[index] for index in chosen]).to(self._device)
            inputs = {**self._student.extra_inputs(batch.input_ids), **batch.inputs()}
            logits = self._head.logits(self._student.model, batch.input_ids, batch.positions, **inputs)
            log_probs = torch.log_softmax(logits.float(), dim=-1)
            losses = -log_probs.gather(1, batch.targets.unsqueeze(1)).squeeze(1)
            if not bool(losses.isfinite().all()):
                hint = "Lower the learning rate, or use bf16 or fp32."
                raise TrainError("diverged", "The model's scores of a text are not numbers.", hint)
            parts = torch.split(losses, [rows[index].supervised for index in chosen])
            for index, part in zip(chosen, parts, strict=True):
                by_row[index] = part.cpu()
        return [by_row[index] for index in range(len(rows))]


def _by_passage(
    text: str, places: Sequence[tuple[int, int]], firsts: Sequence[int], losses: Sequence[Tensor]
) -> list[float]:
    """Nats on each passage of a text.

    Args:
        text: All of it.
        places: Where each of its tokens begins and ends, in characters.
        firsts: The token that each row's losses begin with; below 0 for what stands before the text, which the first
            passage takes.
        losses: Nats of each token of a row, in order. The end of an answer belongs to the last passage.
    """
    begins = [0, *(match.end() for match in PARAGRAPH.finditer(text))]
    nats = [0.0] * len(begins)
    for first, of_row in zip(firsts, losses, strict=True):
        for at, loss in enumerate(of_row.tolist(), first):
            begin = places[min(max(at, 0), len(places) - 1)][0]
            nats[bisect_right(begins, begin) - 1] += loss
    return nats
