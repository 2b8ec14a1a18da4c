"""Recipes: every hyperparameter of a tuning run, their limits, and presets that name the source of each value.

Pure Python and pydantic. The pages, the API and the engine read the same model, so a recipe accepted by one is accepted
by all.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from training.recipes.architecture import kind_of_family

Method = Literal["lora", "full"]
Precision = Literal["auto", "bf16", "fp16", "fp32"]
Quantisation = Literal["none", "nf4"]
Toggle = Literal["auto", "on", "off"]
Strategy = Literal["none", "ddp", "fsdp2"]
ObjectiveName = Literal["sft", "dpo", "kto", "distil", "classify"]
ClassWeights = Literal["none", "balanced"]
KlDirection = Literal["forward", "reverse"]

SMALL_STUDENT_PARAMETERS = 3_000_000_000
RANK_OF_SMALL_STUDENTS = 16
RANK_OF_LARGE_STUDENTS = 32
# Families that read with an encoder and write with a decoder and that tuning and serving here know: their layers keep
# keys and values only, and their decoders take positions that are relative, or looked up by number.
ENCODER_DECODERS = frozenset({"bart", "mt5", "pegasus", "t5", "umt5"})
# Activations of Gemma 3 and T5 pass fp16's largest number (65504), and the run ends in NaN.
DIVERGES_IN_FP16 = {"gemma3": "Gemma 3", "t5": "T5", "mt5": "mT5", "umt5": "umT5"}


class ContradictionError(ValueError):
    """Values of a recipe that do not go together, told where it is mended.

    Args:
        message: What is wrong, and the way out.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Recipe(BaseModel):
    """All hyperparameters of one run. Steps are optimiser steps; a 0 in `…_every_steps` means once an epoch."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = Field("lora", description="Low-rank adapters, or all weights.")
    objective: ObjectiveName = Field(
        "sft",
        description="Imitate accepted texts, prefer better ones, learn from a teacher, or predict labels and numbers.",
    )
    beta: float = Field(0.1, gt=0, le=10, description="DPO and KTO: how hard departing from the start is punished.")
    anchor: float = Field(0.0, ge=0, le=100, description="DPO and KTO: weight of the good texts' own loss.")
    desirable_weight: float = Field(1.0, ge=0, le=100, description="KTO: weight of accepted texts.")
    undesirable_weight: float = Field(1.0, ge=0, le=100, description="KTO: weight of rejected texts.")
    temperature: float = Field(1.0, gt=0, le=20, description="Distillation: softens both distributions.")
    kl: KlDirection = Field(
        "forward", description="Distillation: forward covers all the teacher may say, reverse keeps to the likeliest."
    )
    class_weights: ClassWeights = Field(
        "none", description="Classifier: balanced makes rare labels count as much as common ones."
    )
    rank: int | None = Field(None, ge=1, le=512, description="LoRA rank; empty: 16 up to 3 B parameters, 32 above.")
    alpha: float = Field(32.0, gt=0, le=1024, description="LoRA alpha; adapters are scaled by alpha / rank.")
    dropout: float = Field(0.0, ge=0, lt=1, description="Dropout in front of the adapters.")
    rslora: bool = Field(False, description="Scale adapters by alpha / √rank, so that high ranks learn as fast as low.")
    quantise: Quantisation = Field(
        "none", description="nf4: hold the frozen base in 4 bits (QLoRA); needs an NVIDIA GPU and bitsandbytes."
    )
    target: Literal["all-linear"] = Field("all-linear", description="Layers that get an adapter.")
    learning_rate: float = Field(2e-4, gt=0, le=0.1, description="Peak learning rate.")
    schedule: Literal["cosine"] = Field("cosine", description="Shape of the learning rate after the warm-up.")
    warmup_ratio: float = Field(0.03, ge=0, lt=1, description="Share of the steps spent warming up.")
    epochs: int = Field(3, ge=0, le=100, description="Passes over the training rows. Classifier, 0: words alone.")
    batch_size: int = Field(8, ge=1, le=1024, description="Rows in one forward pass, on each device.")
    accumulation: int = Field(1, ge=1, le=1024, description="Forward passes in one optimiser step.")
    max_length: int = Field(8192, ge=16, le=131_072, description="Longest row in tokens; longer rows are refused.")
    weight_decay: float = Field(0.0, ge=0, le=1, description="AdamW's decoupled weight decay.")
    betas: tuple[float, float] = Field((0.9, 0.999), description="AdamW's two decay rates.")
    max_grad_norm: float = Field(1.0, gt=0, le=1000, description="Gradients are clipped to this norm.")
    dtype: Precision = Field("auto", description="auto: bf16 where the GPU has it, else fp32.")
    seed: int = Field(1, ge=0, lt=2**32, description="Seeds adapters, dropout and the order of rows.")
    eval_every_steps: int = Field(0, ge=0, description="Steps between validations.")
    sample_every_steps: int = Field(0, ge=0, description="Steps between sample outputs.")
    checkpoint_every_steps: int = Field(0, ge=0, description="Steps between checkpoints.")
    packing: Toggle = Field(
        "auto", description="SFT: rows one behind the other, no padding. auto: where exact and faster."
    )
    compile: Toggle = Field("auto", description="torch.compile. auto: on a GPU, for runs long enough to pay for it.")
    processes: int = Field(1, ge=1, le=64, description="Devices that compute together, one process each.")
    # Kept only where it is more: recipes of one host are those of releases before it came.
    hosts: int = Field(
        1,
        ge=1,
        le=64,
        exclude_if=lambda hosts: hosts == 1,
        description="Hosts that the devices lie on, as many on each.",
    )
    strategy: Strategy = Field(
        "none", description="ddp: every process holds the whole model. fsdp2: each holds a part of every weight."
    )
    gradient_checkpointing: Toggle = Field(
        "auto",
        description="Recompute activations: less memory, about 30 % slower. auto: where they do not fit otherwise.",
    )

    @field_validator("gradient_checkpointing", mode="before")
    @classmethod
    def _reads_earlier_releases(cls, value: object) -> Any:
        return ("on" if value else "off") if isinstance(value, bool) else value

    @model_validator(mode="after")
    def _betas_are_rates(self) -> Recipe:
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ContradictionError("betas", "both must be at least 0 and below 1, such as 0.9 and 0.999")
        return self

    @model_validator(mode="after")
    def _only_a_frozen_base_is_quantised(self) -> Recipe:
        if self.quantise != "none" and self.method != "lora":
            message = "only a base that stays frozen can be held in 4 bits: choose the method 'lora'"
            raise ContradictionError("quantise", message)
        return self

    @model_validator(mode="after")
    def _drift_is_told_from_others(self) -> Recipe:
        if self.objective == "kto" and self.batch_size < 2:
            message = "KTO estimates drift from the other rows of a batch: batch_size must be at least 2"
            raise ContradictionError("batch_size", message)
        return self

    @model_validator(mode="after")
    def _several_processes_have_a_strategy(self) -> Recipe:
        if (self.processes > 1) != (self.strategy != "none"):
            raise ContradictionError("strategy", "several processes, and only they, need a strategy such as 'ddp'")
        return self

    @model_validator(mode="after")
    def _hosts_share_the_processes(self) -> Recipe:
        if self.processes % self.hosts:
            message = f"{self.processes} devices cannot be shared out to {self.hosts} hosts: choose a multiple of it"
            raise ContradictionError("hosts", message)
        return self

    @model_validator(mode="after")
    def _can_be_sharded(self) -> Recipe:
        if self.strategy == "fsdp2" and self.quantise != "none":
            message = "a base in 4 bits cannot be cut into parts: choose quantise 'none', or the strategy 'ddp'"
            raise ContradictionError("quantise", message)
        if self.strategy == "fsdp2" and self.dtype == "fp16":
            message = "fsdp2 computes in bf16 or fp32: choose dtype 'bf16', or the strategy 'ddp'"
            raise ContradictionError("dtype", message)
        return self

    @model_validator(mode="after")
    def _encoders_are_small(self) -> Recipe:
        if self.objective != "classify":
            if not self.epochs:
                raise ContradictionError("epochs", "only a classifier learns before its first pass: choose 1 or more")
            return self
        if self.quantise != "none":
            raise ContradictionError("quantise", "a classifier is small enough without: choose quantise 'none'")
        if self.processes > 1:
            raise ContradictionError("processes", "a classifier is tuned on one device: choose 1 process")
        return self

    @property
    def shards(self) -> int:
        """Parts that weights, gradients and moments are cut into; 1 where every process holds all of them."""
        return self.processes if self.strategy == "fsdp2" else 1

    @property
    def processes_per_host(self) -> int:
        return self.processes // self.hosts

    @property
    def reads(self) -> str:
        """Format of the dataset files it is tuned on: `sft`, `dpo` or `kto`."""
        return "sft" if self.objective in ("distil", "classify") else self.objective

    @property
    def prefers(self) -> bool:
        """Return whether it starts from a miniature, which is its reference."""
        return self.objective in ("dpo", "kto")

    def rank_for(self, parameters: int) -> int:
        """The rank used on a student of this many parameters ("Trained Miniatures", recipe table)."""
        if self.rank is not None:
            return self.rank
        return RANK_OF_SMALL_STUDENTS if parameters <= SMALL_STUDENT_PARAMETERS else RANK_OF_LARGE_STUDENTS

    @property
    def rows_per_step(self) -> int:
        return self.batch_size * self.accumulation * self.processes


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a recipe: where, what, and how to mend it."""

    field: str
    message: str
    hint: str = ""


