"""Checks that a model is given all text that a row holds: no template drops, and no tokenizer loses any of it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from training.engine.data.control_tokens import RowRefusedError, unguarded

_SHOWN: Final = 60


def require_written(contents: Sequence[str], rendered: str, *, is_answer: bool = False) -> None:
    """Refuse a template that leaves out or changes the words of a turn, or trims an answer.

    White space at the ends of a prompt's turn may go: a model then reads the same when it is tuned and when it is
    asked. Of an answer every sign is trained on.

    Args:
        rendered: What the template made of them, guarded or not.

    Raises:
        RowRefusedError: Names the beginning of the first text that is lost.
    """
    (text,) = unguarded([rendered])
    for content in contents:
        if is_answer and content not in text and content.strip() in text:
            raise RowRefusedError(
                "template_trims_answer",
                f"the student's chat template trims the white space around the answer {_begin(content)}",
                "Take the white space off this row's answer, fix the student's chat_template, or leave this row out.",
            )
        if content.strip() not in text:
            raise RowRefusedError(
                "template_drops_text",
                f"the student's chat template leaves out or changes the words {_begin(content)}",
                "Choose a student whose template writes every turn as it is, fix its chat_template, "
                "or leave this row out.",
            )


def require_spelled(contents: Sequence[str], tokenizer: Any, ids: Sequence[int]) -> None:
    """Refuse a tokenizer whose tokens do not spell a turn's text.

    What it has no tokens for a model neither reads nor writes.

    Args:
        tokenizer: A transformers tokenizer.

    Raises:
        RowRefusedError: Names the beginning of the first text that is lost.
    """
    # Many tokenizers put letters together with their accents first (NFC), which loses nothing.
    spelled = _composed(tokenizer.decode(list(ids), skip_special_tokens=False, clean_up_tokenization_spaces=False))
    for content in contents:
        if _composed(content.strip()) not in spelled:
            raise RowRefusedError(
                "tokenizer_loses_text",
                f"the student's tokenizer has no tokens for all of the words {_begin(content)}, "
                "so it could neither read nor write them",
                "T5's tokenizers have no line breaks or braces, others no signs they never met: choose a student with "
                "a byte-level tokenizer, such as BART or Qwen, or leave this row out.",
            )


def require_within(ids: Sequence[int], vocabulary: int | None) -> None:
    """Refuse tokens that a model has no embedding for.

    Args:
        vocabulary: How many a model has; None where that is not known.

    Raises:
        RowRefusedError: Names the first of them.
    """
    beyond = next((token for token in ids if vocabulary is not None and token >= vocabulary), None)
    if beyond is not None:
        raise RowRefusedError(
            "tokenizer_too_large",
            f"the student's tokenizer gives token {beyond}, and the model that reads it knows {vocabulary}",
            "Take tokenizer and weights of one release, or resize the model's embedding to its tokenizer.",
        )


def width_of(tokenizer: Any) -> int:
    """Return how many scores a tokenizer's tokens take: one more than the highest id, for ids may leave gaps."""
    return int(max(tokenizer.get_vocab().values())) + 1


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _begin(content: str) -> str:
    words = content.strip()
    return repr(words[:_SHOWN] + ("…" if len(words) > _SHOWN else ""))
