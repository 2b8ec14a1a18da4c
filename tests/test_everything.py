"""No pass of `make test` leaves a test out or runs it twice; which run on both databases follows from where they lie."""

from __future__ import annotations

from itertools import product
from pathlib import Path
from shutil import ignore_patterns
from threading import Event

import pytest

from tests import everything
from tests.conftest import LONG_FILES, ONE_DATABASE
from tests.tour.conftest import NO_PART

MARKS = ("browser", "timed", "stress", "alone", "postgres_only", "engine", "sqlite_only")


def chosen(expression: str, marks: dict[str, bool]) -> bool:
    return bool(eval(expression, {}, marks))


def combinations() -> list[dict[str, bool]]:
    each = (dict(zip(MARKS, flags, strict=True)) for flags in product((False, True), repeat=len(MARKS)))
    return [
        marks
        for marks in each
        if not (marks["browser"] and marks["postgres_only"]) and marks["browser"] >= marks["timed"]
    ]


@pytest.mark.parametrize(
    "marks", combinations(), ids=lambda marks: "-".join(m for m, on in marks.items() if on) or "none"
)
def test_a_test_runs_in_one_pass_whatever_its_marks(marks: dict[str, bool]) -> None:
    passes = (everything.SHARING, everything.BROWSERS, everything.DRILLS, "postgres_only")

    assert [chosen(expression, marks) for expression in passes].count(True) == 1


@pytest.mark.parametrize(
    ("path", "is_once"),
    [
        ("tests/matrix/test_matrix.py", True),
        ("tests/training/views/test_runs.py", True),
        ("tests/review/datasets/test_pages.py", True),
        ("tests/webhooks/test_pages_and_api.py", True),
        ("tests/miniatures_site/test_open_routes.py", True),
        ("tests/review/search/test_index.py", False),
        ("tests/jobs/services/test_claiming.py", False),
        ("tests/campaigns/api/test_api.py", False),
    ],
)
def test_pages_and_the_matrix_run_on_one_database(path: str, is_once: bool) -> None:
    assert bool(ONE_DATABASE.search(f"/house/{path}")) is is_once


def test_the_summary_counts_tests_left_out_once(tmp_path: Path) -> None:
    (tmp_path / "sqlite-together.left-out").write_text("a::one\nb::two\n")
    (tmp_path / "postgresql-together.left-out").write_text("b::two\n")

    assert list(everything.left_out(tmp_path)) == [
        "2 tests of outside data were deselected: SHARED_DATA_DIR names no folder."
    ]


def test_the_summary_names_a_pass_that_failed_and_what_each_used() -> None:
    passes = [
        everything.Pass("SQLite, together", (), took_s=61.6, cpu_s=119.7),
        everything.Pass("Tours", (), status=1, took_s=5, cpu_s=3600),
    ]

    assert list(everything.times(passes)) == [
        "  1:02  SQLite, together, processors 2:00",
        "  0:05  Tours, processors 60:00, failed (1)",
    ]


def test_the_summary_names_the_files_that_took_longest_over_all_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = '<testcase classname="{}" name="test" time="{}"/>'.format
    for name, cases in {
        "sqlite": [("tests.jobs.test_claims", 20), ("tests.jobs.test_claims.TestTwo", 30), ("tests.web.test_look", 60)],
        "postgresql": [("tests.jobs.test_claims", 40.4), ("tests.web.test_shell", 1)],
    }.items():
        (tmp_path / f"{name}.xml").write_text(f"<testsuite>{''.join(case(*each) for each in cases)}</testsuite>")
    monkeypatch.setattr(everything, "SAID_FILES", 2)

    assert list(everything.slowest(tmp_path))[1:] == [
        "  1:30  tests/jobs/test_claims.py (3)",
        "  1:00  tests/web/test_look.py (1)",
    ]


