"""Benches run on a clone alone: no folder of data, no program beside it and no GPU is needed to begin."""

from __future__ import annotations

import gzip
import json
import os
import statistics
import subprocess
import sys

import pytest

from benchmarks import instructions

BENCHES = (
    "desk.__main__", "exchange", "export", "freezing", "training", "teachers", "servers", "serving", "sending",
    "gpu", "gpu_cells.tuning", "gpu_cells.serving",
)  # fmt: skip


def run_alone(*line: str) -> subprocess.CompletedProcess[str]:
    """Run Python without a folder of data and without a GPU."""
    environment = {name: value for name, value in os.environ.items() if name != "SHARED_DATA_DIR"}
    return subprocess.run(
        [sys.executable, "-W", "ignore", *line],
        env=environment | {"CUDA_VISIBLE_DEVICES": ""},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_every_bench_is_imported_without_a_folder_of_data() -> None:
    ended = run_alone("-c", "".join(f"import benchmarks.{name}\n" for name in BENCHES))

    assert (ended.returncode, ended.stderr) == (0, "")


def test_without_a_gpu_its_bench_says_so_and_fails() -> None:
    ended = run_alone("-m", "benchmarks.gpu")

    assert ended.returncode == 1
    assert ended.stderr.startswith("There is no NVIDIA GPU here, or no torch.")
    assert "Traceback" not in ended.stderr


def test_without_a_folder_pairs_are_made_always_the_same_and_as_long_as_real_ones(monkeypatch) -> None:
    monkeypatch.delenv("SHARED_DATA_DIR", raising=False)

    data, pairs = instructions.read()

    assert (data, len(pairs)) == ("made", instructions.COUNT)
    assert pairs == instructions.made()
    assert 60 < statistics.mean(len(pair["output"].split()) for pair in pairs) < 80
    assert 0.12 < statistics.mean(bool(pair["input"]) for pair in pairs) < 0.17
    assert all(pair["instruction"] and pair["output"] for pair in pairs)


def test_with_a_folder_its_pairs_are_read_and_named(monkeypatch, tmp_path) -> None:
    pair = {"instruction": "Say hello.", "input": "", "output": "Hello."}
    (tmp_path / "instructions").mkdir()
    (tmp_path / instructions.FILE).write_bytes(gzip.compress(json.dumps(pair).encode()))
    monkeypatch.setenv("SHARED_DATA_DIR", str(tmp_path))

    assert instructions.read() == ("dolly_3k.jsonl.gz", [pair])
