"""Parts of a reproduction as data, in order of worth: the question, students and study of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from evaluation.states import StudyKind, StudyMetric
from web.errors import Refusal

GEMMA_1B, GEMMA_4B, GEMMA_12B = (f"google/gemma-3-{size}-it" for size in ("1b", "4b", "12b"))
MIXTRAL, MISTRAL = "mistralai/Mixtral-8x7B-Instruct-v0.1", "mistralai/Mistral-7B-Instruct-v0.3"
FAMILIES: Final = (
    *(GEMMA_4B, GEMMA_1B, GEMMA_12B, "Qwen/Qwen3-1.7B", "Qwen/Qwen3-4B", "Qwen/Qwen3-8B"),
    *("meta-llama/Llama-3.2-1B-Instruct", "meta-llama/Llama-3.2-3B-Instruct"),
    *(MISTRAL, "microsoft/Phi-4-mini-instruct"),
)
# An encoder–decoder that spells line breaks, which T5's tokenizer does not, and a decoder of its size.
BART, SMOLLM = "facebook/bart-base", "HuggingFaceTB/SmolLM2-135M-Instruct"
LORA, FULL = "paper-lora", "paper-full"
# The paper's dataset and its epochs (3 to 5); seeds as studies of several students take them.
TEXTS: Final = 1_000
EPOCHS: Final = 3
SEEDS: Final = (1, 2, 3)


@dataclass(frozen=True)
class PaperPart:
    """One part, which can be bought alone.

    Attributes:
        kind: Kind of the study that answers it; None for a part that is computed from others.
        students: Hub ids; a study of one student tunes the first.
        arms: Presets that a student is tuned by, for forecasts of students that are not here yet.
        sizes: Training records; a version that holds fewer is taken whole.
        teacher: Hub id of the student whose logits are learnt.
        mixture: Hub id of the mixture whose experts are compared with the first student.
        evaluates: Whether the first seed's runs are evaluated beside the teacher.
        elsewhere: Whether it runs on a version of another task.
        metric: Score of its cells; the loss favours imitation, so preferences are judged by outputs that pass.
    """

    key: str
    question: str
    kind: StudyKind | None = None
    students: tuple[str, ...] = (GEMMA_4B,)
    arms: tuple[str, ...] = (LORA,)
    sizes: tuple[int, ...] = (TEXTS,)
    teacher: str = ""
    mixture: str = ""
    evaluates: bool = False
    elsewhere: bool = False
    metric: StudyMetric = StudyMetric.NLL

    @property
    def hub_ids(self) -> tuple[str, ...]:
        """Return every student that its study needs."""
        return (*self.students, *(hub_id for hub_id in (self.teacher, self.mixture) if hub_id))

    def fits(self, record: Mapping[str, Any]) -> bool:
        """Return whether a registration has the recipe, seeds and epochs of a part; questions alone may be equal."""
        grid = record["grid"]
        has_recipe = any(arm["preset"] == LORA for arm in grid["arms"])
        return has_recipe and (tuple(grid["seeds"]), grid["epochs"]) == (SEEDS, EPOCHS)


_BASELINE = "Does Gemma 3 4B learn the task from 1,000 approved texts?"
_METHODS = "Is LoRA as good as full fine-tuning at 1B and 4B?"
_SIZES = "Which is the smallest student that holds, in each family?"
_MINUTES = "What makes the most of the same expert minutes?"
_LOGITS = "Do logits of Gemma 3 4B teach Gemma 3 1B more than texts?"
_SHAPES = "Is an encoder–decoder a better student than a decoder of its size?"
_EXPERTS = "Is an expert of a mixture a better student than a dense model?"
_VETTING = "Does a miniature vet retrieved passages better than rules?"
PARTS: Final[tuple[PaperPart, ...]] = (
    PaperPart("baseline", _BASELINE, StudyKind.SAMPLES, sizes=(TEXTS // 2, TEXTS), evaluates=True),
    PaperPart("samples", "How many approved texts are needed?", StudyKind.SAMPLES, sizes=(100, 500, TEXTS, 2 * TEXTS)),
    PaperPart("methods", _METHODS, StudyKind.METHODS, (GEMMA_4B, GEMMA_1B), (LORA, FULL), evaluates=True),
    PaperPart("students", _SIZES, StudyKind.STUDENTS, FAMILIES, evaluates=True),
    PaperPart("filter", "Does the human filter make a better student?", StudyKind.FILTER, arms=(LORA,) * 5),
    PaperPart("minutes", _MINUTES, StudyKind.MINUTES, arms=(LORA, "dpo", "kto"), metric=StudyMetric.PASSES),
    PaperPart("cost", "What do 1,000 texts cost, of the miniature and of its teacher?", students=()),
    PaperPart("live", "How many contacts does a live test take?", students=()),
    PaperPart("transfer", "Does one task's miniature serve another?", StudyKind.TRANSFER, arms=(LORA,) * 2),
    PaperPart("context", "Does a context of 8K lose anything against 16K?", StudyKind.CONTEXT, arms=(LORA,) * 2),
    PaperPart("precision", "Does bf16 lose anything against fp32?", StudyKind.PRECISION, arms=(LORA,) * 2),
    PaperPart("logits", _LOGITS, StudyKind.CLONING, (GEMMA_1B,), arms=(LORA,) * 2, teacher=GEMMA_4B),
    PaperPart("shapes", _SHAPES, StudyKind.SHAPES, (BART, SMOLLM)),
    PaperPart("experts", _EXPERTS, StudyKind.EXPERTS, (MISTRAL,), (LORA,) * 3, mixture=MIXTRAL),
    PaperPart("retrieval", _VETTING, StudyKind.RETRIEVAL, elsewhere=True),
)
STUDENTS: Final = tuple(dict.fromkeys(hub_id for part in PARTS for hub_id in part.hub_ids))
# What the paper asks or claims and no part decides, with the reason.
UNDECIDED: Final[tuple[tuple[str, str], ...]] = (
    ("Quality may change over months.", "Rounds and outcomes of campaigns show it over time; no study does."),
)


def chosen(keys: tuple[str, ...]) -> tuple[PaperPart, ...]:
    """Parts by their names, in order of worth; all where none is named.

    Raises:
        Refusal: 400, there is no part of a name.
    """
    names = [part.key for part in PARTS]
    if unknown := [key for key in keys if key not in names]:
        message, hint = f"There is no part '{unknown[0]}'.", f"Parts are {', '.join(names)}."
        raise Refusal("part_unknown", message, hint=hint, status=400, errors={"parts": [f"{message} {hint}"]})
    return tuple(part for part in PARTS if not keys or part.key in keys)
