"""The list of tests that `make test` leaves to `make test-rest` on PostgreSQL, and the command that makes it.

Tests that send PostgreSQL statements of the same shapes show the same there, so `make test` runs as many as it takes to
see `SHARE` of all shapes. Passes on PostgreSQL record the statements of each test; `python -m tests.postgresql_list`
chooses, and a whole `make test-rest` calls it. A test that is not listed runs in `make test`.
"""

from __future__ import annotations

import hashlib
import heapq
import json
import os
import re
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path
from typing import Any, TextIO

import pytest

ROOT = Path(__file__).resolve().parent.parent
LIST = ROOT / "tests" / "postgresql_rest.txt"
RECORDS = ROOT / ".pytest_cache" / "statements"
# Of all shapes of statements; the last few are each sent by one slow test.
SHARE = 0.93
# A test that sends nothing new costs this, too.
START_S = 0.01
# Threads, locks, triggers and text search differ between databases by more than a statement's shape.
ALWAYS = re.compile(r"(?<![bc])lock|rac(e|es|ing)(?![a-z])|concurren|thread|at_once|trigger|immutab|search|claim")

TEXT = re.compile(r"'(?:[^']|'')*'")
NUMBER = re.compile(r"\b\d+(?:\.\d+)?\b")
SAVEPOINT = re.compile(r'"s\d+_x\d+"')
# Lists of values and rows of any length are one shape.
VALUES = re.compile(r"\(\s*(?:%s|\?|0)(?:\s*,\s*(?:%s|\?|0))+\s*\)")
ROWS = re.compile(r"\(…\)(?:\s*,\s*\(…\))+")


@dataclass
class Record:
    """Statements of one test function on PostgreSQL, over all its parameters.

    Attributes:
        seconds: Time of all its parameters together.
        shapes: Hashes of the shapes of its statements.
        is_kept: Whether it runs on PostgreSQL in `make test` whatever it sends.
    """

    seconds: float = 0.0
    shapes: set[str] = field(default_factory=set)
    is_kept: bool = False


@cache
def listed() -> dict[str, frozenset[str]]:
    """Return the list: names of test functions by file."""
    names: dict[str, set[str]] = {}
    file = ""
    for line in LIST.read_text().splitlines() if LIST.exists() else []:
        if line.startswith(" "):
            names[file].add(line.strip())
        else:
            file = line
            names[file] = set()
    return {file: frozenset(tests) for file, tests in names.items()}


def holds(file: str, name: str) -> bool:
    """Return whether the list leaves a test function of a file to `make test-rest`."""
    return name in listed().get(file, ())


@cache
def shape_of(statement: str) -> str:
    """Return a hash of a statement without its values, the length of its lists, and names of savepoints."""
    text = SAVEPOINT.sub("savepoint", NUMBER.sub("0", TEXT.sub("?", statement)))
    return hashlib.blake2b(ROWS.sub("(…)", VALUES.sub("(…)", text)).encode(), digest_size=6).hexdigest()


class Recorder:
    """A plugin of pytest that records the statements of each test in `RECORDS`, one file a process.

    Args:
        name: Name of the pass.
    """

    def __init__(self, name: str) -> None:
        from django.db.backends.utils import CursorWrapper

        self._name = name
        self._shapes: set[str] = set()
        for method in ("execute", "executemany"):
            setattr(CursorWrapper, method, self._noting(getattr(CursorWrapper, method)))

    def _noting(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def send(cursor: Any, statement: Any, *values: Any, **more: Any) -> Any:
            self._shapes.add(shape_of(str(statement)))
            return original(cursor, statement, *values, **more)

        return send

    @cached_property
    def _file(self) -> TextIO:
        RECORDS.mkdir(parents=True, exist_ok=True)
        return (RECORDS / f"{self._name}-{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}.jsonl").open("w")

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Record one test with the fixtures that it is the first to need."""
        self._shapes.clear()
        began = time.monotonic()
        result = yield
        line = {
            "test": f"{item.path.relative_to(ROOT).as_posix()}::{getattr(item, 'originalname', item.name)}",
            "seconds": round(time.monotonic() - began, 3),
            "shapes": sorted(self._shapes),
            "is_kept": is_kept(item),
        }
        self._file.write(json.dumps(line) + "\n")
        self._file.flush()
        return result


def is_kept(item: pytest.Item) -> bool:
    """Return whether a test runs on PostgreSQL in `make test` whatever it sends."""
    if item.get_closest_marker("slow") is not None:
        return False
    return item.get_closest_marker("postgres_only") is not None or bool(ALWAYS.search(item.nodeid))


def records_of(folder: Path) -> dict[str, Record]:
    """Return all records of a folder by test function."""
    records: dict[str, Record] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for line in map(json.loads, path.read_text().splitlines()):
            record = records.setdefault(line["test"], Record())
            record.seconds += line["seconds"]
            record.shapes.update(line["shapes"])
            record.is_kept = record.is_kept or line["is_kept"]
    return records


def choose(records: dict[str, Record], earlier: Iterable[str] = (), share: float = SHARE) -> set[str]:
    """Return tests that together send a share of all shapes in little time: a greedy cover, the earlier choice first.

    Args:
        records: Records by test.
        earlier: Tests of the choice before, which stay where they still send what no other chosen test does.
        share: Part of all shapes to be sent, 0 to 1.
    """
    chosen = {test for test, record in records.items() if record.is_kept}
    sent = set().union(*(records[test].shapes for test in chosen))
    enough = share * len(set().union(*(record.shapes for record in records.values())))
    for candidates in (set(earlier) & records.keys() - chosen, records.keys() - chosen):
        # A test's worth only falls as others are chosen, so the first whose worth is still the best is the best.
        heap = [(-worth(records[test], sent), test) for test in candidates]
        heapq.heapify(heap)
        while heap and len(sent) < enough:
            _, test = heapq.heappop(heap)
            now = -worth(records[test], sent)
            if heap and now > heap[0][0]:
                heapq.heappush(heap, (now, test))
            elif now:
                chosen.add(test)
                sent |= records[test].shapes
    return chosen


def worth(record: Record, sent: set[str]) -> float:
    """Return the new shapes that a test sends a second, starting it included."""
    return len(record.shapes - sent) / (record.seconds + START_S)


def forget(name: str) -> None:
    """Delete the records of a pass, which its next run makes anew."""
    for path in RECORDS.glob(f"{name}-*.jsonl"):
        path.unlink()


def write() -> str:
    """Write the list anew from the records of both passes on PostgreSQL; returns a sentence for the summary."""
    records = records_of(RECORDS)
    earlier = {f"{file}::{name}" for file, names in listed().items() for name in names}
    if not earlier & records.keys() or not records.keys() - earlier:
        return "The list of tests on PostgreSQL stays: it is made of what both make test and make test-rest record."
    chosen = choose(records, records.keys() - earlier)
    by_file: dict[str, list[str]] = {}
    for test in sorted(records.keys() - chosen):
        file, name = test.split("::")
        by_file.setdefault(file, []).append(name)
    LIST.write_text("".join(f"{file}\n" + "".join(f" {name}\n" for name in names) for file, names in by_file.items()))
    took, whole = (sum(records[test].seconds for test in tests) for tests in (chosen, records))
    return (
        f"On PostgreSQL make test runs {len(chosen)} of {len(records)} test functions, {took:.0f} of {whole:.0f} s; "
        f"{len(earlier ^ (records.keys() - chosen))} changed sides."
    )


if __name__ == "__main__":
    print(write())
