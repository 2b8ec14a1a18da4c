"""How miniatures and their rivals write: one place, so that a page's try-out and an evaluation draw alike.

Greedy, and in prose no run of tokens twice. It does not know models.
"""

from __future__ import annotations

from typing import Final

from review.spec import TaskSpec
from training.engine.generation import Sampling
from training.engine.repeats import NO_REPEAT_NGRAM, no_repeat_ngram

PROSE: Final = Sampling(no_repeat_ngram=NO_REPEAT_NGRAM)


def sampling_for(task: TaskSpec) -> Sampling:
    """How texts of a task are drawn."""
    return Sampling(no_repeat_ngram=no_repeat_ngram(task))
