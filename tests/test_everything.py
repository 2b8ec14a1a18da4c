"""`make test` and `make test-rest` run each test once on each database it depends on;
their summary leaves nothing out.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from itertools import product
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests import everything, passes, postgresql_list

MARKS = ("browser", "timed", "stress", "alone", "postgres_only", "slow")
ON_POSTGRESQL = {passes.POSTGRESQL, passes.POSTGRESQL_REST}


@pytest.mark.parametrize("is_listed", [False, True], ids=["new", "listed"])
@pytest.mark.parametrize("depends_on_database", [False, True], ids=["pure", "database"])
def test_each_test_runs_once_on_each_database_whatever_its_marks(depends_on_database: bool, is_listed: bool) -> None:
    for flags in product((False, True), repeat=len(MARKS)):
        marks = {mark for mark, is_set in zip(MARKS, flags, strict=True) if is_set}

        names = passes.passes_of(marks, depends_on_database=depends_on_database, is_listed=is_listed)

        assert set(names) <= {*passes.QUICK, *passes.REST}
        assert len(set(names) & ON_POSTGRESQL) == len(names) - ("postgres_only" not in marks)
        assert len(names) == len(set(names))


@pytest.mark.parametrize(
    ("marks", "is_listed", "names"),
    [
        (set(), False, ["SQLite", "PostgreSQL"]),
        (set(), True, ["SQLite", "PostgreSQL, rest"]),
        ({"slow"}, False, ["SQLite, rest", "PostgreSQL"]),
        ({"slow"}, True, ["SQLite, rest", "PostgreSQL, rest"]),
        ({"slow", "stress"}, False, ["One by one"]),
        ({"browser"}, False, ["Browsers"]),
        ({"browser", "slow"}, False, ["One by one"]),
        ({"postgres_only", "stress"}, False, ["PostgreSQL"]),
    ],
)
def test_a_mark_or_the_list_moves_a_test_to_the_rest(marks: set[str], is_listed: bool, names: list[str]) -> None:
    assert passes.passes_of(marks, depends_on_database=True, is_listed=is_listed) == names


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
    assert bool(passes.ONE_DATABASE.search(f"/house/{path}")) is is_once


@pytest.mark.parametrize(
    ("name", "text", "unread"),
    [
        ("test_rows.py", "", {"Browsers"}),
        ("test_rows.py", "pytestmark = pytest.mark.engine", {"PostgreSQL", "Browsers"}),
        ("test_rows.py", "pytestmark = [\n    pytest.mark.slow,\n]", {"SQLite", "Browsers"}),
        ("test_rows.py", "pytestmark = pytest.mark.slow(after_first=True)", {"Browsers"}),
        ("test_rows.py", "@pytest.mark.slow", {"Browsers"}),
        ("test_rows.py", "pytestmark = pytest.mark.engine\n\n\n@pytest.mark.postgres_only", {"Browsers"}),
        ("test_pages.py", "", {"PostgreSQL", "Browsers"}),
        ("test_pages.py", "@pytest.mark.both_databases", {"Browsers"}),
        ("test_pages.py", "pytestmark = pytest.mark.browser", {"SQLite", "PostgreSQL"}),
    ],
)
def test_a_pass_reads_no_file_whose_tests_are_all_in_others(
    tmp_path: Path, name: str, text: str, unread: set[str]
) -> None:
    path = tmp_path / name
    path.write_text(f"{text}\ndef test_it():\n    pass\n")

    assert {each for each in passes.QUICK if passes.is_left_unread(path, each)} == unread


@pytest.mark.parametrize("text", ["", "pytestmark = pytest.mark.slow"])
def test_a_test_whose_file_its_pass_does_not_read_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "test_rows.py"
    path.write_text(f"{text}\ndef test_it():\n    pass\n")
    mark = pytest.mark.slow(after_first=True) if text else pytest.mark.browser
    first = SimpleNamespace(indices={"row": 0})
    item = SimpleNamespace(path=path, name="test_it", nodeid="test_it", callspec=first)
    item.iter_markers, item.get_closest_marker = lambda: [mark.mark], lambda name: {mark.name: mark.mark}.get(name)

    with pytest.raises(pytest.UsageError, match="test_it: no pass"):
        passes.refuse_hidden_marks([item])


def test_the_summary_counts_tests_left_out_once(tmp_path: Path) -> None:
    (tmp_path / "sqlite.outside-data.left-out").write_text("000000 a::one\n000001 b::two\n")
    (tmp_path / "postgresql.outside-data.left-out").write_text("000000 b::two\n")
    (tmp_path / "sqlite.torch.left-out").write_text("000000 c::three\n")

    assert list(everything.left_out(tmp_path)) == [
        "2 tests of outside data were deselected: SHARED_DATA_DIR names no folder.",
        "1 tests that need torch were left out: it is not installed here (make torch).",
    ]


def test_the_summary_names_a_pass_that_failed() -> None:
    ran = [everything.Pass("SQLite", took_s=61.6), everything.Pass("Browsers", status=1, took_s=5)]

    assert list(everything.times(ran)) == ["  1:02  SQLite", "  0:05  Browsers, failed (1)"]


def test_tests_that_had_no_turn_are_named_once_in_the_order_of_their_passes(tmp_path: Path) -> None:
    (tmp_path / "one-by-one.no-turn").write_text("000001 c::five\n")
    (tmp_path / "postgresql-rest.no-turn").write_text("000010 b::four\n000009 b::three\n000010 b::four\n")

    assert everything.without_turn(tmp_path) == ["b::three", "b::four", "c::five"]


def write_a_suite(folder: Path, body: str) -> tuple[str, ...]:
    """Write a folder with one test; returns what pytest runs it with, apart from this project's settings."""
    (folder / "test_suite.py").write_text(f"def test_it():\n    {body}\n")
    (folder / "pytest.ini").write_text("[pytest]\n")
    return ("-p", "no:django", "-p", "no:cacheprovider", "-c", str(folder / "pytest.ini"), str(folder))


