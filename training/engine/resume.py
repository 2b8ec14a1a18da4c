"""Taking up a run where an earlier attempt left it. It does not know specs or students."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from torch import Tensor

from training.engine import artefacts, checkpoint
from training.engine.checkpoint import Standing
from training.engine.sharding import whole
from training.engine.tuning import Tuning


def resume(
    tuning: Tuning,
    tuned: dict[str, Tensor],
    folders: Iterable[Path],
    *,
    as_before: Callable[[], str | None] | None = None,
) -> Standing | None:
    """Put a run back to the newest whole checkpoint found in the first folder that has one.

    Weights, optimiser, loss scaler, random states and best weights are as they were, so that the run ends where the
    uninterrupted one would: bit for bit in fp32 on a CPU. Damaged checkpoints are passed over and reported.

    Args:
        tuning: The run, freshly prepared.
        tuned: Its tuned parameters; changed in place.
        folders: Run directories of this attempt and the ones before it, newest first.
        as_before: What an earlier release called this run's checkpoints; asked only where one of another name is met.

    Returns:
        Where the run stands, or None when there is nothing to take up.

    Raises:
        TrainError: The checkpoint belongs to another recipe, student or data.
    """
    for folder in folders:
        saved, damaged = checkpoint.newest(folder / "checkpoints", fingerprint=tuning.fingerprint, as_before=as_before)
        for name in damaged:
            tuning.emit("log", level="warning", message=f"checkpoint {name} is damaged and was passed over")
        if saved is None:
            continue
        artefacts.put_back(tuning.bare, tuned, saved.weights)
        tuning.optimizer.load_state_dict(whole.part_of_state(saved.optimiser["adamw"], tuning.optimizer))
        if tuning.accelerator.scaler and saved.optimiser["scaler"]:
            tuning.accelerator.scaler.load_state_dict(saved.optimiser["scaler"])
        if tuning.accelerator.is_main_process and (saved.path / checkpoint.BEST).exists():
            tuning.best_file.parent.mkdir(exist_ok=True)
            checkpoint.link(saved.path / checkpoint.BEST, tuning.best_file)
        checkpoint.restore_random(saved.path)
        return saved.standing
    return None
