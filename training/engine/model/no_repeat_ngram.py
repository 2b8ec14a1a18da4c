"""Limit on the run of tokens that a text may say twice. One rule for pages, evaluations and samples; knows no model."""

from __future__ import annotations

from typing import Final

from review.spec.task_spec import TaskSpec

# Shorter than a sentence of a small tokenizer's. A long name or fact, which may well be said twice, stands in the
# prompt.
NO_REPEAT_NGRAM: Final = 16


def no_repeat_ngram(task: TaskSpec) -> int:
    """Tokens of the shortest run that must not come back; 0 for none.

    Small models fall into saying a sentence of prose again. Items of a list may share an address or a frame.
    """
    return 0 if any(field.type == "list" for field in task.output_schema) else NO_REPEAT_NGRAM
