"""What a study can ask and the grid that answers it: kinds, presets, limits. Checks; does not know datasets or runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from evaluation.states import StudyKind, StudyMetric

MIN_SEEDS: Final = 2
MAX_CELLS: Final = 60
MAX_EPOCHS: Final = 20
# Records that cells are scored on: more give narrower intervals and cost a forward pass each, in every cell.
SCORED_RECORDS: Final = 40
# Outputs that each cell writes: writing costs far more than reading, so a few, unless outputs are what is judged.
WRITTEN_RECORDS: Final = 8
MAX_NEW_TOKENS: Final = 256
SMALL, NORMAL = "small", "normal"
PRESETS: Final = {SMALL: "Small: minutes on the demo student", NORMAL: "Normal: more sizes, seeds and epochs"}
QUESTIONS: Final[dict[str, str]] = {
    StudyKind.SAMPLES: "How many approved samples does this task need?",
    StudyKind.METHODS: "Is LoRA as good as full fine-tuning for this task?",
}
# Shares of what a version holds: doubling, so that a power law shows as a straight line in both logarithms.
SHARES: Final = {SMALL: (1 / 8, 1 / 4, 1 / 2, 1.0), NORMAL: (1 / 16, 1 / 8, 1 / 4, 1 / 2, 1.0)}
# The small preset never takes more, so that it stays a matter of minutes on any version.
SMALL_RECORDS: Final = 160
MIN_RECORDS: Final = 10
# A fixed sequence of tests, each at its full level, errs in no more studies than one test does (Maurer, Hothorn and Lehmacher
# 1995, in Biometrie in der chemisch-pharmazeutischen Industrie 6). Studies registered before searched without an order.
LARGEST_FIRST: Final = "largest_first"


@dataclass(frozen=True)
class StudyArm:
    """One way of tuning: what pages call it, and the preset it takes its recipe from."""

    name: str
    recipe: str


@dataclass(frozen=True)
class StudyDesign:
    """A grid: every arm at every size with every seed. Sizes count records, not rows."""

    kind: StudyKind
    question: str
    arms: tuple[StudyArm, ...]
    sizes: tuple[int, ...]
    seeds: tuple[int, ...]
    epochs: int
    metric: StudyMetric = StudyMetric.NLL
    scored_records: int = SCORED_RECORDS
    written_records: int = WRITTEN_RECORDS

    @property
    def places(self) -> list[tuple[StudyArm, int, int]]:
        """Arm, size and seed of each cell; small sizes first, so that early cells end early."""
        return [(arm, size, seed) for size in self.sizes for seed in self.seeds for arm in self.arms]


@dataclass(frozen=True)
class StudyRequest:
    """What a person asks for; what is left empty follows from the preset."""

    kind: str
    preset: str = SMALL
    question: str = ""
    sizes: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    epochs: int | None = None
    metric: str = StudyMetric.NLL.value
    recipes: Mapping[str, str] = field(default_factory=dict)


class DesignError(ValueError):
    """A design that cannot be run, with the problems of each field."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(next(iter(errors.values()))[0])
        self.errors = errors


def design_study(wishes: StudyRequest, *, available: int, is_demo: bool) -> StudyDesign:
    """The design of a preset with what was asked for in its place.

    Args:
        wishes: What was asked for.
        available: Training records the version holds.
        is_demo: The student is the small one that comes with the product, which has recipes of its own.

    Raises:
        DesignError: Names every field that cannot be as it is.
    """
    if wishes.kind not in StudyKind.values or wishes.preset not in PRESETS or wishes.metric not in StudyMetric.values:
        raise DesignError(_unknown(wishes))
    kind, metric = StudyKind(wishes.kind), StudyMetric(wishes.metric)
    is_small = wishes.preset == SMALL
    design = StudyDesign(
        kind=kind,
        question=wishes.question.strip() or QUESTIONS[kind],
        arms=_arms(kind, wishes.recipes, is_demo=is_demo),
        sizes=wishes.sizes or _sizes(kind, wishes.preset, available),
        seeds=wishes.seeds or ((1, 2) if is_small else (1, 2, 3)),
        epochs=wishes.epochs or (1 if is_small else 3),
        metric=metric,
    )
    if metric == StudyMetric.PASSES:
        design = replace(design, written_records=design.scored_records)
    if errors := _errors(design, available):
        raise DesignError(errors)
    return design


def rule_of(design: StudyDesign) -> dict[str, Any]:
    """The decision rule of a kind, in words and in the numbers the verdict is computed with."""
    rule = {**RULES[design.kind], "metric": str(design.metric)}
    if design.kind == StudyKind.SAMPLES and design.metric == StudyMetric.PASSES:
        rule["text"] = SHARE_RULE
    return rule


