"""Input of the tuning engine (`spec.body`) and its report at the end (`result.summary`). Pydantic only.

Paths of files are relative to the run directory, a student's folder too unless it is absolute. Nothing here is secret:
the hub's token is the secret named `HF_TOKEN`.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from training.engine.classifier.fields import HeadSet
from training.recipes.schema import ObjectiveName, Recipe

# The day a chat template is told when a spec names none, so that no prompt ever depends on the clock.
NO_DAY: Final = date(2024, 7, 26)
HUB_TOKEN = "HF_TOKEN"  # noqa: S105  (the name of a secret, not the secret)
_COMMIT = re.compile(r"\A[0-9a-f]{40}\Z")


class TrainError(Exception):
    """A run that cannot start or go on: a code, what happened, how to mend it."""

    def __init__(self, code: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


class Stopped(Exception):  # noqa: N818  (no error: a member asked)
    """The engine was asked to stop; what must not be lost has been written."""


class Part(BaseModel):
    """A piece of the contract: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Ways(Part):
    """Ways in which a student's chat template is read, the same in tuning, evaluation, serving and exports.

    `day` is what the template is told for today's date: the day the run was launched. `thinks` says whether a student
    that can think before it answers does.
    """

    day: date = NO_DAY
    thinks: bool = False


class StudentRef(Part):
    """A base model: a local folder, or a hub id pinned to a commit. Only safetensors, never remote code."""

    path: str | None = None
    hub_id: str | None = None
    revision: str | None = None
    licence: str = ""
    ways: Ways = Ways()
    # Names a folder's model to others in an adapter of it; no part of what a student is told apart by.
    name: str = Field("", exclude=True)

    @model_validator(mode="after")
    def _names_one_pinned_model(self) -> StudentRef:
        if (self.path is None) == (self.hub_id is None):
            raise ValueError("name a student by exactly one of path and hub_id")
        if self.hub_id is not None and not _COMMIT.match(self.revision or ""):
            raise ValueError("a hub student needs its revision as a full commit hash (40 hex digits)")
        return self

    def below(self, run_dir: Path) -> StudentRef:
        """The student as its engine finds it: a relative path lies inside the run directory, which may be moved."""
        if self.path is None or Path(self.path).is_absolute():
            return self
        if ".." in Path(self.path).parts:
            raise TrainError("bad_spec", f"the student's path {self.path} leads out of the run directory")
        return self.model_copy(update={"path": str(run_dir / self.path)})


class ChatMessage(Part):
    """One turn."""

    role: Literal["system", "user", "assistant"]
    content: str


class SamplePrompt(Part):
    """A prompt whose answer is shown during the run."""

    id: str
    messages: list[ChatMessage] = Field(min_length=1)


class Start(Part):
    """The miniature a run starts from: its adapter, or its whole weights, in a folder inside the run directory."""

    path: str
    method: Literal["lora", "full"]

    @field_validator("path")
    @classmethod
    def _stays_in_the_run_directory(cls, path: str) -> str:
        return _inside(path)


class Meeting(Part):
    """Meeting point of a run's hosts: an address and a port of the first, on which nothing else listens.

    `rank` is this host's own, from 0. `token` belongs to one attempt: hosts that name different ones never meet.
    """

    rank: int = Field(ge=0)
    address: str
    port: int = Field(ge=1, le=65_535)
    token: str


class TrainSpec(Part):
    """All of one run.

    `train_file` and `validation_file` hold `sft` rows: `{"id", "prompt": [messages], "completion": [messages],
    "meta"}`. `allowed_roots` are the folders a student may lie in; empty means any, for runs by hand. `token_cache` is
    the absolute folder where runs of a host share tokens; without it each run makes its own. `heads` are the fields
    that a classifier tells. `leaves_out_too_long` leaves out texts to imitate that do not fit, and counts them, where a
    run would refuse.
    """

    student: StudentRef
    recipe: Recipe
    train_file: str
    validation_file: str | None = None
    start: Start | None = None
    teacher: StudentRef | None = None
    sample_prompts: list[SamplePrompt] = Field(default_factory=list, max_length=64)
    sample_max_new_tokens: int = Field(256, ge=1, le=8192)
    sample_no_repeat_ngram: int = Field(0, ge=0)
    max_rows: int | None = Field(None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    keep_checkpoints: int = Field(2, ge=1, le=100)
    allowed_roots: list[str] = Field(default_factory=list)
    token_cache: str | None = None
    heads: HeadSet | None = None
    leaves_out_too_long: bool = False
    # Of a run on several hosts that is not started by `accelerate launch` by hand.
    meeting: Meeting | None = None

    @field_validator("train_file", "validation_file")
    @classmethod
    def _stays_in_the_run_directory(cls, path: str | None) -> str | None:
        return path if path is None else _inside(path)

    @model_validator(mode="after")
    def _has_what_its_objective_needs(self) -> TrainSpec:
        if self.recipe.prefers and self.start is None:
            raise ValueError(f"{self.recipe.objective} starts from a miniature: name it in start")
        if self.start is not None and self.start.method == "full" and self.recipe.method != "full":
            raise ValueError(
                "a miniature of whole weights can only be continued with whole weights: set method to full"
            )
        if (self.recipe.objective == "distil") != (self.teacher is not None):
            raise ValueError("distillation, and nothing else, needs a teacher")
        if (self.recipe.objective == "classify") != (self.heads is not None):
            raise ValueError("a classifier, and nothing else, needs the heads it is to have")
        return self


def _inside(path: str) -> str:
    if path.startswith("/") or ".." in path.split("/"):
        raise ValueError("must be a path inside the run directory")
    return path


class Environment(Part):
    """Environment that a run computed in. What could not be read is None or left out.

    `packages` are versions by name, `cuda` the version torch was built for, `devices` names of the GPUs it saw,
    `commit` that of the checkout its code lay in.
    """

    python: str
    platform: str
    packages: dict[str, str]
    cuda: str | None = None
    driver: str | None = None
    devices: list[str] = Field(default_factory=list)
    commit: str | None = None


class TrainSummary(Part):
    """Outcome of a run. Memory is the peak of the whole process.

    Losses are nats per supervised token, per pair (DPO) or per example (KTO). `measures` are the objective's own, over
    the validation file with the weights that were kept.
    """

    method: Literal["lora", "full"]
    artefact: Literal["adapter", "model"]
    rank: int | None
    steps: int
    epochs: float
    rows: int
    train_loss: float | None
    validation_loss: float | None
    validation_loss_before: float | None
    best_step: int
    trainable_parameters: int
    total_parameters: int
    tokens: int
    supervised_tokens: int
    seconds: float
    tokens_per_s: float
    peak_memory_gib: float
    device: str
    dtype: str
    resumed_from_step: int | None = None
    objective: ObjectiveName = "sft"
    measures: dict[str, float] = Field(default_factory=dict)
    processes: int = 1
    # Rows that were too long, where the run was told to leave them out.
    rows_left_out: int = 0
    # None of runs from before it was recorded.
    environment: Environment | None = None
