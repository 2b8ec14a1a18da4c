"""Paid calls at width: our engine in one process and in several against the bare SDK, what the journal costs, memory.

All take turns in one run against a server in a process of its own that answers after 50 ms with the same bytes; medians
are compared, of rates and of CPU time: what the engine's own process spends a call is what several cores cannot divide.
`python -m benchmarks.calling rates [CALLS] [ROUNDS] [AT_ONCE]` compares; `python -m benchmarks.calling memory [CALLS]`
makes one order and prints the engine's resident memory after every tenth of it. See also `benchmarks.teachers`.
"""

from __future__ import annotations

import asyncio
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks.teachers import LATENCY_S, ROOT, bare, order, ours
from generation.engine import run as engine_run
from generation.engine.journal.writer import Journal
from jobs.contracts import SpecEnvelope
from jobs.rundir import RunDir, write_spec

PROCESSES = (1, 2, 3)
# Calls a second, and milliseconds of CPU a call: of this process, and of those that it had make the calls.
Turn = tuple[float, float, float]


class Timed(Journal):
    """Knows how long it kept the engine busy, in seconds of CPU and of the event loop's time."""

    cpu_s = loop_s = 0.0

    def _add(self, entry: dict[str, Any]) -> None:
        with self._taken_time():
            super()._add(entry)

    def _write_now(self) -> None:
        with self._taken_time():
            super()._write_now()

    @contextmanager
    def _taken_time(self) -> Iterator[None]:
        cpu_s, loop_s = time.thread_time(), time.perf_counter()
        yield
        Timed.cpu_s += time.thread_time() - cpu_s
        Timed.loop_s += time.perf_counter() - loop_s


def journal_share(url: str, calls: int, folder: Path, *, at_once: int) -> dict[str, float]:
    """What part of the engine's CPU, and of its event loop's time, goes into the journal, syncs included."""
    with mock.patch.object(engine_run, "Journal", Timed):
        rate, cpu_ms = ours(url, calls, folder, at_once=at_once)
    return {
        "of_cpu": round(Timed.cpu_s / (calls * cpu_ms / 1000), 4),
        "of_loop": round(Timed.loop_s / (calls / rate), 4),
    }


@contextmanager
def answering() -> Iterator[str]:
    """The address of a server that costs as little as can be, while the block runs."""
    line = [sys.executable, "-m", "benchmarks.canned_server", str(LATENCY_S)]
    server = subprocess.Popen(line, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert server.stdout
    try:
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


def rates(calls: int, rounds: int, at_once: int) -> dict[str, Any]:
    """Calls a second, medians over rounds in which all take their turn."""
    with answering() as url, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as name:
        folder = Path(name)
        turns: dict[str, Callable[[int], Turn]] = {
            "bare_sdk": partial(_bare, url, at_once),
            **{f"engine_{count}": partial(_ours, url, at_once, folder, count) for count in PROCESSES},
        }
        took: dict[str, list[Turn]] = {name: [] for name in turns}
        turns["bare_sdk"](calls // 4)
        for _ in range(rounds):
            for name, turn in turns.items():
                took[name].append(turn(calls))
                print(
                    f"{name}: {took[name][-1][0]:.0f}/s, {took[name][-1][1]:.3f} + {took[name][-1][2]:.3f} ms of CPU a call",
                    flush=True,
                )
        share = journal_share(url, calls, folder, at_once=at_once)
    rate = {name: statistics.median(one[0] for one in ones) for name, ones in took.items()}
    cpu_ms = {name: statistics.median(one[1] for one in ones) for name, ones in took.items()}
    others_ms = {name: statistics.median(one[2] for one in ones) for name, ones in took.items()}
    return {
        "calls_per_s": {name: round(value, 1) for name, value in rate.items()},
        "over_bare_sdk": {name: round(value / rate["bare_sdk"], 3) for name, value in rate.items()},
        # Of the process that plans, pays and keeps; with several, the calls themselves are made by the others.
        "cpu_ms_per_call": {name: round(value, 3) for name, value in cpu_ms.items()},
        # Of those others, what a core each would divide, their start included.
        "cpu_ms_of_processes_per_call": {name: round(value, 3) for name, value in others_ms.items()},
        # What one core would give if only the engine's own process were on it.
        "ceiling_calls_per_cpu_s": {name: round(1000 / value) for name, value in cpu_ms.items()},
        "journal_share": share,
        "calls": calls,
        "rounds": rounds,
        "at_once": at_once,
        "cores": len(os.sched_getaffinity(0)),
    }


def _bare(url: str, at_once: int, calls: int) -> Turn:
    return (*bare(url, calls, at_once=at_once), 0.0)


def _ours(url: str, at_once: int, folder: Path, processes: int, calls: int) -> Turn:
    before_s = _children_cpu_s()
    rate, cpu_ms = ours(url, calls, folder, at_once=at_once, processes=processes)
    return rate, cpu_ms, (_children_cpu_s() - before_s) / calls * 1000


def _children_cpu_s() -> float:
    """Seconds of CPU of processes that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def memory(calls: int) -> dict[str, Any]:
    """Resident MiB of the engine while it makes one order, by calls done."""
    curve: dict[int, float] = {}
    with answering() as url, tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_DIR")) as folder:
        path = Path(folder) / "run"
        body = order(url, calls, at_once=256)
        write_spec(path, SpecEnvelope(job="bench", kind="generation", fence=1, lease_s=36_000, body=body))
        run = RunDir.open(path)

        async def watch() -> None:
            ending, entries, read_to = asyncio.create_task(engine_run.run_order(run)), 0, 0
            while not ending.done():
                await asyncio.sleep(0.5)
                fresh = _from(path / "journal.jsonl", read_to)
                entries, read_to = entries + fresh.count(b"\n"), read_to + len(fresh)
                # Each call is noted twice: sent, and answered.
                if entries // 2 >= calls // 10 * (len(curve) + 1):
                    curve[entries // 2] = _resident_mib()
                    print(f"{entries // 2} calls: {curve[entries // 2]:.1f} MiB", flush=True)
            assert ending.result().summary["drafts"] == calls

        asyncio.run(watch())
    ends = list(curve.values())
    return {"calls": calls, "resident_mib": curve, "growth_mib_after_a_tenth": round(ends[-1] - ends[0], 1)}


def _from(path: Path, offset: int) -> bytes:
    if not path.exists():
        return b""
    with path.open("rb") as file:
        file.seek(offset)
        return file.read()


def _resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return round(pages * os.sysconf("SC_PAGE_SIZE") / 2**20, 1)


if __name__ == "__main__":
    what, *numbers = sys.argv[1:] or ["rates"]
    given = [int(text) for text in numbers]
    if what == "memory":
        print(json.dumps(memory(*(given or [20_000]))))
    else:
        print(json.dumps(rates(*(given + [3000, 3, 256][len(given) :]))))
