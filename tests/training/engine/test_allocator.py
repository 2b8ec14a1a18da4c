"""That what a process frees on a CPU goes back to the system."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

from training.engine.memory import memory_plan

# Every other of 100 blocks of 2 MiB is freed; the gaps are told in MiB of resident memory.
GAPS = """
import os, sys
from ctypes import CDLL, c_size_t, c_void_p, memset
from training.engine.memory import memory_plan

def resident():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20

libc = CDLL(None)
libc.malloc.restype, libc.malloc.argtypes, libc.free.argtypes = c_void_p, [c_size_t], [c_void_p]
if sys.argv[1] == "told":
    assert memory_plan.enable_trim()
libc.free(libc.malloc(30 << 20))
blocks = [libc.malloc(2 << 20) for _ in range(100)]
for block in blocks:
    memset(block, 1, 2 << 20)
before = resident()
for block in blocks[::2]:
    libc.free(block)
print(before - resident())
"""

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux") or not hasattr(ctypes.CDLL(None), "mallopt"), reason="glibc's own knob"
)


def freed_mib(how: str) -> int:
    ran = subprocess.run([sys.executable, "-c", GAPS, how], capture_output=True, text=True, check=True)
    return int(ran.stdout)


@pytest.mark.slow
def test_gaps_between_blocks_go_back():
    assert freed_mib("told") >= 95
    assert freed_mib("as it is") <= 10


def test_a_system_without_the_knob_goes_on_as_it_is(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda _: object())

    assert not memory_plan.enable_trim()
