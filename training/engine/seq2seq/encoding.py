"""Prompts and answers of an encoder–decoder as token ids: each by itself, with the special tokens of its family.

The prompt is what the encoder reads, the answer what the decoder writes, so no seam between the two has to hold. What
an answer may hold is what the tokenizer can spell: T5's has no line breaks and no braces, and a student tuned on rows
that lost them would never write them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

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


def joined(
    sources: Sequence[list[int]], answers: Sequence[list[int]], *, end_of_turn: int
) -> list[tuple[list[int], int]]:
    """Token ids of each source with those of its answer behind them, and how many are the source's.

    Args:
        sources: Token ids of prompts.
        answers: Token ids of answers.
        end_of_turn: The token that ends an answer.
    """
    return [
        ([*source, *ended(answer, end_of_turn)], len(source)) for source, answer in zip(sources, answers, strict=True)
    ]


def ended(ids: list[int], end: int) -> list[int]:
    """An answer's tokens, ended by the end token exactly once."""
    return ids if ids and ids[-1] == end else [*ids, end]


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
            f"{len(too_long)} rows have a prompt or an answer of more than the {context_length} tokens that the "
            f"student reads, and nothing is cut silently: {named}",
            "Leave these rows out, or choose a student with a longer context.",
        )
