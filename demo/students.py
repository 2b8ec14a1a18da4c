"""Students shipped with the demo, a writer and an encoder, and their recipes."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from django.conf import settings

from training.recipes import presets
from training.recipes.presets import CHOSEN_HERE, CLASSIFIER, NO_ADAPTER, PAPER, PAPER_EPOCHS
from training.students import shipped
from training.students.shipped import ShippedStudent

MEASURED: Final = "measured on the demo student, two CPU cores (docs/training-engine.md)"
WRITER = ShippedStudent(
    slug="demo",
    name="Demo student",
    licence="Apache-2.0",
    folder=lambda: Path(settings.DEMO_STUDENT_DIR),
    recipe="demo",
    full="demo-full",
    context=512,
)
ENCODER = ShippedStudent(
    slug="demo-encoder",
    name="Demo encoder",
    licence="Apache-2.0",
    folder=lambda: Path(settings.DEMO_ENCODER_DIR),
    recipe="demo-encoder",
    of_many="demo-encoder-words",
)
_WRITER: Final[dict[str, tuple[Any, str]]] = {
    "betas": ((0.9, 0.99), f"{CHOSEN_HERE}: a run of a hundred steps has no use for a longer memory"),
    "max_length": (1024, "the demo student's context"),
    "batch_size": (8, CHOSEN_HERE),
    "dtype": ("fp32", "a CPU"),
}
_ENCODER: Final[dict[str, tuple[Any, str]]] = CLASSIFIER | {
    "method": ("lora", f"{CHOSEN_HERE}: adapters keep more of what so small an encoder knows"),
    "rank": (16, f"{PAPER}: 16 up to 3 B parameters"),
    "alpha": (16.0, CHOSEN_HERE),
    "dropout": (0.0, f"{CHOSEN_HERE}: encoders bring their own"),
    "max_length": (1024, "the demo encoder's context"),
    "dtype": ("fp32", "a CPU"),
}
RECIPES = (
    presets.preset(
        "demo",
        "Demo, LoRA",
        "For the small student that comes with the product: ends within a minute or two on two CPU cores.",
        _WRITER
        | {
            "method": ("lora", PAPER),
            "rank": (64, f"{MEASURED}; the paper's 16 learns too slowly in so few steps"),
            "alpha": (64.0, MEASURED),
            "dropout": (0.0, MEASURED),
            "learning_rate": (3e-3, f"{MEASURED}; small models want larger rates"),
            "epochs": PAPER_EPOCHS,
            "batch_size": (8, MEASURED),
            "dtype": ("fp32", "a CPU; adapters this small gain nothing from bf16"),
            "eval_every_steps": (50, MEASURED),
            "sample_every_steps": (70, MEASURED),
            "checkpoint_every_steps": (70, MEASURED),
        },
    ),
    presets.preset(
        "demo-full",
        "Demo, full fine-tuning",
        "Every weight of the small student that comes with the product, to set beside its LoRA run.",
        NO_ADAPTER
        | _WRITER
        | {
            "method": ("full", PAPER),
            "learning_rate": (5e-4, f"{CHOSEN_HERE}: small models want larger rates"),
            "epochs": (2, f"{CHOSEN_HERE}: every weight learns faster than adapters do"),
        },
    ),
    presets.preset(
        "demo-encoder",
        "Demo, classifier",
        "For the small encoder that comes with the product: labels of a few hundred rows.",
        _ENCODER
        | {
            "learning_rate": (5e-3, f"{CHOSEN_HERE}: small models want larger rates"),
            "epochs": (8, CHOSEN_HERE),
        },
    ),
    presets.preset(
        "demo-encoder-words",
        "Demo, classifier of words",
        "For the small encoder with a thousand rows and more: words tell the label, and are fitted in seconds.",
        _ENCODER
        | {
            "learning_rate": (1e-3, f"{CHOSEN_HERE}: small models want larger rates"),
            "epochs": (0, f"{CHOSEN_HERE}: with many rows a pass added nothing to what words tell"),
            "batch_size": (64, f"{CHOSEN_HERE}: two cores read large batches faster"),
        },
    ),
)


def register() -> None:
    """Register students and recipes with the training room."""
    presets.add(*RECIPES)
    shipped.add(WRITER, ENCODER)
