"""Findings of the paper on the built-in questions: to stand beside what is measured, never instead of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from evaluation.states import StudyKind

PAPER: Final = "Trained Miniatures (arXiv 2508.15617)"


@dataclass(frozen=True)
class PaperFinding:
    """A statement of the paper in our words, and where it stands."""

    text: str
    source: str


FINDINGS: Final[dict[str, tuple[PaperFinding, ...]]] = {
    StudyKind.SAMPLES: (
        PaperFinding(
            "Tunes on thousands of samples that a teacher wrote and experts approved, for 3 to 5 epochs.", PAPER
        ),
        PaperFinding("Gives no curve over the number of samples: how many are needed is left open.", PAPER),
    ),
    StudyKind.METHODS: (
        PaperFinding("LoRA comes within 0.2 to 0.3 points of full fine-tuning in response rate.", PAPER),
        PaperFinding(
            "LoRA tunes about 1 % of the parameters and is about 10 times cheaper and 3 to 5 times faster.", PAPER
        ),
        PaperFinding("Full fine-tuning takes 10 to 50 times the compute.", PAPER),
    ),
    StudyKind.FILTER: (
        PaperFinding("Experts accept, edit or reject each draft before a student is tuned on it.", PAPER),
        PaperFinding("Whether that makes a better student than unfiltered drafts is left open.", PAPER),
    ),
    StudyKind.TRANSFER: (
        PaperFinding(
            "Tunes one miniature a task; expects the mail's not to serve research, nor the other way round.", PAPER
        ),
    ),
    StudyKind.CONTEXT: (PaperFinding("A context of 8K lost nothing against 16K and more.", PAPER),),
    StudyKind.STUDENTS: (
        PaperFinding(
            "Tunes Gemma-3 of 1B, 4B and 12B, Qwen and Llama-3.2 of 1B, and reports a decline with size.", PAPER
        ),
    ),
    StudyKind.EXPERTS: (
        PaperFinding(
            "Whether experts isolated from a mixture teach better than a dense teacher's outputs is left open.",
            PAPER,
        ),
    ),
    StudyKind.MINUTES: (PaperFinding("Its recipes are supervised fine-tuning on accepted and edited texts.", PAPER),),
    # The paper asks nothing of several miniatures behind a router, and has none that vets passages.
    StudyKind.ROUTER: (),
    StudyKind.RETRIEVAL: (),
    StudyKind.CLONING: (
        PaperFinding("Students learn from a teacher's texts, never its logits, so that a closed API can teach.", PAPER),
        PaperFinding(
            "Whether the logits of an open-weight teacher teach more, and on multi-step reasoning, is left open.", PAPER
        ),
    ),
}

# Reported ratios full ÷ LoRA beside which the measured ones are set: (low, high).
RATIOS: Final[dict[str, tuple[float, float]]] = {"seconds": (3.0, 5.0), "trainable_parameters": (100.0, 100.0)}


@dataclass(frozen=True)
class ReportedModel:
    """A line of the paper's table of models tuned by LoRA: shares of mails in percent, None where it gives none.

    `names` are what a hub id of the model holds.
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
# What the paper claims, with the kind of study that asks it here.
CLAIMS: Final[tuple[tuple[str, StudyKind], ...]] = (
    ("Thousands of approved samples are what a miniature is tuned on.", StudyKind.SAMPLES),
    ("LoRA comes within 0.2 to 0.3 points of full fine-tuning.", StudyKind.METHODS),
    # Of which sizes, and by how much, stands among the contradictions, where students of these sizes alone are told of.
    ("A small student keeps most of what a larger one has.", StudyKind.STUDENTS),
    ("Experts' verdicts on drafts make the dataset good.", StudyKind.FILTER),
    ("A context of 8K loses nothing against 16K and more.", StudyKind.CONTEXT),
    ("Supervised fine-tuning on accepted and edited texts makes a miniature.", StudyKind.MINUTES),
    ("A miniature of one task is not expected to serve another.", StudyKind.TRANSFER),
)


@dataclass(frozen=True)
class Contradiction:
    """Two statements of the paper that cannot both hold, and the students whose comparison measures what they are about.

    Attributes:
        text: Both statements in our words.
        smaller, larger: Parameters of the students in billions, from and to: the one may lose against the other.
    """

    text: str
    smaller: tuple[float, float]
    larger: tuple[float, float]


# Sizes are names: Gemma-3-4B has 4.3 billion parameters, Gemma-3-12B 12.2.
_OF_4B, _OF_12B, _BELOW_3B = (2.9, 5.0), (10.0, 14.0), (0.5, 2.9)
_SMALLER, _LARGER = TABLE[1], TABLE[2]
CONTRADICTIONS: Final = (
    Contradiction(
        f"The text says that the response falls by 3 to 5 % from 12B to 4B; the table has {_LARGER.responded} and {_SMALLER.responded} %, a fall "
        f"of {100 * (1 - _SMALLER.responded / _LARGER.responded):.1f} %.",
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