def write_a_suite(folder: Path) -> tuple[str, ...]:
    """A folder with one test that fails; returns what pytest runs it with, apart from this project's settings."""
    (folder / "test_failing.py").write_text("def test_fails():\n    assert False\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return ("-p", "no:django", "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini"), str(folder))


def test_passes_side_by_side_know_their_own_processor_time_and_what_ran_aside_is_told_at_the_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    suite = write_a_suite(tmp_path)
    shown, aside, last = (everything.Pass(name, suite) for name in ("Shown", "Aside", "Last"))

    everything.side_by_side(shown, [[aside, last]], tmp_path)

    assert [each.status for each in (shown, aside, last)] == [pytest.ExitCode.TESTS_FAILED] * 3
    assert all(each.cpu_s > 0 for each in (shown, aside, last))
    assert shown.output == ""
    assert "1 failed" in aside.output
    told = capfd.readouterr().out
    assert told.count("1 failed") == 3
    assert told.index("=== Shown") < told.index("=== Aside") < told.index("=== Last")
    assert len(list(everything.failures(tmp_path))) == 3


def test_the_pass_shown_begins_when_the_drills_have_ended_and_shares_with_both_lanes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(everything, "CORES", 2)
    begun = {name: Event() for name in ("Shown", "Drills", "Tours", "Database")}
    waits_for = {"Drills": ["Database"], "Tours": ["Shown"], "Database": ["Shown"], "Shown": ["Tours"]}
    # The drills stay until a pass that does not wait for them would have begun; one that does never begins meanwhile.
    held_s = 0.2
    seen: list[str] = []

    class Noted(everything.Pass):
        def run(self, reports: Path, *, aside: bool = False) -> None:
            seen.append(f"{self.name} begins")
            begun[self.name].set()
            for other in waits_for[self.name]:
                assert begun[other].wait(60), f"{self.name} runs without {other}"
            assert self is not drills or not begun["Shown"].wait(held_s), "Shown waits for no drills"
            seen.append(f"{self.name} ends")

    shown, drills, tours, database = (Noted(name, ()) for name in begun)

    everything.side_by_side(shown, [[drills, tours], [database]], tmp_path)

    assert seen.index("Drills ends") < seen.index("Shown begins")
    assert len(seen) == 2 * len(begun)


def test_a_pass_that_breaks_keeps_no_other_waiting(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everything, "CORES", 2)
    seen: list[str] = []

    class Noted(everything.Pass):
        def run(self, reports: Path, *, aside: bool = False) -> None:
            seen.append(self.name)
            if self.name == "Drills":
                raise OSError("no such program")

    shown, drills, tours = (Noted(name, ()) for name in ("Shown", "Drills", "Tours"))

    with pytest.raises(OSError, match="no such program"):
        everything.side_by_side(shown, [[drills, tours]], tmp_path)

    assert seen == ["Drills", "Shown"]


def test_on_one_core_no_pass_has_another_beside_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(everything, "CORES", 1)
    seen: list[str] = []

    class Noted(everything.Pass):
        def run(self, reports: Path, *, aside: bool = False) -> None:
            seen.extend((self.name, self.name))

    shown, drills, tours, database = (Noted(name, ()) for name in ("Shown", "Drills", "Tours", "Database"))

    everything.side_by_side(shown, [[drills, tours], [database]], tmp_path)

    assert seen == [name for name in ("Drills", "Tours", "Database", "Shown") for _ in range(2)]


def test_files_that_name_a_mark_are_found_and_a_conftest_stands_for_its_folder() -> None:
    cut = everything.files_with("postgres_only")
    drills = everything.files_with("stress", "alone")

    assert "tests/training/hosts/test_cut_off.py" in cut
    assert "tests/review/fire" in drills
    assert not [name for name in drills if name.startswith("tests/review/fire/")]
    assert len(drills) < 60
    browsers = everything.files_with("browser")
    assert set(browsers) - set(everything.without_tours(browsers)) >= {"tests/tour/test_browser_tour.py"}


def test_files_that_begin_first_are_there() -> None:
    assert [name for name in LONG_FILES if not (everything.ROOT / name).is_file()] == []


def test_a_tour_runs_in_the_pass_of_tours_alone() -> None:
    tours = {str(path.relative_to(everything.ROOT)) for path in (everything.ROOT / "tests" / "tour").glob("test_*.py")}
    marked = everything.files_with("browser", "stress", "alone")

    assert "tests/tour/test_restart.py" in tours
    assert tours <= set(marked)
    assert tours.isdisjoint(everything.without_tours(marked))


def test_a_tour_copies_no_bytecode_that_another_pass_is_writing() -> None:
    files = ["a.cpython-311.pyc", "a.cpython-311.pyc.140657", "a.py"]

    assert ignore_patterns(*NO_PART)("", files) == {"a.cpython-311.pyc.140657"}
