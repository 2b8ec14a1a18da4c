"""The collector of garbage rests while engines import, goes on as before,
and has nothing to look through at their end.
"""

from __future__ import annotations

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from jobs.rundir.garbage import without_garbage_collection


@pytest.mark.parametrize("before", [True, False])
def test_the_collector_rests_inside_and_is_as_before_afterwards(before: bool) -> None:
    try:
        (gc.enable if before else gc.disable)()

        with without_garbage_collection():
            inside = gc.isenabled()

        assert (inside, gc.isenabled()) == (False, before)
    finally:
        gc.enable()


def test_a_failed_import_leaves_the_collector_on() -> None:
    with pytest.raises(ImportError), without_garbage_collection():
        raise ImportError

    assert gc.isenabled()


def test_an_ended_process_keeps_its_status_does_what_an_exit_does_and_collects_nothing() -> None:
    at_exit = "print('frozen' if gc.get_freeze_count() > 1000 else 'collected')"
    code = (
        f"import atexit, gc; from jobs.rundir.garbage import end_process; atexit.register(lambda: {at_exit}); "
        "end_process(3)"
    )

    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert (ended.returncode, ended.stdout) == (3, "frozen\n")


def test_engines_that_import_torch_end_so() -> None:
    ends = {
        str(module): "end_process(main(" in module.read_text()
        for folder in ("training", "evaluation", "serving")
        for module in (Path(folder) / "engine").rglob("*.py")
        if "main(RunDir.open(" in module.read_text() or "main(launch.open_run(" in module.read_text()
    }

    assert len(ends) == 8
    assert all(ends.values()), ends
