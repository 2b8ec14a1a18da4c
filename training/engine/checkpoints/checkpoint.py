"""Verified saved states of a run: written so that a crash or a power cut leaves the one before whole.

A checkpoint is a folder `step-00000040` with the tuned weights, the optimiser, the random states, where the run stands,
what the objective keeps, the best weights so far and, last, a manifest with the hash of every file. It is written under
another name, every file is fsynced, then it is renamed and its parent fsynced; every folder on the way is fsynced when
it is made.
"""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from jobs.rundir.durable import fsync_file, fsync_folder, link_or_copy, sha256_of
from training.engine.contracts import TrainError
from training.engine.disk import make_folder, require_room, whole_or_gone
from training.engine.state import TrainState

MANIFEST: Final = "manifest.json"
WEIGHTS: Final = "weights.safetensors"
BEST: Final = "best.safetensors"
OPTIMISER: Final = "optimiser.pt"
STATE_FILE: Final = "standing.json"


@dataclass(frozen=True)
class LoadedCheckpoint:
    """A checkpoint read back, every hash verified."""

    path: Path
    state: TrainState
    weights: dict[str, Tensor]
    optimiser: dict[str, Any]
    extra: dict[str, Any] = field(default_factory=dict)


def save(
    root: Path,
    *,
    state: TrainState,
    weights: Mapping[str, Tensor],
    optimiser: Mapping[str, Any],
    best: Path | None,
    fingerprint: str,
    keep: int,
    extra: Mapping[str, Any] | None = None,
) -> Path:
    """Write a checkpoint and prune all but the newest `keep`, and damaged ones of later steps.

    Args:
        weights: Tuned parameters by name.
        optimiser: State of the optimiser and, under fp16, of the loss scaler.
        best: File of the best weights so far; linked, not copied, where the disk can.
        fingerprint: What the checkpoint belongs to: hash of recipe, student and rows.
        keep: How many checkpoints stay; the best weights are in each of them.
        extra: What the objective keeps beside weights: tensors, numbers, texts, and dicts and lists of them.

    Raises:
        TrainError: The disk has less than twice the room it needs, or fills up while writing. What was saved before
            stays as it was.
    """
    final = root / f"step-{state.step:08d}"
    if _verified(final) is not None:
        # A run stopped at once after it was resumed: taking this one away first would leave a moment without any.
        return final
    require_room(root, bytes_of(weights) + bytes_of(_tensors(optimiser)) + bytes_of(_tensors(extra or {})))
    draft = root / f".{final.name}.draft"
    shutil.rmtree(draft, ignore_errors=True)
    with whole_or_gone(draft):
        draft.mkdir()
        save_file({name: value.detach().contiguous() for name, value in weights.items()}, draft / WEIGHTS)
        tensors = {"optimiser": dict(optimiser), "torch": _torch_random(), "extra": dict(extra or {})}
        with (draft / OPTIMISER).open("wb") as file:
            torch.save(tensors, file)
        _write_json(draft / STATE_FILE, {"standing": asdict(state), "random": _python_random()})
        if best is not None:
            # A weights file is replaced, never written to, so that a second name is as good as a copy.
            link_or_copy(best, draft / BEST)
        _seal(draft, fingerprint)
    shutil.rmtree(final, ignore_errors=True)
    draft.rename(final)
    fsync_folder(root)
    _prune(root, keep, newest=final)
    return final


def newest(root: Path, *, fingerprint: str) -> tuple[LoadedCheckpoint | None, list[str]]:
    """Read the checkpoint that `newest_folder` names; also return the names of newer ones that are damaged."""
    folder, damaged = newest_folder(root, fingerprint=fingerprint)
    return (None if folder is None else _read(folder)), damaged


