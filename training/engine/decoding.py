"""How miniatures and their rivals write: one place, so that a page's try-out and an evaluation draw alike.

Greedy, and in prose no run of tokens twice: small models fall into saying a sentence again. It does not know models.
"""

from __future__ import annotations

from typing import Final

from review.spec import TaskSpec
from training.engine.generation import GREEDY, Sampling

# Longer than a name or a fact, which may well be said twice, and shorter than a sentence of a small tokenizer's.
NO_REPEAT_NGRAM: Final = 16
PROSE: Final = Sampling(no_repeat_ngram=NO_REPEAT_NGRAM)


def sampling_for(task: TaskSpec) -> Sampling:
    """How texts of a task are drawn. Items of a list may share an address or a frame, so lists are plainly greedy."""
    return GREEDY if any(field.type == "list" for field in task.output_schema) else PROSE
