"""Memory that models and their rows may take: limits from the device's memory, bytes of weights, bytes of a token."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from jobs.rundir import machine
from jobs.rundir.machine import GIB
from serving.engine.contracts import CPU_SHARES, GPU_SHARES
from training.engine.contracts import StudentRef
from training.engine.model import unloaded
from training.engine.model.attention_layers import attention_layers
from training.students.model_folder import weight_shapes

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel


@dataclass(frozen=True)
class MemoryLimits:
    """Bytes that weights may take, and keys and values of rows."""

    weights: int
    kv: int


def limits(device: torch.device, *, weights: int | None = None, kv: int | None = None) -> MemoryLimits:
    """Limits as they are set, else shares of the device's memory; on a CPU, of what this container may use."""
    is_gpu = device.type == "cuda"
    whole = torch.cuda.get_device_properties(device).total_memory if is_gpu else machine.memory_bytes()
    shares = GPU_SHARES if is_gpu else CPU_SHARES
    return MemoryLimits(weights or int(whole * shares.weights), kv or int(whole * shares.kv))


def kv_bytes_per_token(model: CausalModel) -> int:
    """Bytes that one token of one row takes in the cache: keys and values of every layer, sliding ones included.

    Of an encoder–decoder, those of a prompt's token for cross attention, or of an answer's.
    """
    return sum(2 * layer.keys for layer in attention_layers(model.config) if layer.keeps) * model.dtype.itemsize


def weights_bytes(folder: Path, dtype: torch.dtype) -> int:
    """Bytes that a folder's weights take in a number format, from the headers of its files."""
    return dtype.itemsize * sum(math.prod(shape) for shape in weight_shapes(folder).values())


def student_bytes(student: StudentRef, dtype: torch.dtype, token: str | None, allowed_roots: Sequence[str]) -> int:
    """Bytes that a student's weights take in a number format; those of a hub are fetched first.

    Raises:
        TrainError: As `open_config` and `sound_weights`.
    """
    source, options, _ = unloaded.open_config(student, token=token, allowed_roots=allowed_roots)
    return weights_bytes(Path(unloaded.sound_weights(source, options)[0]), dtype)


def gib(count: int) -> str:
    """Bytes for people."""
    return f"{count / GIB:.1f} GiB" if count >= GIB / 10 else f"{count / (1 << 20):.1f} MiB"
