"""The presets: the paper's recipes, and what has been learnt since. An app that ships a student adds its own.

Each value stands beside its source, so that a page can show why it is what it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from training.recipes.schema import Preset, Problem, Recipe, RecipeError, parse

PAPER: Final = "Trained Miniatures (arXiv 2508.15617), recipe table"
LORA_WITHOUT_REGRET: Final = "LoRA Without Regret (Schulman et al., Thinking Machines Lab, 2025)"
CHOSEN_HERE: Final = "chosen here"
ADAMW: Final = "AdamW's usual value (Loshchilov & Hutter, arXiv 1711.05101); the paper names none"
RSLORA: Final = "rsLoRA (Kalajdzievski, arXiv 2312.03732)"
QLORA: Final = "QLoRA (Dettmers et al., arXiv 2305.14314)"
UNUSED: Final = "not used by full fine-tuning"
DPO: Final = "DPO (Rafailov et al., arXiv 2305.18290)"
RPO: Final = "Iterative RPO (Pang et al., arXiv 2404.19733)"
KTO: Final = "KTO (Ethayarajh et al., arXiv 2402.01306)"
GKD: Final = "On-policy distillation (Agarwal et al., arXiv 2306.13649)"
BERT: Final = "BERT (Devlin et al., arXiv 1810.04805), appendix A.3"
OTHER_OBJECTIVE: Final = "not used by this objective"

# Where the paper is silent, the same sources hold for every preset.
SHARED_SOURCES: Final[dict[str, str]] = {
    "method": "the preset's own",
    "objective": f"{PAPER}: supervised fine-tuning",
    "beta": OTHER_OBJECTIVE,
    "anchor": OTHER_OBJECTIVE,
    "desirable_weight": OTHER_OBJECTIVE,
    "undesirable_weight": OTHER_OBJECTIVE,
    "temperature": OTHER_OBJECTIVE,
    "kl": OTHER_OBJECTIVE,
    "class_weights": OTHER_OBJECTIVE,
    "target": f"{LORA_WITHOUT_REGRET}: adapters on all linear layers",
    "rslora": f"{RSLORA}: off; LoRA variants differ less than learning rates do",
    "quantise": f"{CHOSEN_HERE}: none; 4 bits ({QLORA}) are for bases that do not fit otherwise",
    "schedule": PAPER,
    "warmup_ratio": f"{CHOSEN_HERE}: 3 % of the steps, since the paper names none",
    "accumulation": f"{CHOSEN_HERE}: none is needed at this batch size",
    "max_length": "Trained Miniatures: a context of 8K lost nothing against 16K and more",
    "weight_decay": f"{CHOSEN_HERE}: none, short runs on few parameters",
    "betas": ADAMW,
    "max_grad_norm": f"{CHOSEN_HERE}: 1.0, the usual clipping",
    "dtype": f"{PAPER}: bf16 or fp16 with mixed precision; a CPU runs fp32",
    "seed": f"{CHOSEN_HERE}: any number; studies repeat runs over several",
    "eval_every_steps": f"{CHOSEN_HERE}: once an epoch",
    "sample_every_steps": f"{CHOSEN_HERE}: once an epoch",
    "checkpoint_every_steps": f"{CHOSEN_HERE}: once an epoch",
    "processes": f"{CHOSEN_HERE}: one device, unless a host has more to give (docs/hosts.md)",
    "hosts": f"{CHOSEN_HERE}: one, unless its devices do not suffice (docs/hosts.md)",
    "strategy": f"{CHOSEN_HERE}: nothing to spread over one process",
    "packing": f"{CHOSEN_HERE}: the same loss and gradients without padding (docs/speed.md)",
    "compile": f"{CHOSEN_HERE}: on a GPU, where what is left of a run earns the compiling back (docs/speed.md)",
    "gradient_checkpointing": f"{CHOSEN_HERE}: only where the estimate of memory asks for it (docs/memory.md)",
}


def preset(name: str, label: str, summary: str, values: Mapping[str, tuple[Any, str]]) -> Preset:
    """A named recipe of these values, each with its source; `SHARED_SOURCES` fills in for the others."""
    recipe = Recipe.model_validate({field: value for field, (value, _) in values.items()})
    sources = SHARED_SOURCES | {field: source for field, (_, source) in values.items()}
    return Preset(name, label, summary, recipe, sources)


NO_ADAPTER: Final[dict[str, tuple[Any, str]]] = {
    "rank": (None, UNUSED),
    "alpha": (32.0, UNUSED),
    "dropout": (0.0, UNUSED),
    "rslora": (False, UNUSED),
    "quantise": ("none", UNUSED),
    "target": ("all-linear", UNUSED),
}

# The lines of the paper's LoRA row that other recipes keep.
_PAPER_BATCH: Final[tuple[int, str]] = (8, f"{CHOSEN_HERE}: the paper names none")
PAPER_EPOCHS: Final[tuple[int, str]] = (3, f"{PAPER}: 3 to 5")
_PAPER_LORA: Final[dict[str, tuple[Any, str]]] = {
    "method": ("lora", PAPER),
    "rank": (None, f"{PAPER}: r = 16 up to 3 B parameters, 32 above"),
    "alpha": (32.0, PAPER),
    "dropout": (0.05, PAPER),
    "learning_rate": (2e-4, PAPER),
    "epochs": PAPER_EPOCHS,
    "batch_size": _PAPER_BATCH,
}

_PREFERENCE: Final[dict[str, tuple[Any, str]]] = {
    "method": ("lora", LORA_WITHOUT_REGRET),
    "rank": (16, f"{CHOSEN_HERE}: half of what imitation takes; preferences are few"),
    "alpha": (32.0, LORA_WITHOUT_REGRET),
    "dropout": (0.0, f"{CHOSEN_HERE}: none, so that the run begins exactly at its reference"),
    "epochs": (1, f"{CHOSEN_HERE}: preferences are learnt, and overfitted, sooner than texts"),
    "batch_size": (8, f"{CHOSEN_HERE}: drift is estimated from the rows of a batch"),
    "accumulation": (4, f"{CHOSEN_HERE}: 32 rows a step, half of the 64 of {DPO}"),
}

CLASSIFIER: Final[dict[str, tuple[Any, str]]] = {
    "objective": ("classify", BERT),
    "class_weights": ("none", f"{CHOSEN_HERE}: labels count as often as they come"),
    "epochs": (5, f"{CHOSEN_HERE}: {BERT} has 2 to 4 on larger sets"),
    "batch_size": (16, f"{BERT}: 16 or 32"),
    "max_length": (512, f"{CHOSEN_HERE}: what every family reads; ModernBERT takes 8,192"),
    "weight_decay": (0.01, f"{BERT}: 0.01"),
    "warmup_ratio": (0.1, f"{BERT}: the first tenth of the steps"),
}

PRESETS: Final[dict[str, Preset]] = {
    each.name: each
    for each in (
        preset(
            "paper-lora",
            "Paper, LoRA",
            "The paper's LoRA recipe: rank 16 up to 3 B parameters, 32 above; three epochs.",
            _PAPER_LORA,
        ),
        preset(
            "paper-full",
            "Paper, full fine-tuning",
            "The paper's full fine-tuning: every weight, a small rate; 10 to 50 times the compute of LoRA.",
            NO_ADAPTER
            | {
                "method": ("full", PAPER),
                "learning_rate": (2e-5, f"{PAPER}: 1e-5 to 5e-5"),
                "epochs": PAPER_EPOCHS,
                "batch_size": _PAPER_BATCH,
            },
        ),
        preset(
            "modern-lora",
            "LoRA without regret",
            "All linear layers, ten times full fine-tuning's rate, a small batch: equals full tuning on small sets.",
            {
                "method": ("lora", LORA_WITHOUT_REGRET),
                "rank": (32, f"{LORA_WITHOUT_REGRET}: any rank that holds the data; 32 is ample for thousands of rows"),
                "alpha": (32.0, LORA_WITHOUT_REGRET),
                "dropout": (0.0, LORA_WITHOUT_REGRET),
                "learning_rate": (5e-4, f"{LORA_WITHOUT_REGRET}: about ten times the rate of full fine-tuning"),
                "epochs": PAPER_EPOCHS,
                "batch_size": (8, f"{LORA_WITHOUT_REGRET}: an effective batch below 32"),
                "accumulation": (2, f"{LORA_WITHOUT_REGRET}: an effective batch of 16, below 32"),
            },
        ),
        preset(
            "qlora",
            "QLoRA, 4-bit base",
            "LoRA on a base held in 4 bits: a quarter of the memory for weights, somewhat slower. NVIDIA GPUs only.",
            _PAPER_LORA
            | {
                "method": ("lora", QLORA),
                "quantise": ("nf4", f"{QLORA}: NF4 with double quantisation"),
                "dropout": (0.05, f"{QLORA}: 0.1 up to 13 B parameters; the paper's LoRA has 0.05"),
                "learning_rate": (2e-4, f"{QLORA}: 2e-4 up to 13 B parameters; the same as {PAPER}"),
                "gradient_checkpointing": ("on", f"{QLORA}: activations are what is left to save"),
            },
        ),
        preset(
            "dpo",
            "DPO, anchored",
            "Starts from a miniature: edited or chosen texts become likelier than the ones they were preferred to.",
            _PREFERENCE
            | {
                "objective": ("dpo", DPO),
                "beta": (0.1, f"{DPO}: 0.1"),
                "anchor": (1.0, f"{RPO}: 1; plain DPO lets both texts become unlikelier"),
                "learning_rate": (1e-5, f"{DPO}: 1e-6 for all weights; adapters take ten times that"),
            },
        ),
        preset(
            "kto",
            "KTO",
            "Starts from a miniature and uses single verdicts: "
            "accepted texts become likelier, rejected ones less likely.",
            _PREFERENCE
            | {
                "objective": ("kto", KTO),
                "beta": (0.1, f"{KTO}: 0.1"),
                "anchor": (0.0, f"{KTO}: none"),
                "desirable_weight": (1.0, f"{KTO}: 1; raise the rarer kind's weight up to 4/3 of the other's share"),
                "undesirable_weight": (1.0, f"{KTO}: 1"),
                "learning_rate": (1e-5, f"{KTO}: 5e-7 to 5e-6 for all weights; adapters take more"),
            },
        ),
        preset(
            "distil",
            "Distillation",
            "Learns an open-weight teacher's whole distribution, to set beside imitation of its texts.",
            _PAPER_LORA
            | {
                "objective": ("distil", GKD),
                "temperature": (1.0, f"{GKD}: 1"),
                "kl": ("forward", f"{GKD}: supervised distillation"),
            },
        ),
        preset(
            "classifier",
            "Classifier, all weights",
            "An encoder with a head for labels, yes or no, and numbers: answers at a hundredth of a decoder's cost.",
            NO_ADAPTER | CLASSIFIER | {"method": ("full", BERT), "learning_rate": (3e-5, f"{BERT}: 2e-5 to 5e-5")},
        ),
        preset(
            "classifier-lora",
            "Classifier, LoRA",
            "The same by adapters: a few megabytes a miniature, beside an encoder that several may share.",
            CLASSIFIER
            | {
                "method": ("lora", LORA_WITHOUT_REGRET),
                "rank": (16, f"{PAPER}: 16 up to 3 B parameters"),
                "alpha": (32.0, LORA_WITHOUT_REGRET),
                "dropout": (0.0, f"{CHOSEN_HERE}: encoders bring their own"),
                "learning_rate": (3e-4, f"{LORA_WITHOUT_REGRET}: about ten times the rate of full fine-tuning"),
            },
        ),
    )
}


def add(*presets: Preset) -> None:
    """Offer further presets, after those that are there."""
    PRESETS.update({each.name: each for each in presets})


def compose(preset: str, overrides: Mapping[str, Any] | None = None) -> Recipe:
    """A preset with some values replaced.

    Raises:
        RecipeError: The preset is unknown, or an override is unknown or out of range.
    """
    if preset not in PRESETS:
        raise RecipeError([Problem("recipe", f"there is no recipe '{preset}'", f"Choose one of {', '.join(PRESETS)}.")])
    return parse({**PRESETS[preset].recipe.model_dump(), **(overrides or {})})
