"""`make test`: the whole suite on SQLite, and again on a PostgreSQL of its own what depends on the database.

Passes run in three lanes side by side. In one is what depends on the database, on PostgreSQL, one test fewer at once than there
are cores. In another are, one by one, the fault drills, the tours through the product, what only PostgreSQL is asked, and the
browsers, which wait for half of their time. The third, on SQLite, begins once the drills have ended: as many tests at once as
there are cores, and the others go first, so that it takes what they leave idle. The summary holds what failed in any, the files
that took longest, each pass's time, and how many tests lacked outside data.

Run as `python -m tests.everything`; with `STRESS=1` the drills alone, at full count, on both databases; with `--check` the
quick answer of `make check`. Does not know what the tests test.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from xml.etree import ElementTree

import pytest

from tests.postgres_server import postgres

ROOT = Path(__file__).resolve().parent.parent
CORES = max(1, os.cpu_count() or 1)
# Tests of one file stay together, so that what they share is made once; long files come first. In order of their count of
# tests, xdist's own, a file with one test of a minute would come last and leave the other cores idle.
BY_FILE = ("--dist", "loadfile", "--no-loadscope-reorder")
TOGETHER = ("-n", str(CORES), *BY_FILE)
# Leaves a core to the other lanes, which may be at the drills.
BUT_ONE_CORE = ("-n", str(max(1, CORES - 1)), *BY_FILE)
# The other lanes' tests wait for what they have started; they get a core first.
LAST_NICE = 5
# Two threads of an engine that wait for each other wait for whoever else is on a core.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}

# Of a failure, told again at the very end.
SAID_LINES = 25
# Of a pass's command line, above its output.
SAID_CHARS = 200
# Of all test files, those that took longest.
SAID_FILES = 20

# Each test on SQLite belongs to one of these, or to `postgres_only`.
BROWSERS = "browser and not timed"
DRILLS = "(timed or (stress or alone) and not browser) and not postgres_only"
# What needs the whole product running: it takes long to start, so one pass has it all.
TOURS = f"browser or {DRILLS}"
TOURS_FOLDER = "tests/tour"
SHARING = f"not browser and not ({DRILLS}) and not postgres_only"
# Engines, browsers and pure code do not care which database it is: once is enough. Of the tests that have a database,
# `conftest.depends_on_the_database` says which run on both.
DATABASE = "not engine and not browser and not sqlite_only"
DRILL_S = 3600

# One loop of the product, and tests that start it with all its processes: more than a quick answer has time for.
LOOP = "tests/generation/test_end_to_end.py"
SLOW_TO_START = ("tests/miniatures_site", "tests/campaigns/statistics", "tests/training", "tests/upgrade")


@dataclass
class Pass:
    """One run of pytest.

    Attributes:
        name: Said above its output and in its line of the summary.
        arguments: Its command line.
        environment: Variables it has beside ours.
        nice: By how much it gives way to other passes.
        status: Its exit status; that nothing was left to run is no failure.
        took_s: Seconds from start to end.
        cpu_s: Seconds that it and the processes it waited for had a core.
        output: What it wrote, where it was not shown at once.
    """

    name: str
    arguments: tuple[str, ...]
    environment: dict[str, str] = field(default_factory=dict)
    nice: int = 0
    status: int = 0
    took_s: float = 0
    cpu_s: float = 0
    output: str = ""

    def run(self, reports: Path, *, aside: bool = False) -> None:
        """Run it; `aside` keeps its output, so that another may run beside it."""
        title = f"\n=== {self.name}: pytest {' '.join(self.arguments)}\n"
        title = title if len(title) < SAID_CHARS else f"{title[:SAID_CHARS]} …\n"
        if not aside:
            print(title, end="", flush=True)
        report = reports / self.name.replace(", ", "-").replace(" ", "-").lower()
        began = time.monotonic()
        with subprocess.Popen(
            [
                *(("nice", "-n", str(self.nice)) if self.nice else ()),
                *(sys.executable, "-m", "pytest", "-q", f"--junitxml={report}.xml", *self.arguments),
            ],
            env={**os.environ, **self.environment, "TEST_LEFT_OUT": f"{report}.left-out"},
            stdout=subprocess.PIPE if aside else None,
            stderr=subprocess.STDOUT if aside else None,
        ) as process:
            said = process.stdout.read() if process.stdout else b""
            # `wait` would not tell what this pass alone has used: another may run beside it.
            _, ended, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(ended)
        self.took_s = time.monotonic() - began
        self.cpu_s = used.ru_utime + used.ru_stime
        self.status = 0 if process.returncode == pytest.ExitCode.NO_TESTS_COLLECTED else process.returncode
        self.output = title + said.decode(errors="replace") if aside else ""


def main() -> int:
    """Run all passes, and say at the end what failed in any; the exit status is the first that is not 0."""
    asked = tuple(sys.argv[1:])
    with tempfile.TemporaryDirectory(prefix="miniatures-reports-") as folder:
        reports = Path(folder)
        if asked[:1] == ("--check",):
            passes = check(reports, asked[1:])
        else:
            passes = (drills if os.environ.get("STRESS") == "1" else all_passes)(reports, asked)
        for line in (*failures(reports), "", *slowest(reports), "", *times(passes), *left_out(reports)):
            print(line, flush=True)
    return next((each.status for each in passes if each.status), 0)


def all_passes(reports: Path, asked: tuple[str, ...]) -> list[Pass]:
    """Run the whole suite; its reports are left in a folder."""
    with postgres() as url:
        on_postgres = {"TEST_DATABASE_URL": url, "TEST_ONLY_DATABASE": "1"}
        both = f"{SHARING} and {DATABASE}"
        sqlite = Pass("SQLite, together", (*TOGETHER, "-m", SHARING, *asked), ONE_THREAD, LAST_NICE)
        on_both = Pass("PostgreSQL, together", (*BUT_ONE_CORE, "-m", both, *asked), ONE_THREAD | on_postgres)
        # To read all files for a few takes half a minute of a core.
        where = lambda *marks: () if asked else files_with(*marks)  # noqa: E731
        apart = f"--ignore={TOURS_FOLDER}"
        tours = Pass("Tours", ("-m", TOURS, *asked, TOURS_FOLDER), ONE_THREAD)
        browsers = Pass("Browsers", ("-m", BROWSERS, apart, *asked, *without_tours(where("browser"))), ONE_THREAD)
        cut = ("-m", "postgres_only", *asked, *where("postgres_only"))
        alone = Pass("PostgreSQL, one by one", cut, ONE_THREAD | on_postgres)
        drilled = ("-m", DRILLS, apart, *asked, *without_tours(where("stress", "alone", "timed")))
        # Drills measure how soon something is back, so they have no more beside them than one pass that leaves them a core.
        drills_alone = Pass("SQLite, drills", drilled, ONE_THREAD)
        side_by_side(sqlite, [[drills_alone, tours, alone, browsers], [on_both]], reports)
    return [on_both, sqlite, drills_alone, tours, alone, browsers]


def files_with(*marks: str) -> tuple[str, ...]:
    """Files of tests that name one of some marks; of a `conftest.py` that does, its folder."""
    named = re.compile(rf"\bmark\.({'|'.join(marks)})\b")
    files = [path for path in (ROOT / "tests").rglob("*.py") if named.search(path.read_text())]
    folders = {path.parent for path in files if path.name == "conftest.py"}
    apart = [path for path in files if folders.isdisjoint(path.parents)]
    return tuple(sorted(str(path.relative_to(ROOT)) for path in (*folders, *apart)))


def without_tours(files: tuple[str, ...]) -> tuple[str, ...]:
    """Leave the tours out: pytest runs what it is named, whatever it was told to ignore."""
    return tuple(name for name in files if not name.startswith(TOURS_FOLDER))


def check(reports: Path, asked: tuple[str, ...]) -> list[Pass]:
    """Run the tests that need no database, no engine and no browser, and one loop from generation to review."""
    pure = "not browser and not engine and not stress and not alone and not outside_data and not postgres_only"
    slow = tuple(f"--ignore={folder}" for folder in SLOW_TO_START)
    passes = [
        Pass("Without a database", (*TOGETHER, "-m", pure, *slow, *asked), ONE_THREAD | {"TEST_NO_DATABASE": "1"}),
        Pass("One loop", (*asked, LOOP)),
    ]
    for each in passes:
        each.run(reports)
    return passes


def drills(reports: Path, asked: tuple[str, ...]) -> list[Pass]:
    """Run the fault drills at full count, on both databases."""
    patient = ("--timeout", str(DRILL_S), *asked)
    with postgres() as url:
        passes = [
            Pass("SQLite, drills", ("-m", "stress", *patient)),
            Pass(
                "PostgreSQL, drills", ("-m", f"stress and {DATABASE}", *patient),
                {"TEST_DATABASE_URL": url, "TEST_ONLY_DATABASE": "1"},
            ),
        ]  # fmt: skip
        for each in passes:
            each.run(reports)
    return passes


def side_by_side(shown: Pass, aside: list[list[Pass]], reports: Path) -> None:
    """Run lanes of passes side by side, told at the end, and beside them one that begins when the first lane's first has ended."""
    first_ended = [Event() for _ in aside]
    with ThreadPoolExecutor(len(aside) if CORES > 1 else 1) as side:
        lanes = [side.submit(one_by_one, lane, reports, ended) for lane, ended in zip(aside, first_ended, strict=True)]
        if CORES == 1:
            wait(lanes)
        first_ended[0].wait()
        shown.run(reports)
        for lane in lanes:
            lane.result()
    for each in (each for lane in aside for each in lane):
        print(each.output, end="", flush=True)


