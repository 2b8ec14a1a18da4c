"""`make test`, `make test-rest` and `make test-all`: passes of pytest side by side, and a summary at the end.

`make test` runs one of every kind: on SQLite and with engines, on a PostgreSQL of its own, in browsers.
`make test-rest` runs exactly the others, in a fixed order, and begins none after `TEST_UNTIL`. Which pass runs a test
says `tests/passes.py`.

Run as `python -m tests.everything quick`, `rest` or `all`, with further arguments for pytest; as `check` for the answer
of `make check`; as `drills` with `STRESS=1` for fault drills at full count. Does not know what the tests test.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests import passes, postgresql_list
from tests.left_out import REASONS
from tests.postgres_server import postgres

CORES = max(1, os.cpu_count() or 1)
# Tests of one file stay together, so that rows made once a module are made once; files begin in the order of
# collection.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
ALL_CORES = ("-n", str(CORES), *BY_FILE)
BUT_ONE_CORE = ("-n", str(max(1, CORES - 1)), *BY_FILE)
# The other lane's tests wait for what they have started, so they get a core first.
LAST_NICE = 5
# Two threads of an engine that wait for each other wait for whoever else is on a core.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}
DRILL_S = 3600
FAILURE_LINES = 25

# One loop of the product, and folders whose tests start all its processes: more than a quick answer has time for.
LOOP = "tests/generation/test_end_to_end.py"
SLOW_TO_START = ("tests/miniatures_site", "tests/campaigns/statistics", "tests/training")
PURE = "not browser and not engine and not slow and not outside_data and not postgres_only"


@dataclass
class Pass:
    """One run of pytest: its name, command line and environment, and afterwards its exit status, seconds and output."""

    name: str
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    nice: int = 0
    status: int = 0
    took_s: float = 0
    output: str = ""

    def run(self, reports: Path, *, aside: bool = False) -> None:
        """Run it and leave its report in a folder; `aside` keeps its output, so that another may run beside it."""
        title = f"\n=== {self.name}: pytest {' '.join(self.arguments)}\n"
        if not aside:
            print(title, end="", flush=True)
        report = reports / report_name(self.name)
        command = [sys.executable, "-m", "pytest", "-q", "--durations=10", f"--junitxml={report}.xml", *self.arguments]
        began = time.monotonic()
        ended = subprocess.run(
            ["nice", "-n", str(self.nice), *command],
            env={**os.environ, **ONE_THREAD, **self.environment, "TEST_REPORT": str(report)},
            stdout=subprocess.PIPE if aside else None,
            stderr=subprocess.STDOUT if aside else None,
        )
        self.took_s = time.monotonic() - began
        self.status = 0 if ended.returncode == pytest.ExitCode.NO_TESTS_COLLECTED else ended.returncode
        self.output = title + ended.stdout.decode(errors="replace") if aside else ""


def main() -> int:
    """Run the passes of one command and print what failed; returns the first exit status that is not 0."""
    command, *more = sys.argv[1:] or ["quick"]
    runs = {"quick": (quick,), "rest": (rest,), "all": (quick, rest), "check": (check,), "drills": (drills,)}[command]
    with tempfile.TemporaryDirectory(prefix="miniatures-reports-") as folder:
        reports = Path(folder)
        ran = [each for run in runs for each in run(reports, tuple(more))]
        status = next((each.status for each in ran if each.status), 0)
        for line in (*failures(reports), "", *times(ran), *left_out(reports)):
            print(line, flush=True)
        if rest in runs:
            tests = without_turn(reports)
            if not more and not tests:
                print(postgresql_list.write())
            print(
                f"{len(tests)} tests had no turn" + (f", the first of them {tests[0]}." if tests else "."), flush=True
            )
    return status


def quick(reports: Path, more: tuple[str, ...]) -> list[Pass]:
    """Run `make test`: the passes of `passes.QUICK`."""
    with postgres() as url:
        sqlite = pass_named(passes.SQLITE, *ALL_CORES, more=more, nice=LAST_NICE)
        others = [
            pass_named(passes.POSTGRESQL, *BUT_ONE_CORE, more=more, database=url),
            pass_named(passes.BROWSERS, more=more),
        ]
        return side_by_side([sqlite], others, reports)


def rest(reports: Path, more: tuple[str, ...]) -> list[Pass]:
    """Run `make test-rest`: the passes of `passes.REST`."""
    with postgres() as url:
        together = [
            pass_named(passes.SQLITE_REST, *ALL_CORES, more=more, nice=LAST_NICE),
            pass_named(passes.POSTGRESQL_REST, *ALL_CORES, more=more, database=url, nice=LAST_NICE),
        ]
        return side_by_side(together, [pass_named(passes.ONE_BY_ONE, more=more)], reports)


def pass_named(name: str, *arguments: str, more: tuple[str, ...], database: str = "", nice: int = 0) -> Pass:
    """Return a pass that chooses its tests by its name;
    a whole one on PostgreSQL records the statements of its tests.
    """
    environment = {"TEST_PASS": name}
    if database:
        environment["TEST_DATABASE_URL"] = database
    if database and not more:
        environment["TEST_STATEMENTS"] = "1"
        postgresql_list.forget(name)
    return Pass(name, (*arguments, *more), environment, nice)


def check(reports: Path, more: tuple[str, ...]) -> list[Pass]:
    """Run `make check`: tests without a database, engine or browser, and one loop from generation to review."""
    slow = tuple(f"--ignore={folder}" for folder in SLOW_TO_START)
    runs = [Pass("Without a database", (*ALL_CORES, "-m", PURE, *slow, *more), {"TEST_NO_DATABASE": "1"})]
    return one_after_another([*runs, Pass("One loop", (*more, LOOP))], reports, aside=False)


def drills(reports: Path, more: tuple[str, ...]) -> list[Pass]:
    """Run `make stress`: fault drills at full count, on both databases."""
    patient = ("--timeout", str(DRILL_S), *more)
    once = "stress and not engine and not browser and not sqlite_only"
    with postgres() as url:
        on_postgresql = Pass("PostgreSQL, drills", ("-m", once, *patient), {"TEST_DATABASE_URL": url})
        return one_after_another(
            [Pass("SQLite, drills", ("-m", "stress", *patient)), on_postgresql], reports, aside=False
        )


def side_by_side(shown: list[Pass], others: list[Pass], reports: Path) -> list[Pass]:
    """Run two lanes of passes, on one core one after the other; print the output of `others` at the end."""
    with ThreadPoolExecutor(1) as lane:
        aside = lane.submit(one_after_another, others, reports, aside=True)
        if CORES == 1:
            aside.result()
        one_after_another(shown, reports, aside=False)
        for each in aside.result():
            print(each.output, end="", flush=True)
    return [*shown, *others]


def one_after_another(lane: list[Pass], reports: Path, *, aside: bool) -> list[Pass]:
    """Run the passes of a lane in their order."""
    for each in lane:
        each.run(reports, aside=aside)
    return lane


def failures(reports: Path) -> Iterator[str]:
    """Yield what failed in any pass, or was skipped under CI: report, test, and the end of its traceback."""
    kinds = ("failure", "error", *(["skipped"] if os.environ.get("CI") == "true" else []))
    for report in sorted(reports.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            for fault in (each for kind in kinds for each in case.findall(kind)):
                lines = f"{fault.get('message', '')}\n{fault.text or ''}".strip().splitlines()[-FAILURE_LINES:]
                yield "\n".join((f"\n=== {report.stem}: {case.get('classname')}::{case.get('name')}", *lines))


def times(ran: list[Pass]) -> Iterator[str]:
    """Yield a line for each pass: minutes and seconds, and whether it failed."""
    for each in ran:
        minutes, seconds = divmod(round(each.took_s), 60)
        yield f"{minutes:3}:{seconds:02}  {each.name}" + (f", failed ({each.status})" if each.status else "")


def left_out(reports: Path) -> Iterator[str]:
    """Yield how many tests did not run for want of what, a line for each."""
    for reason, sentence in REASONS.items():
        if tests := set(noted(reports, f"*.{reason}.left-out")):
            yield sentence.format(len(tests))


def without_turn(reports: Path) -> list[str]:
    """Return the tests of `REST` that had no turn before `TEST_UNTIL`, in the order of their passes."""
    return [test for name in passes.REST for test in noted(reports, f"{report_name(name)}.no-turn")]


def noted(reports: Path, pattern: str) -> list[str]:
    """Return the tests that passes noted in files of a pattern, each once, in the order of collection."""
    lines = {line for file in reports.glob(pattern) for line in file.read_text().splitlines()}
    return [line.partition(" ")[2] for line in sorted(lines)]


def report_name(name: str) -> str:
    """Return what a pass's files in the folder of reports begin with."""
    return name.replace(", ", "-").replace(" ", "-").lower()


if __name__ == "__main__":
    sys.exit(main())
