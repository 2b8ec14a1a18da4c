"""`python -m tests.training.engine.mishaps MISHAP STEP RUN_DIR`: the engine, with one thing going wrong at a step.

What goes wrong is put under the engine, where a driver or the system would: nothing of the engine knows of it.
"""

from __future__ import annotations

import runpy
import sys
import time
from collections.abc import Callable
from typing import Any

import torch

DAY_S = 86_400.0
steps = 0


def device_lost() -> None:
    """What torch raises when a GPU falls off the bus."""
    raise torch.AcceleratorError(
        "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported at some "
        "other API call."
    )


def clock_jumps() -> None:
    """The wall clock is set a day ahead, and two steps later two days back."""
    plain, back_at = time.time, steps + 2
    time.time = lambda: plain() + (DAY_S if steps < back_at else -DAY_S)


def at_step(step: int, happens: Callable[[], None]) -> None:
    """Have it happen within the backward pass of a step, counted from 1."""
    plain = torch.Tensor.backward

    def backward(self: torch.Tensor, *args: Any, **kwargs: Any) -> None:
        global steps
        steps += 1
        if steps == step:
            happens()
        plain(self, *args, **kwargs)

    torch.Tensor.backward = backward  # type: ignore[method-assign]


if __name__ == "__main__":
    mishap, step, run_dir = sys.argv[1:4]
    at_step(int(step), {"device-lost": device_lost, "clock-jumps": clock_jumps}[mishap])
    sys.argv = ["training.engine", run_dir]
    runpy.run_module("training.engine", run_name="__main__")
