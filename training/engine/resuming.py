"""Put a run back to the newest whole checkpoint of it or of an attempt before it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from torch import Tensor

from jobs.rundir.durable import link_or_copy
from training.engine.checkpoints import checkpoint
from training.engine.context import TrainContext
from training.engine.distributed import gather, hosts
from training.engine.export import artefacts
from training.engine.state import TrainState


def share_newest(context: TrainContext, folders: Iterable[Path]) -> None:
    """Copy the checkpoint that the first process will take up to the other hosts of a run.

    All processes call it together; with one host it does nothing. Arguments are those of `resume`.
    """
    if not hosts.are_several():
        return
    folder = None
    if context.accelerator.is_main_process:
        each = (checkpoint.newest_folder(root / "checkpoints", fingerprint=context.fingerprint)[0] for root in folders)
        folder = next((path for path in each if path is not None), None)
    hosts.share(sorted(folder.iterdir()) if folder else [], to=context.checkpoints)


def resume(context: TrainContext, tuned: dict[str, Tensor], folders: Iterable[Path]) -> TrainState | None:
    """Put a run back to the newest whole checkpoint found in the first folder that has one.

    Weights, optimiser, loss scaler, random states and best weights are as they were, so that the run ends where the
    uninterrupted one would: bit for bit in fp32 on a CPU. Damaged checkpoints are passed over and reported.

    Args:
        context: The run, freshly prepared.
        tuned: Its tuned parameters; changed in place.
        folders: Run directories of this attempt and the ones before it, newest first.

    Returns:
        Where the run stands, or None when there is nothing to take up.

    Raises:
        TrainError: The checkpoint belongs to another recipe, student or data.
    """
    for folder in folders:
        saved, damaged = checkpoint.newest(folder / "checkpoints", fingerprint=context.fingerprint)
        for name in damaged:
            context.emit("log", level="warning", message=f"checkpoint {name} is damaged and was passed over")
        if saved is None:
            continue
        artefacts.restore_weights(context.bare, tuned, saved.weights)
        context.optimizer.load_state_dict(gather.local_state(saved.optimiser["adamw"], context.optimizer))
        if context.accelerator.scaler and saved.optimiser["scaler"]:
            context.accelerator.scaler.load_state_dict(saved.optimiser["scaler"])
        if context.accelerator.is_main_process and (saved.path / checkpoint.BEST).exists():
            context.best_file.parent.mkdir(exist_ok=True)
            link_or_copy(saved.path / checkpoint.BEST, context.best_file)
        checkpoint.restore_random(saved.path)
        return saved.state
    return None