def one_by_one(lane: list[Pass], reports: Path, first_ended: Event) -> None:
    """Run the passes of a lane in order, and tell when the first has ended, also by a fault."""
    for each in lane:
        try:
            each.run(reports, aside=True)
        finally:
            first_ended.set()


def failures(reports: Path) -> Iterator[str]:
    """What failed in the passes of some reports: pass, test, and the end of what it said."""
    for report in sorted(reports.glob("*.xml")):
        for case in ElementTree.parse(report).iter("testcase"):
            for fault in (*case.findall("failure"), *case.findall("error")):
                said = f"{fault.get('message', '')}\n{fault.text or ''}".strip().splitlines()
                yield "\n".join(
                    (f"\n=== {report.stem}: {case.get('classname')}::{case.get('name')}", *said[-SAID_LINES:])
                )


def slowest(reports: Path) -> Iterator[str]:
    """A line for each of the test files that took longest in all passes together, setup included."""
    took, tests = Counter[str](), Counter[str]()
    for case in (case for report in reports.glob("*.xml") for case in ElementTree.parse(report).iter("testcase")):
        file = file_of(case.get("classname", ""))
        took[file] += float(case.get("time", 0))
        tests[file] += 1
    yield "Test files that took longest, in all passes together:"
    yield from (f"{clock(seconds)}  {file} ({tests[file]})" for file, seconds in took.most_common(SAID_FILES))


def file_of(classname: str) -> str:
    """The file of a test from what a report calls its class, which may be one inside the file."""
    parts = classname.split(".")
    end = next((place for place, part in enumerate(parts, 1) if part.startswith("test_")), len(parts))
    return "/".join(parts[:end]) + ".py"


def times(passes: list[Pass]) -> Iterator[str]:
    """A line for each pass: minutes and seconds, those of the processors, and whether it failed."""
    for each in passes:
        failed = "" if each.status == 0 else f", failed ({each.status})"
        yield f"{clock(each.took_s)}  {each.name}, processors {clock(each.cpu_s).strip()}{failed}"


def clock(seconds: float) -> str:
    """Minutes and seconds, as wide for a second as for hours."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:3}:{rest:02}"


def left_out(reports: Path) -> Iterator[str]:
    """How many tests did not run because no folder of outside data was named."""
    names = {name for file in reports.glob("*.left-out") for name in file.read_text().splitlines()}
    if names:
        yield f"{len(names)} tests of outside data were deselected: SHARED_DATA_DIR names no folder."


if __name__ == "__main__":
    sys.exit(main())
