"""Figures beside metric events: utilisation, GPUs' means, energy; and none where nothing is known."""

from __future__ import annotations

import itertools
import threading
from types import SimpleNamespace
from typing import Any

import pytest

from tests.waiting import wait_until
from training.engine.report.nvml import GpuSample, open_gpus, read
from training.engine.report.observer import Observer

pytestmark = pytest.mark.engine


class Told(list[tuple[str, dict[str, Any]]]):
    """Events in the order they were told."""

    def __call__(self, kind: str, /, **payload: Any) -> None:
        self.append((kind, payload))

    @property
    def metrics(self) -> list[dict[str, Any]]:
        return [payload for kind, payload in self if kind == "metric"]


def test_utilisation_is_speed_times_operations_over_the_peak():
    told = Told()
    observer = Observer(told, flops_per_token=6e9, peak=989e12)

    observer.emit("metric", step=3, loss=1.0, tokens_per_s=80_000.0)

    assert told.metrics == [{"step": 3, "loss": 1.0, "tokens_per_s": 80_000.0, "mfu": pytest.approx(0.48534, rel=1e-4)}]


def test_without_a_known_peak_nothing_is_told_beside():
    told = Told()

    Observer(told, flops_per_token=6e9, peak=None).emit("metric", step=1, tokens_per_s=1.0)
    Observer(told, flops_per_token=6e9, peak=1e12).emit("metric", step=1, val_loss=0.5)
    Observer(told, flops_per_token=6e9, peak=1e12).emit("log", level="info", message="x")

    assert told == [
        ("metric", {"step": 1, "tokens_per_s": 1.0}), ("metric", {"step": 1, "val_loss": 0.5}),
        ("log", {"level": "info", "message": "x"}),
    ]  # fmt: skip


def test_gpu_figures_are_means_since_the_last_metric_and_energy_counts_from_the_start():
    told, looks = Told(), itertools.count()
    gate = threading.Semaphore(0)
    taken: list[int] = []

    def look() -> GpuSample:
        gate.acquire(timeout=60)
        number = next(looks)
        taken.append(number)
        return GpuSample(utilisation=number / 10, memory_gib=8.0, power_w=300.0, energy_mj=1e9 + number * 3.6e9)

    observer = Observer(told, look=look, look_every_s=0.001, silent_after_s=1000)
    gate.release(3)
    wait_until(lambda: len(observer._readings) == 3)
    observer.emit("metric", step=1)
    observer.emit("metric", step=2)
    observer.end()
    gate.release(2)

    assert told.metrics[0] == {
        "step": 1, "gpu_utilisation": pytest.approx(0.1), "gpu_memory_gib": 8.0, "gpu_power_w": 300.0,
        "energy_kwh": pytest.approx(2.0),
    }  # fmt: skip
    assert told.metrics[1] == {"step": 2, "energy_kwh": pytest.approx(2.0)}


def test_a_long_step_does_not_keep_the_gpus_silent():
    told = Told()
    observer = Observer(told, look=lambda: GpuSample(utilisation=0.9), look_every_s=0.005, silent_after_s=0.02)

    observer.emit("metric", step=7, loss=1.0)
    wait_until(lambda: len(told.metrics) >= 3)
    observer.end()

    assert {payload["step"] for payload in told.metrics} == {7}
    assert told.metrics[-1] == {"step": 7, "gpu_utilisation": pytest.approx(0.9)}


def test_a_question_that_one_gpu_does_not_answer_is_left_out_of_the_sum():
    def power(handle: int) -> int:
        if handle == 1:
            raise RuntimeError("Not Supported")
        return 250_000

    nvml = SimpleNamespace(
        nvmlDeviceGetUtilizationRates=lambda handle: SimpleNamespace(gpu=40 + 20 * handle),
        nvmlDeviceGetMemoryInfo=lambda handle: SimpleNamespace(used=2 << 30),
        nvmlDeviceGetPowerUsage=power,
        nvmlDeviceGetTotalEnergyConsumption=lambda handle: 1000,
    )

    assert read(nvml, [0, 1]) == GpuSample(utilisation=0.5, memory_gib=4.0, power_w=None, energy_mj=2000.0)
    assert read(nvml, []) == GpuSample()


def test_a_host_without_gpus_has_nothing_to_look_at(monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)

    assert open_gpus(1) is None
