"""Room on the disk of a run: asked before it is needed, and files that are whole or gone when it runs out."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from safetensors import SafetensorError

from jobs.rundir.durable import fsync_folder
from training.engine.contracts import TrainError
from web.disk import full_disk

# A new checkpoint stands beside the one it replaces until it is whole.
DISK_MARGIN: Final = 2


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, each entered durably: one that a power cut takes takes all in it."""
    if folder.is_dir():
        return
    make_folder(folder.parent)
    folder.mkdir(exist_ok=True)
    fsync_folder(folder.parent)


@contextmanager
def whole_or_gone(draft: Path) -> Iterator[None]:
    """Throw a draft away when the disk fills up while it is written.

    Raises:
        TrainError: It did.
    """
    try:
        yield
    except (OSError, RuntimeError, SafetensorError) as error:
        shutil.rmtree(draft) if draft.is_dir() else draft.unlink(missing_ok=True)
        if _is_full(error, draft.parent):
            raise disk_full(f"the disk filled up while {draft.name.strip('.')} was written: {error}") from error
        raise


def disk_full(message: str) -> TrainError:
    """The refusal of a disk without room; the run can be resumed from its last checkpoint."""
    hint = "Free some room, keep fewer checkpoints, or tune by LoRA; then resume the run from its last checkpoint."
    return TrainError("disk_full", message, hint)


def require_room(folder: Path, needed: int) -> None:
    """Refuse when the disk has less than twice `needed` bytes free.

    Raises:
        TrainError: With what is free and what is needed.
    """
    make_folder(folder)
    free = shutil.disk_usage(folder).free
    if free < DISK_MARGIN * needed:
        message = f"a checkpoint needs {DISK_MARGIN * needed / 1e9:.2f} GB and the disk has {free / 1e9:.2f} GB free"
        raise disk_full(message)


def _is_full(error: BaseException, folder: Path) -> bool:
    """Look behind torch and safetensors, which hide the system's error, for want of room."""
    return full_disk.is_full(error) or shutil.disk_usage(folder).free < 1 << 20
