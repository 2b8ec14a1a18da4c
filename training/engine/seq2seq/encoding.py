"""Prompts and answers of an encoder–decoder as token ids: each by itself, with the special tokens its family puts there.

The prompt is what the encoder reads, the answer what the decoder writes, so no seam between the two has to hold. What an
answer may hold is what the tokenizer can spell: T5's has no line breaks and no braces, and a student tuned on rows that
lost them would never write them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from training.engine.contracts import TrainError

NAMED_ROWS: Final = 10
# Texts of all turns with a blank line between them; roles are named only where the model itself has spoken before.
SOURCE_TEMPLATE: Final = (
    "{% set parts = messages | selectattr('role', 'equalto', 'assistant') | list %}"
    "{% for message in messages %}"
    "{{ message['role'].capitalize() + ':\n' if parts else '' }}{{ message['content'] }}"
    "{{ '' if loop.last else '\n\n' }}"
    "{% endfor %}"
)


class PartedRow(Protocol):
    """A row whose prompt the encoder reads and whose answer the decoder writes; both in tokens."""

    @property
    def id(self) -> str: ...
    @property
    def prompt_length(self) -> int: ...
    @property
    def supervised(self) -> int: ...


def encode(
    tokenizer: Any, sources: Sequence[str], completions: Sequence[Sequence[Mapping[str, str]]], *, end_of_turn: int
) -> list[tuple[list[int], int]]:
    """Token ids of each source with those of its answer behind them, and how many are the source's.

    Args:
        tokenizer: The student's.
        sources: Rendered prompts.
        completions: Messages of each answer.
        end_of_turn: The token that ends an answer.
    """
    answers = ["\n\n".join(message["content"] for message in completion) for completion in completions]
    read = tokenizer(list(sources), return_attention_mask=False, return_token_type_ids=False)["input_ids"]
    written = tokenizer(text_target=answers, return_attention_mask=False, return_token_type_ids=False)["input_ids"]
    return [
        ([*source, *ended(list(answer), end_of_turn)], len(source))
        for source, answer in zip(read, written, strict=True)
    ]


def ended(ids: list[int], end: int) -> list[int]:
    """An answer's tokens, ended by the end token exactly once."""
    return ids if ids and ids[-1] == end else [*ids, end]


def require_kept(raws: Sequence[Mapping[str, Any]], spelled: Sequence[str]) -> None:
    """Refuse answers that the tokenizer cannot give back, white space at their ends aside.

    Args:
        raws: Rows of an `sft` file.
        spelled: What the tokens of each row's answer spell.

    Raises:
        TrainError: Names the first of them.
    """
    lost = [
        str(raw["id"])
        for raw, text in zip(raws, spelled, strict=True)
        if text.strip() != "\n\n".join(message["content"] for message in raw["completion"]).strip()
    ]
    if lost:
        more = f" and {len(lost) - NAMED_ROWS} more" if len(lost) > NAMED_ROWS else ""
        raise TrainError(
            "tokenizer_loses_text",
            f"the student's tokenizer cannot spell {len(lost)} of {len(raws)} answers, so it could never write them: "
            f"{', '.join(lost[:NAMED_ROWS])}{more}",
            "T5's tokenizers have no line breaks or braces: choose a student with a byte-level tokenizer, such as BART, "
            "or a task whose answer is one line.",
        )


def require_fitting(rows: Sequence[PartedRow], context_length: int | None) -> None:
    """Refuse rows whose prompt or answer is longer than encoder or decoder reads; nothing is cut.

    Raises:
        TrainError: Names the longest of them.
    """
    if context_length is None:
        return
    parts = [(max(row.prompt_length, row.supervised), row.id) for row in rows]
    too_long = sorted((part for part in parts if part[0] > context_length), reverse=True)
    if too_long:
        named = ", ".join(f"{name} ({length} tokens)" for length, name in too_long[:NAMED_ROWS])
        raise TrainError(
            "rows_too_long",
            f"{len(too_long)} rows have a prompt or an answer of more than the {context_length} tokens that the student "
            f"reads, and nothing is cut silently: {named}",
            "Leave these rows out, or choose a student with a longer context.",
        )
