"""Findings of the paper on the built-in questions, shown next to measurements and never instead of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evaluation.states import StudyKind

PAPER: Final = "Trained Miniatures (arXiv 2508.15617)"


# Reported ratios full ÷ LoRA, to compare with the measured ones: (low, high).
RATIOS: Final[dict[str, tuple[float, float]]] = {"seconds": (3.0, 5.0), "trainable_parameters": (100.0, 100.0)}


@dataclass(frozen=True)
class ReportedModel:
    """Line of the paper's table of models tuned by LoRA: shares of mails in percent, None where it gives none.

    `names` are substrings of the model's hub ids.
    """

    model: str
    names: tuple[str, ...]
    opened: float
    clicked: float | None
    responded: float


TABLE: Final = (
    ReportedModel("Gemma-3-1B", ("gemma-3-1b",), 26.8, None, 4.2),
    ReportedModel("Gemma-3-4B", ("gemma-3-4b",), 27.5, 3.0, 5.1),
    ReportedModel("Gemma-3-12B", ("gemma-3-12b",), 28.8, None, 5.9),
    ReportedModel("Llama-3.2-1B", ("llama-3.2-1b",), 24.3, None, 2.5),
)
# Claims of the paper, and questions that it leaves open, with the kind of study that decides each.
CLAIMS: Final[tuple[tuple[str, StudyKind], ...]] = (
    ("Thousands of approved samples are what a miniature is tuned on.", StudyKind.SAMPLES),
    ("LoRA comes within 0.2 to 0.3 points of full fine-tuning.", StudyKind.METHODS),
    # The contradictions below compare the sizes in question.
    ("A small student keeps most of what a larger one has.", StudyKind.STUDENTS),
    ("Experts' verdicts on drafts make the dataset good.", StudyKind.FILTER),
    ("A context of 8K loses nothing against 16K and more.", StudyKind.CONTEXT),
    ("Half precision saves half of the memory and loses nothing.", StudyKind.PRECISION),
    ("Supervised fine-tuning on accepted and edited texts makes a miniature.", StudyKind.MINUTES),
    ("A miniature of one task is not expected to serve another.", StudyKind.TRANSFER),
    ("Left open: whether a teacher's logits teach more than its texts.", StudyKind.CLONING),
    ("Left open: whether experts isolated from a mixture teach better than a dense model.", StudyKind.EXPERTS),
    ("Left open: whether encoder–decoders serve as students as well as decoders.", StudyKind.SHAPES),
)


@dataclass(frozen=True)
class Contradiction:
    """Two statements of the paper that cannot both hold, and the students whose comparison decides between them.

    Attributes:
        text: Both statements in our words.
        smaller, larger: Parameters of the two students in billions, from and to.
    """

    text: str
    smaller: tuple[float, float]
    larger: tuple[float, float]


# The sizes in names are rounded: Gemma-3-4B has 4.3 billion parameters, Gemma-3-12B 12.2.
_OF_4B, _OF_12B, _BELOW_3B = (2.9, 5.0), (10.0, 14.0), (0.5, 2.9)
_SMALLER, _LARGER = TABLE[1], TABLE[2]
CONTRADICTIONS: Final = (
    Contradiction(
        f"The text says that the response falls by 3 to 5 % from 12B to 4B; the table has {_LARGER.responded} and "
        f"{_SMALLER.responded} %, a fall of {100 * (1 - _SMALLER.responded / _LARGER.responded):.1f} %.",
        _OF_4B,
        _OF_12B,
    ),
    Contradiction("The sweet spot is 3–4B in one place and 4–12B in another.", _OF_4B, _OF_12B),
    Contradiction(
        f"The text says 3.9 to 4.8 % for models below 3B; {TABLE[3].model} has {TABLE[3].responded} % in its table.",
        _BELOW_3B,
        (_OF_4B[0], _OF_12B[1]),
    ),
)
