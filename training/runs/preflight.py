"""Checks for what can be known to fail before a run begins. Refuses; changes nothing."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

from django.conf import settings

from jobs.kinds.base import Needs
from jobs.models import Host
from jobs.rundir import identity
from jobs.rundir.machine import GIB
from jobs.scheduling import fairness, hosts, workers
from review.models import DatasetVersion
from review.sources import split_advice
from review.states import Split
from training.inputs import tuning_data
from training.inputs.tuning_data import MIN_TRAIN_ROWS, MIN_VALIDATION_ROWS, ROWS_OF
from training.recipes.schema import Recipe
from training.states import Device
from web.errors import Refusal, unknown

GPU_NODES: Final = ("/dev/nvidia0", "/dev/nvidiactl", "/dev/kfd", "/dev/dxg")


def require_rows(version: DatasetVersion, reads: str = "sft") -> None:
    """Refuse a version that is not frozen, or that holds too few rows of the format a recipe reads.

    Raises:
        Refusal: 409 not frozen; 422 too few rows, with how many there are and how many it takes, and verdicts of one
            kind only.
    """
    files = tuning_data.tuning_data_of(version, reads) if version.is_frozen else None
    if files is None:
        raise Refusal(
            "not_frozen",
            f"{version} is not frozen yet.",
            hint="Wait until its freeze has ended.",
            status=409,
            errors={"dataset_version": ["This version is not frozen yet."]},
        )
    train, validation = files.train.rows, files.validation.rows
    called, hint = ROWS_OF[reads]
    if train < MIN_TRAIN_ROWS or validation < MIN_VALIDATION_ROWS:
        message = (
            f"{version} holds {train} training and {validation} validation {called}; a run takes at least "
            f"{MIN_TRAIN_ROWS} and {MIN_VALIDATION_ROWS}."
        )
        if validation < MIN_VALIDATION_ROWS:
            otherwise = "" if reads == "sft" else hint
            hint = split_advice.advice(version.dataset.task, Split.VALIDATION, otherwise=otherwise)
        raise Refusal("too_few_golds", message, hint=hint, errors={"dataset_version": [message]})
    labels = version.counts.get("labels") or {}
    if reads == "kto" and not all(labels.get(label) for label in ("good", "bad")):
        missing = "good" if not labels.get("good") else "bad"
        message = f"{version} holds no {missing} drafts; KTO takes good and bad ones."
        raise Refusal("one_sided", message, hint=hint, errors={"dataset_version": [message]})


def require_disk(needed_bytes: int, *, needs: Needs) -> None:
    """Refuse when no host that the run may come to has twice the disk that the run will write.

    A new checkpoint stands beside the one it replaces until it is whole, and the artefact is copied to storage. This
    process's own disk counts only where no host has registered; of hosts that are away the engine finds out.

    Raises:
        Refusal: 422, with what is free and what is wanted.
    """
    able = fairness.able_hosts(needs, hosts.present().filter(pk__in=_training_hosts()))
    if able:
        roomiest = max(able, key=lambda host: host.disk_free_bytes)
        disk, free = f"disk of the host {roomiest.name}", roomiest.disk_free_bytes
    elif Host.objects.exists():
        return
    else:
        folder = _existing(Path(settings.RUNS_DIR))
        disk, free = f"disk of {folder}", shutil.disk_usage(folder).free
    required_bytes = 2 * needed_bytes
    if free >= required_bytes:
        return
    raise Refusal(
        "disk_nearly_full",
        f"The {disk} has {free / GIB:.1f} GiB free; this run wants {required_bytes / GIB:.1f} GiB, "
        "twice what it writes.",
        hint=f"Free space on the {disk}, or choose a smaller student or LoRA.",
    )


def require_device(device: str) -> None:
    """Refuse a device that is none, or a GPU where it is certain that no training worker has one.

    Of workers on other hosts nothing is known here: then the engine finds out, and says so.

    Raises:
        Refusal: 400 for an unknown device, 422 for a GPU where none is.
    """
    if device not in Device.values:
        raise unknown("device", device, Device.values)
    if device == Device.CUDA and _all_workers_are_here() and not _has_gpu():
        message = "This run asks for a GPU, and no training worker has one."
        raise Refusal(
            "no_gpu",
            message,
            hint="Choose the device 'auto' or 'cpu', or start a worker on a GPU host.",
            errors={"device": [message]},
        )


def require_quantising(recipe: Recipe, device: str) -> None:
    """Refuse a base in 4 bits where it is certain that no NVIDIA GPU will hold it.

    Raises:
        Refusal: 422, with the way out.
    """
    if recipe.quantise == "none":
        return
    if device == Device.CPU or (_all_workers_are_here() and not _has_gpu()):
        where = "this run is to be on a CPU" if device == Device.CPU else "no training worker has one"
        message = f"A base in 4 bits (QLoRA) needs an NVIDIA GPU, and {where}."
        raise Refusal(
            "qlora_needs_gpu",
            message,
            hint="Choose quantise 'none', or start a worker on a GPU host.",
            errors={"quantise": [message]},
        )


def _all_workers_are_here() -> bool:
    return _training_hosts() <= {identity.host_id()}


def _training_hosts() -> set[str]:
    return {beat.host for beat in workers.present() if not beat.queues or "training" in beat.queues.split(",")}


def _has_gpu() -> bool:
    return any(Path(node).exists() for node in GPU_NODES)


def _existing(folder: Path) -> Path:
    return folder if folder.exists() else _existing(folder.parent)
