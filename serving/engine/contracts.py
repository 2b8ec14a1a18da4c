"""Input of the serving engine: its models, its limits, and one question. Pydantic only.

Nothing here is secret; texts of questions stay on the socket and in memory.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import Field

from review.spec.task_spec import TaskSpec
from training.engine.contracts import ChatMessage, Part, StudentRef, TrainError, Ways

# What an answer may come to where its question does not say.
DEFAULT_MAX_TOKENS = 512
# A rough count where no tokenizer is loaded, right within a third for European prose.
CHARS_PER_TOKEN = 4
LONGEST_ANSWER = 8192
# Raised whenever the same weights, question and seed may be answered with another text.
ENGINE_VERSION = 3


class MemoryShares(NamedTuple):
    """Parts of a device's memory that weights may take, and keys and values of what is being written."""

    weights: float
    kv: float


# A host's memory is shared with the web server, the database and tuning runs; a GPU's with activations.
CPU_SHARES = MemoryShares(0.6, 0.15)
GPU_SHARES = MemoryShares(0.7, 0.2)


class ModelEntry(Part):
    """A miniature that may be asked for.

    `folder` holds the files of its adapter, to lie beside `base`, or of a whole model; `unlaid` says why there are none
    on this host, `again_s` in how many seconds they are tried again. `task` says how its texts are drawn, `ways` how
    its chat template is read.
    """

    name: str
    folder: str
    method: Literal["lora", "full"]
    base: StudentRef | None = None
    task: TaskSpec
    ways: Ways = Ways()
    manifest_sha256: str
    unlaid: str = ""
    again_s: int | None = None

    @property
    def artefact(self) -> Path:
        """Folder of the weights.

        Raises:
            TrainError: The files are not on this host.
        """
        if self.unlaid:
            raise TrainError("not_loadable", self.unlaid.rstrip("."))
        part = Path(self.folder) / ("model" if self.method == "full" else "adapter")
        return part if part.is_dir() else Path(self.folder)

    def source(self, allowed_roots: tuple[str, ...]) -> tuple[StudentRef, tuple[str, ...]]:
        """The student it is served on, and the folders that may hold it: its own files where all weights are tuned.

        Args:
            allowed_roots: Folders that a base may lie in.

        Raises:
            TrainError: It is an adapter without a base, or its files are not on this host.
        """
        if self.method == "full":
            return StudentRef(path=str(self.artefact), ways=self.ways), ()
        if self.base is None:
            raise TrainError("no_base", "an adapter needs the student it was tuned on")
        return self.base, allowed_roots


def fingerprint_of(*parts: str) -> str:
    """Name what writes answers (`system_fingerprint`): stable as long as weights, formats and programs are."""
    return f"fp_{hashlib.sha256('|'.join(parts).encode()).hexdigest()[:10]}"


class ServingSpec(Part):
    """Body of `spec.json`. `max_batch` rows are written at once; `max_waiting` more may wait for a place."""

    socket: str
    models: list[ModelEntry] = Field(default_factory=list)
    max_batch: int = Field(16, ge=1, le=512)
    max_waiting: int = Field(64, ge=0, le=10_000)
    # Bytes of weights held at once (what was used longest ago leaves when another needs its place), and of keys and
    # values; None: shares of the device's memory.
    max_weights_bytes: int | None = Field(None, ge=1)
    max_kv_bytes: int | None = Field(None, ge=1)
    device: Literal["auto", "cpu", "cuda"] = "auto"
    # Where web processes of other hosts reach this one, as host or host:port, and the secret they show; empty: nowhere.
    address: str = ""
    key_name: str = ""
    allowed_roots: list[str] = Field(default_factory=list)


class GenerateRequest(Part):
    """One question. Without a temperature the likeliest token is taken; without a seed, draws differ each time."""

    model: str
    messages: list[ChatMessage] = Field(min_length=1)
    max_tokens: int | None = Field(None, ge=1, le=LONGEST_ANSWER)
    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    # Beside `top_p`: the likeliest so many, and those at least so likely as a share of the likeliest. 0 keeps all.
    top_k: int = Field(0, ge=0)
    min_p: float = Field(0.0, ge=0, le=1)
    presence_penalty: float = Field(0.0, ge=-2, le=2)
    frequency_penalty: float = Field(0.0, ge=-2, le=2)
    repetition_penalty: float = Field(1.0, gt=0, le=2)
    # Added to a token's score, by its id.
    logit_bias: dict[int, Annotated[float, Field(ge=-100, le=100)]] = Field(default_factory=dict, max_length=1024)
    seed: int | None = None
    stop: list[str] = Field(default_factory=list, max_length=4)
    # What the answer is held to: nothing, the grammar of the miniature's own task, any JSON object, or a schema.
    form: Literal["text", "task", "json_object", "json_schema"] = "text"
    answer_schema: dict[str, Any] | bool | None = None
    # Whose question it is: callers take turns.
    caller: str = Field("", max_length=60)
    # Whether each token of the answer is told with its log probability, with the end of it.
    logprobs: bool = False
    # How many of the likeliest tokens are told beside each.
    top_logprobs: int = Field(0, ge=0, le=20)
    # Whether the mean log probability of the answer's tokens is needed; our own engine tells it always.
    tells_confidence: bool = False
    # Whether pieces are wanted as they come; without, one line at the end holds the text.
    stream: bool = True


class ModelList(Part):
    """The whole list of models the engine shall know from now on."""

    models: list[ModelEntry]
