"""Memory as measured, after the fact. What a run will need is `training.estimate`'s business."""

from __future__ import annotations

import resource
import sys

import torch

GIB = 1 << 30


def peak_gib(device: torch.device) -> float:
    """Most memory this process has held so far: the GPU's on a GPU, resident memory on a CPU."""
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device) / GIB
    # Linux reports kibibytes, macOS bytes.
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / GIB
