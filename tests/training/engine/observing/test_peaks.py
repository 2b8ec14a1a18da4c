"""Peaks by data sheet and by measurement."""

from __future__ import annotations

import pytest
import torch

from training.engine.report.peak_flops import gpu_peak, measured_peak

pytestmark = pytest.mark.engine


@pytest.mark.parametrize(
    ("name", "dtype", "tera"),
    [
        ("NVIDIA H200", "bf16", 989.4),
        ("NVIDIA H100 80GB HBM3", "bf16", 989.4),
        ("NVIDIA H100 PCIe", "bf16", 756.0),
        ("NVIDIA A100-SXM4-80GB", "bf16", 312.0),
        ("NVIDIA A100-SXM4-80GB", "fp32", 19.5),
        ("NVIDIA A10G", "bf16", 70.0),
        ("NVIDIA A10", "bf16", 125.0),
        ("NVIDIA L4", "fp16", 121.0),
        ("NVIDIA L40S", "bf16", 362.0),
        ("NVIDIA GeForce RTX 4090", "bf16", 165.2),
        ("Tesla T4", "fp16", 65.0),
    ],
)
def test_a_gpu_is_known_by_the_name_its_driver_gives(name, dtype, tera):
    assert gpu_peak(name, dtype) == pytest.approx(tera * 1e12)


def test_an_unknown_gpu_has_no_peak():
    assert gpu_peak("NVIDIA Z9000", "bf16") is None
    assert gpu_peak("NVIDIA A1000", "bf16") is None


def test_the_cpus_peak_is_measured_and_draws_no_random_numbers():
    before = torch.get_rng_state()

    peak = measured_peak()

    assert 1e8 < peak < 1e14
    assert torch.equal(torch.get_rng_state(), before)
