"""What a process tells of its memory, and how a run uses what is there."""

from __future__ import annotations

import subprocess
import sys

import pytest
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from training.engine.memory import memory_plan
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine

TELL = "import torch; from training.engine.memory.memory_plan import peak_gib; print(peak_gib(torch.device('cpu')))"
# The one that starts it lets go of more than it will ever need.
START = """
import subprocess, sys
filler = b"x" * (1536 << 20)
del filler
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak")
def test_the_peak_of_a_run_is_not_that_of_the_worker_that_started_it():
    told = subprocess.run([sys.executable, "-c", START, TELL], check=True, capture_output=True, text=True)

    assert 0.1 < float(told.stdout) < 1.2


@pytest.mark.parametrize(("free_bytes", "is_short"), [(64 << 30, False), (100 << 20, True), (None, False)])
def test_a_run_that_has_little_more_than_it_needs_is_short(monkeypatch, free_bytes, is_short):
    config = LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1, num_attention_heads=2
    )
    monkeypatch.setattr(memory_plan, "free_bytes", lambda _: free_bytes)

    plan = memory_plan.plan_memory(LlamaForCausalLM(config), Recipe(), [16, 16], torch.device("cpu"))

    assert plan == memory_plan.MemoryPlan(recomputes=False, is_short=is_short)


def test_files_that_the_system_keeps_in_memory_leave_room_for_a_run(monkeypatch, tmp_path):
    """A container that wrote checkpoints reaches its limit with files that the system gives up at any time."""
    stat = "anon 1048576\nfile 7340032\nshmem 1048576\ninactive_file 4194304\nactive_file 2097152\n"
    for name, text in (("memory.max", "8388608\n"), ("memory.current", "8388608\n"), ("memory.stat", stat)):
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(memory_plan, "GROUP", tmp_path)

    assert memory_plan.free_bytes(torch.device("cpu")) == 6 << 20