@pytest.mark.slow
def test_the_rest_begins_no_test_after_its_hour_and_its_last_line_counts_them() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.everything", "rest", "tests/stats/test_change_point.py"],
        cwd=passes.ROOT, env={**os.environ, "TEST_UNTIL": "0"}, capture_output=True, text=True,
    )  # fmt: skip

    last = done.stdout.splitlines()[-1]
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"[1-9]\d* tests had no turn, the first of them tests/stats/test_change_point\.py::\S+\.", last)


def test_lanes_run_side_by_side_and_the_second_is_printed_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(everything, "CORES", 2)
    meeting = f"from pathlib import Path; import time; here = Path({str(tmp_path)!r})"
    lanes = []
    for name, other in (("one", "two"), ("two", "one")):
        (tmp_path / name).mkdir()
        wait = (
            f"{meeting}; (here / '{name}.there').touch()\n    while not (here / '{other}.there').exists(): "
            "time.sleep(0.01)"
        )
        lanes.append([everything.Pass(name, write_a_suite(tmp_path / name, f"{wait}\n    assert False"))])

    ran = everything.side_by_side(*lanes, tmp_path)

    assert [each.status for each in ran] == [pytest.ExitCode.TESTS_FAILED] * 2
    output = capfd.readouterr().out
    assert output.index("=== one") < output.index("1 failed") < output.index("=== two")
    assert len(list(everything.failures(tmp_path))) == 2


def test_what_is_skipped_is_named_under_ci_with_its_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    skips = everything.Pass("Skips", write_a_suite(tmp_path, "__import__('pytest').skip('no such program')"))
    skips.run(tmp_path, aside=True)

    monkeypatch.setenv("CI", "")
    assert list(everything.failures(tmp_path)) == []

    monkeypatch.setenv("CI", "true")
    [line] = everything.failures(tmp_path)
    assert "=== skips: " in line
    assert "no such program" in line


def test_a_pass_without_tests_fails_nothing(tmp_path: Path) -> None:
    none = everything.Pass("None", (*write_a_suite(tmp_path, "pass"), "-k", "other"))

    none.run(tmp_path, aside=True)

    assert none.status == 0


def records(**shapes: str) -> dict[str, postgresql_list.Record]:
    return {name: postgresql_list.Record(seconds=1.0, shapes=set(letters)) for name, letters in shapes.items()}
