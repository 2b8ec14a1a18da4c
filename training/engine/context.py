"""The context of a training run: what is tuned, where it reports, and whether it was asked to stop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from accelerate import Accelerator
from torch.optim import AdamW

from training.engine.checkpoints import checkpoint
from training.engine.contracts import SamplePrompt, Stopped
from training.engine.data.chat import Chat
from training.engine.loss.supervised_head import Network, SupervisedHead
from training.engine.model import generate
from training.engine.objectives.base import Objective
from training.engine.schedule import Schedule
from training.engine.trials import Trial


@dataclass
class TrainContext:
    """All the loop works with.

    `model` is what accelerate prepared (it may be wrapped), `bare` the same model unwrapped. `emit` reports an event,
    `should_stop` is asked before every batch, token and validation batch. `passes` lays the batches of a step out to
    the passes of all processes, the same rows in another shape; `reading` is entered while the model reads them;
    `expect` hears of the passes this process will come to next; `trials` hear of each step and may change how the next
    is computed.
    """

    accelerator: Accelerator
    model: Any
    bare: Any
    chat: Chat
    optimizer: AdamW
    schedule: Schedule
    objective: Objective[Any]
    validation: Sequence[Any]
    samples: Sequence[SamplePrompt]
    sample_max_new_tokens: int
    sampling: generate.Sampling
    head: SupervisedHead
    folder: Path
    fingerprint: str
    keep_checkpoints: int
    emit: Callable[..., object]
    should_stop: Callable[[], bool]
    context_length: int | None = None
    extra_inputs: Callable[[torch.Tensor], dict[str, torch.Tensor]] = field(default=lambda _: {})
    passes: Callable[[list[list[Any]]], list[list[Any]]] = field(default=lambda batches: batches)
    reading: AbstractContextManager[object] = field(default_factory=nullcontext)
    expect: Callable[[list[list[Any]]], None] = field(default=lambda _: None)
    trials: list[Trial] = field(default_factory=list)

    @property
    def network(self) -> Network:
        return Network(self.model, self.head, self.chat.pad, self.accelerator.device, self.extra_inputs)

    @property
    def best_file(self) -> Path:
        return self.folder / "best" / checkpoint.WEIGHTS

    @property
    def checkpoints(self) -> Path:
        return self.folder / "checkpoints"


def stop_if_asked(context: TrainContext) -> None:
    """Leave the run where it stands, on all processes at once, when it has been asked to stop.

    Raises:
        Stopped: It has.
    """
    if stop_is_asked(context):
        raise Stopped


def stop_is_asked(context: TrainContext) -> bool:
    """Return whether the run has been asked to stop; the same answer on all processes."""
    is_stopping = context.should_stop()
    if context.accelerator.num_processes > 1:
        # All processes must leave the same step, or the ones that stay wait for ever.
        is_stopping = bool(
            context.accelerator.reduce(torch.tensor(int(is_stopping), device=context.accelerator.device), "sum")
        )
    return is_stopping