class RecipeError(ValueError):
    """A recipe that cannot be run, with every problem found."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Preset:
    """A named recipe and, for every field of it, where its value comes from."""

    name: str
    label: str
    summary: str
    recipe: Recipe
    sources: Mapping[str, str]


def parse(values: Mapping[str, Any]) -> Recipe:
    """Read a recipe from plain values.

    Raises:
        RecipeError: Unknown fields or values out of range; names each of them.
    """
    try:
        return Recipe.model_validate(dict(values))
    except ValidationError as error:
        raise RecipeError([_problem(detail) for detail in error.errors()]) from error


def check_student(recipe: Recipe, model_type: str) -> None:
    """Refuse a recipe that is known to fail on a family of students (`model_type` of config.json).

    Raises:
        RecipeError: Gemma 3 or T5 in fp16; an encoder–decoder by what is made for decoders alone; an encoder that is to
            write, or a decoder that is to be a classifier.
    """
    is_encoder = kind_of_family(model_type) == "encoder"
    if is_encoder and recipe.objective != "classify":
        message = f"a student of the family {model_type} is an encoder, which writes no text"
        raise RecipeError([Problem("objective", message, "Choose a classifier recipe, or a student that writes.")])
    if recipe.objective == "classify" and model_type and not is_encoder:
        message = f"a classifier is tuned on an encoder, and the family {model_type} is none"
        hint = "Choose an encoder such as ModernBERT, mmBERT or XLM-R, or another recipe."
        raise RecipeError([Problem("objective", message, hint)])
    family = next((name for start, name in DIVERGES_IN_FP16.items() if model_type.startswith(start)), None)
    if recipe.dtype == "fp16" and family:
        message = f"{family} diverges in fp16: its activations pass the largest number fp16 can hold"
        raise RecipeError([Problem("dtype", message, "Choose bf16, or fp32 where the device has no bf16.")])
    if model_type in ENCODER_DECODERS and (problem := encoder_decoder_problem(recipe)):
        raise RecipeError([problem])


def encoder_decoder_problem(recipe: Recipe) -> Problem | None:
    """Return what of a recipe is made for decoders alone; None where an encoder–decoder can be tuned by it."""
    if recipe.objective != "sft":
        message = f"encoder–decoders are tuned by imitation alone, not by {recipe.objective}"
        return Problem("objective", message, "Choose the objective 'sft', or a student that is a decoder.")
    if recipe.strategy == "fsdp2":
        message = "an encoder–decoder is not cut into parts here"
        return Problem("strategy", message, "Choose the strategy 'ddp', or a student that is a decoder.")
    if recipe.quantise != "none":
        message = "an encoder–decoder is not held in 4 bits here"
        return Problem("quantise", message, "Choose quantise 'none': students of this kind are small.")
    return None


def _problem(detail: Mapping[str, Any]) -> Problem:
    contradiction = detail.get("ctx", {}).get("error")
    if isinstance(contradiction, ContradictionError):
        # What was given is the whole recipe: it says nothing of what is wrong.
        return Problem(contradiction.field, str(contradiction), _description_of(contradiction.field))
    field = str(detail["loc"][0])
    if detail["type"] == "extra_forbidden":
        return Problem(field, "is not a field of a recipe", f"Fields are {', '.join(Recipe.model_fields)}.")
    message = str(detail["msg"]).removeprefix("Value error, ")
    return Problem(field, f"{message} (given: {detail.get('input')!r})", _description_of(field))


def _description_of(field: str) -> str:
    field_info = Recipe.model_fields.get(field)
    return (field_info and field_info.description) or ""
