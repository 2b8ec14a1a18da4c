"""Passes of the suite, and the pass or passes that run a test. Read by `tests/conftest.py` in each run of pytest.

`make test` runs the passes of `QUICK`, `make test-rest` those of `REST`: between them each test runs once on SQLite or
in a browser, and once on PostgreSQL where the database makes a difference. A test moves to `REST` by its mark `slow`;
on PostgreSQL by `tests/postgresql_rest.txt` (`tests/postgresql_list.py`). Knows nothing of processes and reports.
"""

from __future__ import annotations

import functools
import os
import re
import time
from pathlib import Path

import pytest

from tests import postgresql_list

ROOT = Path(__file__).resolve().parent.parent
SQLITE, POSTGRESQL, BROWSERS = QUICK = ("SQLite", "PostgreSQL", "Browsers")
SQLITE_REST, POSTGRESQL_REST, ONE_BY_ONE = REST = ("SQLite, rest", "PostgreSQL, rest", "One by one")

# Each of these has a core to itself: they measure, or wait for processes of their own.
APART = frozenset({"browser", "timed", "alone", "stress"})
# Pages, forms, the matrix of routes and replayed verdicts send statements that the rooms' own tests send: one database
# is enough for them. A page whose statements only its own tests send is marked `both_databases`.
ONE_DATABASE = re.compile(
    r"tests/matrix/|tests/review/replay/|/(pages|views)/|/test_\w*pages?(_and_api)?\.py|/test_(open_routes|audited|home|api_reference|ways_in)\.py"
)
DATABASE_FIXTURES = frozenset({"db", "transactional_db", "live_server"})
# Words of which a file must hold one where its tests bear the mark, since passes read no other file. `PARTS` are the
# matrix's.
WORDS = {**{mark: (mark,) for mark in ("browser", "both_databases", "postgres_only")}, "slow": ("slow", "PARTS")}
MARK_OF = {BROWSERS: "browser", SQLITE_REST: "slow", ONE_BY_ONE: "slow"}
# Marks of a whole file, none of whose tests then is on SQLite in `make test`, or on PostgreSQL at all.
NOT_ON_SQLITE, ON_SQLITE_ALONE = {"slow", "browser", "postgres_only"}, {"engine", "browser", "sqlite_only"}
MARKS_OF_FILE = re.compile(r"^pytestmark = .*(?:\n[ \]].*)*", re.MULTILINE)
MARK = re.compile(r"pytest\.mark\.(\w+)\b(?!\()")
TEST_NAMES = re.compile(r"^\s*(?:async )?def (test_\w+)", re.MULTILINE)


def passes_of(marks: set[str], *, depends_on_database: bool, is_listed: bool) -> list[str]:
    """Return the passes that run a test.

    Args:
        marks: Names of its marks.
        depends_on_database: Whether both databases are to see it.
        is_listed: Whether the list leaves it to `make test-rest` on PostgreSQL.
    """
    on_postgresql = POSTGRESQL_REST if is_listed else POSTGRESQL
    if "postgres_only" in marks:
        return [on_postgresql]
    if "slow" in marks:
        return [ONE_BY_ONE] if marks & APART else [SQLITE_REST, *([on_postgresql] if depends_on_database else [])]
    if "browser" in marks:
        return [BROWSERS]
    return [SQLITE, *([on_postgresql] if depends_on_database else [])]


def passes_of_item(item: pytest.Item) -> list[str]:
    """Return the passes that run a collected test."""
    return passes_of(
        {mark.name for mark in item.iter_markers()} - ({"slow"} if is_first(item) else set()),
        depends_on_database=depends_on_database(item),
        is_listed=postgresql_list.holds(file_of(item.path), name_of(item)),
    )


def is_first(item: pytest.Item) -> bool:
    """Return whether a test is the first of its parameters and marked `slow(after_first=True)`,
    which leaves it in `make test`.
    """
    mark, parameters = item.get_closest_marker("slow"), getattr(item, "callspec", None)
    return bool(mark and mark.kwargs.get("after_first") and parameters and not any(parameters.indices.values()))


def depends_on_database(item: pytest.Item) -> bool:
    """Return whether it makes a difference to a test which database there is."""
    marks = {mark.name for mark in item.iter_markers()}
    if "postgres_only" in marks:
        return True
    if marks & {"engine", "browser", "sqlite_only"} or not touches_database(item):
        return False
    return "both_databases" in marks or not ONE_DATABASE.search(item.path.as_posix())


def touches_database(item: pytest.Item) -> bool:
    """Return whether a test has a database at all."""
    fixtures = getattr(item, "fixturenames", ())
    return item.get_closest_marker("django_db") is not None or not DATABASE_FIXTURES.isdisjoint(fixtures)


def is_left_unread(path: Path, name: str) -> bool:
    """Return whether a pass runs no test of a file: importing it takes longer than many tests."""
    text = path.read_text()
    if mark := MARK_OF.get(name):
        return not names_mark(text, mark)
    marks = {mark for assigned in MARKS_OF_FILE.findall(text) for mark in MARK.findall(assigned)}
    if name == SQLITE:
        return bool(marks & NOT_ON_SQLITE)
    is_page = ONE_DATABASE.search(path.as_posix()) and not names_mark(text, "both_databases")
    if (is_page or marks & ON_SQLITE_ALONE) and not names_mark(text, "postgres_only"):
        return True
    tests = set(TEST_NAMES.findall(text))
    listed = {test for test in tests if postgresql_list.holds(file_of(path), test)}
    if name == POSTGRESQL:
        return tests == listed
    return name == POSTGRESQL_REST and not listed


def names_mark(text: str, mark: str) -> bool:
    """Return whether a file's text names a mark."""
    return any(word in text for word in WORDS[mark])


def refuse_hidden_marks(items: list[pytest.Item]) -> None:
    """Refuse marks that the passes would overlook.

    Raises:
        pytest.UsageError: A pass that runs a test does not read its file, or a test that has a core to itself is not
            marked `slow`.
    """
    is_unread = functools.cache(is_left_unread)
    for item in items:
        marks = {mark.name for mark in item.iter_markers()}
        if unread := [name for name in passes_of_item(item) if is_unread(item.path, name)]:
            raise pytest.UsageError(
                f"{item.nodeid}: no pass {unread} reads its file; write its marks in the file itself."
            )
        if marks & (APART - {"browser"}) and not marks & {"slow", "postgres_only"}:
            raise pytest.UsageError(f"{item.nodeid}: mark it slow, since make test leaves no test a core of its own.")


def file_of(path: Path) -> str:
    """Return a file's path from the top of the project; that of a file elsewhere is whole."""
    return (path.relative_to(ROOT) if path.is_relative_to(ROOT) else path).as_posix()


def name_of(item: pytest.Item) -> str:
    """Return the name of a test's function, the same for all its parameters."""
    return getattr(item, "originalname", None) or item.name


def had_its_time() -> bool:
    """Return whether the moment has passed after which no further test begins (`TEST_UNTIL`, seconds since 1970)."""
    return time.time() > float(os.environ.get("TEST_UNTIL", "inf"))