# Of a share that passes, what is lost is its fall; the rule is the same.
SHARE_RULE: Final = (
    "Sizes are asked from the largest below the whole downwards: is the fall of the share of outputs that pass, against "
    "the share at the largest size, shown to be less than 5 % (its 95 % interval ends below)? The first that is not, or whose seeds "
    "differ by more than 20 points (unstable), ends the asking; the last one shown is enough. So at most 2.5 % of "
    "such studies name a size that is not. What 300 more records would buy is told "
    "only if the 95 % interval of the gain, on the curve a·n^-b + c fitted to the share that fails, lies above zero and "
    "the shares follow the curve (lack of fit, p at least 0.05)."
)
RULES: Final[dict[str, dict[str, Any]]] = {
    StudyKind.SAMPLES: {
        "text": (
            "Sizes are asked from the largest below the whole downwards: has the loss, over the loss at the largest size, "
            "a 95 % interval that ends below 1.05? The first that has not, or whose seeds differ by more than 20 % (unstable), "
            "ends the asking; the last one shown is enough. So at most 2.5 % of such studies name a size that is not. What 300 more records would buy is told only if the "
            "95 % interval of the gain, on the fitted curve a·n^-b + c, lies above zero and the losses follow the curve "
            "(lack of fit, p at least 0.05)."
        ),
        "misfit_p": 0.05,
        "tolerance": 0.05,
        "order": LARGEST_FIRST,
        "unstable_above": 0.2,
        "more_records": 300,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
    StudyKind.METHODS: {
        "text": (
            "LoRA is as good as full fine-tuning if the 95 % interval of its relative difference in loss, paired by "
            "record and averaged over seeds, ends below +2 %; better if it ends below zero; worse if it begins above "
            "+2 %; otherwise the study has not told. An arm whose seeds differ by more than 20 % is unstable: it is not "
            "called worse."
        ),
        "margin": 0.02,
        "unstable_above": 0.2,
        "draws": 2000,
        "level": 0.95,
        "seed": 1,
    },
}


def _arms(kind: StudyKind, recipes: Mapping[str, str], *, is_demo: bool) -> tuple[StudyArm, ...]:
    lora = StudyArm("LoRA", recipes.get("lora") or ("demo" if is_demo else "modern-lora"))
    full = StudyArm("Full", recipes.get("full") or ("demo-full" if is_demo else "paper-full"))
    return (lora, full) if kind == StudyKind.METHODS else (lora,)


def _sizes(kind: StudyKind, preset: str, available: int) -> tuple[int, ...]:
    most = min(available, SMALL_RECORDS) if preset == SMALL else available
    if kind == StudyKind.METHODS:
        return (most,)
    sizes = {max(MIN_RECORDS, round(most * share)) for share in SHARES[preset]}
    return tuple(sorted(size for size in sizes if size <= most)) or (most,)


def _unknown(wishes: StudyRequest) -> dict[str, list[str]]:
    choices = {"kind": StudyKind.values, "preset": list(PRESETS), "metric": StudyMetric.values}
    return {
        name: [f"There is no {name} '{getattr(wishes, name)}'; choose one of {', '.join(values)}."]
        for name, values in choices.items()
        if getattr(wishes, name) not in values
    }


def _errors(design: StudyDesign, available: int) -> dict[str, list[str]]:
    errors: dict[str, list[str]] = {}
    sizes, seeds = design.sizes, design.seeds
    if list(sizes) != sorted(set(sizes)):
        errors["sizes"] = [f"Sizes must increase: {_listed(sizes)} do not."]
    elif sizes[0] < 1 or sizes[-1] > available:
        errors["sizes"] = [f"The version holds {available} training records; {_listed(sizes)} do not fit into it."]
    elif design.kind == StudyKind.SAMPLES and len(sizes) < 2:
        errors["sizes"] = ["How many samples can be told from two sizes on; four and more give a curve."]
    elif design.kind == StudyKind.METHODS and len(sizes) != 1:
        errors["sizes"] = ["The methods are compared at one size: name one."]
    if len(seeds) < MIN_SEEDS or len(set(seeds)) != len(seeds):
        errors["seeds"] = [
            f"Name at least {MIN_SEEDS} different seeds: one run cannot tell a difference from its own luck."
        ]
    elif not all(0 <= seed < 2**32 for seed in seeds):
        errors["seeds"] = ["A seed is a whole number from 0 to 4,294,967,295."]
    if not 1 <= design.epochs <= MAX_EPOCHS:
        errors["epochs"] = [f"Epochs are 1 to {MAX_EPOCHS}."]
    if len(design.places) > MAX_CELLS:
        errors["sizes"] = [f"The grid has {len(design.places)} cells; a study takes at most {MAX_CELLS}."]
    return errors


def _listed(numbers: tuple[int, ...]) -> str:
    return ", ".join(str(number) for number in numbers)
