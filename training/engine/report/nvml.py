"""Readings of NVIDIA GPUs through NVML: use, memory, power, energy. Without them, or without NVML: nothing.

The package `nvidia-ml-py` is optional, and a driver may refuse any single question; what is not answered is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final

import torch

from jobs.rundir.machine import GIB

MILLIJOULES_PER_KWH: Final = 3.6e9


@dataclass(frozen=True)
class GpuSample:
    """One look at all GPUs of a run: use as a mean share, the others as sums; None where no GPU answers.

    `energy_mj` is what their counters stand at, millijoules since the driver was loaded.
    """

    utilisation: float | None = None
    memory_gib: float | None = None
    power_w: float | None = None
    energy_mj: float | None = None


ReadGpus = Callable[[], GpuSample]


def open_gpus(devices: int) -> ReadGpus | None:
    """A way to look at the first `devices` GPUs that torch sees; None where NVML cannot be asked."""
    if not torch.cuda.is_available():
        return None
    try:
        import pynvml

        pynvml.nvmlInit()
        handles = [_handle(pynvml, index) for index in range(min(devices, torch.cuda.device_count()))]
    except Exception:
        # No package, no library, no permission: a run continues without these figures.
        return None
    return lambda: read(pynvml, handles)


def read(nvml: ModuleType, handles: list[Any]) -> GpuSample:
    """Ask each GPU. A question that any of them does not answer is left out, since a sum of some would mislead.

    Args:
        nvml: The module `pynvml`.
    """
    use = _all(handles, lambda handle: nvml.nvmlDeviceGetUtilizationRates(handle).gpu / 100)
    memory = _all(handles, lambda handle: nvml.nvmlDeviceGetMemoryInfo(handle).used / GIB)
    power = _all(handles, lambda handle: nvml.nvmlDeviceGetPowerUsage(handle) / 1000)
    energy = _all(handles, lambda handle: float(nvml.nvmlDeviceGetTotalEnergyConsumption(handle)))
    return GpuSample(
        utilisation=sum(use) / len(use) if use else None,
        memory_gib=sum(memory) if memory else None,
        power_w=sum(power) if power else None,
        energy_mj=sum(energy) if energy else None,
    )


def _handle(nvml: ModuleType, index: int) -> Any:
    """Find a GPU by UUID: NVML counts all GPUs of the host, torch those this process may see."""
    uuid = str(torch.cuda.get_device_properties(index).uuid)
    return nvml.nvmlDeviceGetHandleByUUID(uuid if uuid.startswith("GPU-") else f"GPU-{uuid}")


def _all(handles: list[Any], ask: Callable[[Any], float]) -> list[float]:
    try:
        return [ask(handle) for handle in handles]
    except Exception:
        # NVMLError_NotSupported, a GPU that fell off the bus: not this run's business.
        return []
