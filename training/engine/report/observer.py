"""Stands between a run and its events: adds utilisation and what the GPUs say to metric events.

Safe from any thread.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Final

import torch

from training.engine.report import flops, nvml, peak_flops
from training.engine.report.nvml import MILLIJOULES_PER_KWH, GpuSample, ReadGpus

if TYPE_CHECKING:
    from training.engine.model_types import CausalModel

LOOK_EVERY_S: Final = 5.0
# A step may take minutes: then the GPUs' figures are told under the last step, so that a page shows life.
SILENT_AFTER_S: Final = 15.0
Emit = Callable[..., object]


class Observer:
    """Wraps `emit`. `flops_per_s` of the run's speed over `peak` is its utilisation (MFU)."""

    def __init__(
        self,
        emit: Emit,
        *,
        flops_per_token: float | None = None,
        peak: float | None = None,
        look: ReadGpus | None = None,
        look_every_s: float = LOOK_EVERY_S,
        silent_after_s: float = SILENT_AFTER_S,
    ) -> None:
        self._emit, self._look = emit, look
        # Of what a token takes and the device can do: utilisation is tokens a second times this.
        self._share = flops_per_token / peak if flops_per_token and peak else None
        self._every_s, self._silent_looks = look_every_s, max(1, round(silent_after_s / look_every_s))
        self._lock = threading.Lock()
        self._readings: list[GpuSample] = []
        self._step: int | None = None
        self._begun_mj: float | None = None
        self._last_mj: float | None = None
        self._done = threading.Event()
        if look is not None:
            threading.Thread(target=self._watch, name="gpus", daemon=True).start()

    def emit(self, kind: str, /, **payload: Any) -> object:
        """Pass an event on; a metric event with what is known beside it."""
        if kind != "metric":
            return self._emit(kind, **payload)
        return self._emit(kind, **payload, **self._beside(payload))

    def end(self) -> None:
        """Look no more. What was emitted stays as it is."""
        self._done.set()

    def _beside(self, payload: dict[str, Any]) -> dict[str, float]:
        figures: dict[str, float] = {}
        speed = payload.get("tokens_per_s")
        if self._share is not None and isinstance(speed, int | float):
            figures["mfu"] = speed * self._share
        with self._lock:
            if isinstance(payload.get("step"), int):
                self._step = payload["step"]
            figures |= self._gpu_figures()
        return figures

    def _gpu_figures(self) -> dict[str, float]:
        """Means since the last call, and energy since the start; the caller holds the lock."""
        readings, self._readings = self._readings, []
        figures = {
            name: sum(values) / len(values)
            for name, values in (
                ("gpu_utilisation", [each.utilisation for each in readings if each.utilisation is not None]),
                ("gpu_memory_gib", [each.memory_gib for each in readings if each.memory_gib is not None]),
                ("gpu_power_w", [each.power_w for each in readings if each.power_w is not None]),
            )
            if values
        }
        if self._begun_mj is not None and self._last_mj is not None:
            figures["energy_kwh"] = max(0.0, self._last_mj - self._begun_mj) / MILLIJOULES_PER_KWH
        return figures

    def _watch(self) -> None:
        silent = 0
        while True:
            self._take(self._look() if self._look else GpuSample())
            with self._lock:
                # As many readings as looks: no metric was reported since.
                silent, step = len(self._readings), self._step
                figures = self._gpu_figures() if silent >= self._silent_looks and step is not None else {}
            if figures:
                self._emit("metric", step=step, **figures)
            if self._done.wait(self._every_s):
                return

    def _take(self, reading: GpuSample) -> None:
        with self._lock:
            self._readings.append(reading)
            if reading.energy_mj is not None:
                self._begun_mj = reading.energy_mj if self._begun_mj is None else self._begun_mj
                self._last_mj = reading.energy_mj


def observe(
    emit: Emit,
    model: CausalModel,
    rows: Sequence[Any],
    *,
    device: torch.device,
    dtype: str,
    processes: int = 1,
    is_supervised: bool = True,
) -> Observer:
    """An observer for a run that is about to begin; measures the CPU's peak where there is no GPU (about 0.2 s).

    Args:
        model: The bare model, on its device, adapters attached.
        rows: Items of training, with `length` and `supervised`.
        dtype: `bf16`, `fp16` or `fp32`.
        processes: Devices that compute together.
        is_supervised: Whether a token is read once forward and once back; other objectives have no utilisation told.
    """
    each = _flops_of(model, rows) if is_supervised else None
    peak = _peak(device, dtype) if each else None
    return Observer(
        emit,
        flops_per_token=each,
        peak=peak * processes if peak else None,
        look=nvml.open_gpus(processes) if device.type == "cuda" else None,
    )


def _flops_of(model: CausalModel, rows: Sequence[Any]) -> float | None:
    try:
        shape = flops.arithmetic_of(model)
        lengths, supervised = [int(row.length) for row in rows], sum(int(row.supervised) for row in rows)
        return flops.flops_per_token(shape, lengths, supervised) if shape else None
    except (AttributeError, TypeError, ValueError):
        # A family whose config says other things: its run continues without this figure.
        return None


def _peak(device: torch.device, dtype: str) -> float | None:
    if device.type == "cuda":
        return peak_flops.gpu_peak(torch.cuda.get_device_name(device), dtype)
    # A CPU's fp16 is emulated, so its peak says nothing of what could be reached.
    formats = {"fp32": torch.float32, "bf16": torch.bfloat16}
    return peak_flops.measured_peak(formats[dtype]) if dtype in formats else None
