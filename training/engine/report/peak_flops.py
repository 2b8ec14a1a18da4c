"""Most floating-point operations a second that a device can do: GPUs by their data sheets, CPUs as measured.

Figures of data sheets are dense (no sparsity), bf16 or fp16 through tensor cores, fp32 without them, in TFLOP/s; the
variant with the most power of each name. A GPU that is not in the table has no known peak, and then no utilisation is
told.
"""

from __future__ import annotations

import time
from typing import Final

import torch

TERA: Final = 1e12
# Longest names first where one begins another. Sources: NVIDIA's and AMD's data sheets of each product.
DATA_SHEETS: Final[tuple[tuple[str, float, float], ...]] = (
    ("B200", 2250.0, 75.0),
    ("H200", 989.4, 66.9),
    ("H100 PCIe", 756.0, 51.2),
    ("H100 NVL", 835.0, 60.0),
    ("H100", 989.4, 66.9),
    ("H800", 989.4, 66.9),
    ("GH200", 989.4, 66.9),
    ("A100", 312.0, 19.5),
    ("A800", 312.0, 19.5),
    ("A40", 149.7, 37.4),
    ("A30", 165.0, 10.3),
    ("A10G", 70.0, 35.0),
    ("A10", 125.0, 31.2),
    ("L40S", 362.0, 91.6),
    ("L40", 181.0, 90.5),
    ("L4", 121.0, 30.3),
    ("RTX 6000 Ada", 364.2, 91.1),
    ("RTX A6000", 154.8, 38.7),
    ("RTX 4090", 165.2, 82.6),
    ("RTX 3090", 71.0, 35.6),
    ("V100", 125.0, 15.7),
    ("T4", 65.0, 8.1),
    ("MI300X", 1307.4, 163.4),
)
# A product this wide takes tens of milliseconds on two cores: long enough to measure, short enough not to notice.
PROBE_WIDTH: Final = 1024
PROBES: Final = 4


def gpu_peak(name: str, dtype: str) -> float | None:
    """Peak of a GPU by its name as torch gives it, operations a second; None for one that is not known.

    Args:
        name: Such as `NVIDIA H200` or `NVIDIA A100-SXM4-80GB`.
        dtype: `bf16`, `fp16` or `fp32`.
    """
    # "NVIDIA A100-SXM4-80GB" and "NVIDIA A10G" are told apart by what ends a word.
    words = f" {name.replace('-', ' ')} ".upper()
    for product, half, single in DATA_SHEETS:
        if f" {product.upper()} " in words:
            return (single if dtype == "fp32" else half) * TERA
    return None


def measured_peak(dtype: torch.dtype = torch.float32) -> float:
    """Return what this process's CPU reaches in a large matrix product, operations a second: the best of a few tries.

    Draws no random numbers, so that a run's own stay as they are. Other work on the host lowers it, and with it the
    ceiling that utilisation is told against.
    """
    matrix = torch.full((PROBE_WIDTH, PROBE_WIDTH), 0.5, dtype=dtype)
    best = float("inf")
    with torch.no_grad():
        torch.mm(matrix, matrix)
        for _ in range(PROBES):
            began = time.perf_counter()
            torch.mm(matrix, matrix)
            best = min(best, time.perf_counter() - began)
    return 2.0 * PROBE_WIDTH**3 / best
