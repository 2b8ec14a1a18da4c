"""A drill as its command runs it: one cut line, and nothing of it is left when it is killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from benchmarks.drill.services import wait_for
from tests.passes import ROOT

pytestmark = pytest.mark.timeout(600)
CANNOT = 2


def drill(*line: str) -> list[str]:
    return [sys.executable, "-m", "benchmarks.drill", *line]


def processes_in(namespace: Path) -> list[str]:
    """Processes of a process namespace; one that ends while it is looked at is none."""
    inside = []
    for link in Path("/proc").glob("[0-9]*/ns/pid"):
        with suppress(OSError):
            if link.readlink() == namespace:
                inside.append(link.parts[2])
    return inside


# Takes minutes, root and network namespaces, so it is asked for in full: `make stress`.
if os.environ.get("STRESS") == "1":

    @pytest.mark.slow
    @pytest.mark.stress
    def test_an_order_survives_a_cut_line_without_a_call_lost_or_billed_twice() -> None:
        done = subprocess.run(drill("links", "--count", "1", "--dry"), cwd=ROOT, capture_output=True, text=True)

        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        counts = json.loads(done.stdout.splitlines()[-1])
        assert (counts["rounds"], counts["lost"], counts["doubled"], counts["stuck"]) == (1, 0, 0, 0)
        assert counts["acknowledged"] > 0

    @pytest.mark.slow
    @pytest.mark.stress
    def test_a_drill_that_is_killed_leaves_no_process_behind() -> None:
        with subprocess.Popen(drill("links", "--count", "1", "--dry"), cwd=ROOT, stdout=subprocess.PIPE) as process:
            assert process.stdout is not None
            services_are_up = process.stdout.readline()
            first = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0]
            namespace = Path(f"/proc/{first}/ns/pid").readlink()
            before = processes_in(namespace)
            process.kill()

        wait_for(lambda: not processes_in(namespace), "the end of all processes")

        assert services_are_up == b"PostgreSQL, Redis and storage are up.\n"
        assert len(before) > 4


def test_a_machine_that_lacks_the_tools_is_told_which(tmp_path: Path) -> None:
    done = subprocess.run(
        drill("order"), cwd=ROOT, capture_output=True, text=True, env={**os.environ, "PATH": str(tmp_path)}
    )

    assert done.returncode == CANNOT
    assert "No drill on this machine: Missing: ip, unshare, redis-server." in done.stderr
