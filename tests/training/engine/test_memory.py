"""A process tells what it held itself, whatever held the one that started it."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.engine

TELL = "import torch; from training.engine.memory import peak_gib; print(peak_gib(torch.device('cpu')))"
# The one that starts it lets go of more than it will ever need.
START = """
import subprocess, sys
filler = b"x" * (1536 << 20)
del filler
sys.exit(subprocess.run([sys.executable, "-c", sys.argv[1]]).returncode)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a process's own peak")
def test_the_peak_of_a_run_is_not_that_of_the_worker_that_started_it():
    told = subprocess.run([sys.executable, "-c", START, TELL], check=True, capture_output=True, text=True)

    assert 0.1 < float(told.stdout) < 1.2