def newest_folder(root: Path, *, fingerprint: str) -> tuple[Path | None, list[str]]:
    """The newest whole checkpoint under `root`, and the names of newer ones that are damaged.

    Raises:
        TrainError: The checkpoint belongs to another recipe, student or data.
    """
    damaged: list[str] = []
    for folder in sorted(root.glob("step-*"), reverse=True):
        manifest = _verified(folder)
        if manifest is None:
            damaged.append(folder.name)
            continue
        if manifest["fingerprint"] != fingerprint:
            raise TrainError(
                "other_run",
                f"checkpoint {folder.name} belongs to another recipe, student or dataset",
                "Resume the run with what it began with, or launch it again. A run of a student that can think, paused "
                "by a version that tuned it on its block of thinking, cannot go on: launch it again.",
            )
        return folder, damaged
    return None, damaged


def restore_random(folder: Path) -> None:
    """Put Python's, numpy's and torch's random states back to what the checkpoint holds."""
    saved = json.loads((folder / STATE_FILE).read_text())["random"]
    version, internal, gauss = saved["python"]
    random.setstate((version, tuple(internal), gauss))
    np.random.set_state(("MT19937", np.array(saved["numpy"][0], dtype=np.uint32), *saved["numpy"][1:]))
    generators = torch.load(folder / OPTIMISER, weights_only=True)["torch"]
    torch.set_rng_state(generators["cpu"])
    if generators["cuda"] and torch.cuda.is_available():
        torch.cuda.set_rng_state_all(generators["cuda"])


def write_weights(path: Path, weights: Mapping[str, Tensor]) -> None:
    """Replace one weights file at once: never half of it, even through a power cut."""
    make_folder(path.parent)
    draft = path.with_name(f".{path.name}.draft")
    with whole_or_gone(draft):
        save_file({name: value.detach().contiguous() for name, value in weights.items()}, draft)
        fsync_file(draft)
    draft.replace(path)
    fsync_folder(path.parent)


def read_weights(path: Path) -> dict[str, Tensor]:
    """Tensors of a weights file, by name, on the CPU."""
    return load_file(path)


def bytes_of(tensors: Mapping[str, Tensor]) -> int:
    return sum(tensor.numel() * tensor.element_size() for tensor in tensors.values())


def _read(folder: Path) -> LoadedCheckpoint:
    state = TrainState(**json.loads((folder / STATE_FILE).read_text())["standing"])
    tensors = torch.load(folder / OPTIMISER, weights_only=True)
    return LoadedCheckpoint(folder, state, load_file(folder / WEIGHTS), tensors["optimiser"], tensors["extra"])


def _seal(folder: Path, fingerprint: str) -> None:
    files = sorted(file for file in folder.iterdir())
    for file in files:
        fsync_file(file)
    manifest = {"fingerprint": fingerprint, "files": {file.name: sha256_of(file) for file in files}}
    _write_json(folder / MANIFEST, manifest)
    fsync_file(folder / MANIFEST)
    fsync_folder(folder)


def _verified(folder: Path) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
        whole = all(sha256_of(folder / name) == digest for name, digest in manifest["files"].items())
    except (OSError, ValueError, KeyError, AttributeError):
        return None
    return manifest if whole else None


def _prune(root: Path, keep: int, *, newest: Path) -> None:
    """Delete all but the newest `keep`; those of later steps are damaged, or the run would have gone on from them."""
    folders = sorted(root.glob("step-*"), reverse=True)
    place = folders.index(newest)
    for folder in folders[:place] + folders[place + keep :]:
        shutil.rmtree(folder)


def _python_random() -> dict[str, Any]:
    _, keys, position, has_gauss, gauss = np.random.get_state(legacy=True)
    return {
        "python": random.getstate(),
        "numpy": [np.asarray(keys).tolist(), int(position), int(has_gauss), float(gauss)],
    }


def _torch_random() -> dict[str, Any]:
    return {
        "cpu": torch.get_rng_state(),
        "cuda": torch.cuda.get_rng_state_all() if torch.cuda.is_available() else [],
    }


def _tensors(tree: object, at: str = "") -> dict[str, Tensor]:
    if isinstance(tree, Tensor):
        return {at: tree}
    items = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    return {name: leaf for key, part in items for name, leaf in _tensors(part, f"{at}.{key}").items()}


def _write_json(path: Path, value: object) -> None:
    path.write_text(json.dumps(value))
