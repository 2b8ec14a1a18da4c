"""No module of the product imports one that imports it back, however the import is written; one that is run begins
its work after its last definition.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from configparser import ConfigParser
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
CONTRACTS = ConfigParser()
CONTRACTS.read(ROOT / ".importlinter")
ROOMS = CONTRACTS["importlinter"]["root_packages"].split()
# Circles that stay, each by its modules in order of their names, with the reason. None does.
STAY: Mapping[tuple[str, ...], str] = {}


def modules(root: Path, rooms: list[str]) -> dict[str, Path]:
    """Every module of some packages by its name; migrations name each other by the framework's rules."""
    paths = (path for room in rooms for path in (root / room).rglob("*.py") if "migrations" not in path.parts)
    return {".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__"): path for path in paths}


def imported(path: Path, known: Mapping[str, Path]) -> Iterator[str]:
    """Modules that a module imports: at its head, inside functions, and for types alone."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name in known)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            named = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from ((name if name in known else node.module) for name in named)


def circle(root: Path, rooms: list[str]) -> tuple[str, ...]:
    """A circle between modules, in order of their names; empty where there is none but those that stay."""
    known = modules(root, rooms)
    graph = {
        name: {each for each in imported(path, known) if each in known and each != name} for name, path in known.items()
    }
    for stays in STAY:
        graph[stays[0]] -= set(stays)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        return tuple(sorted(set(error.args[1])))
    return ()


def test_no_module_imports_one_that_imports_it_back() -> None:
    assert circle(ROOT, ROOMS) == ()


@pytest.mark.parametrize(
    "back",
    [
        "import room.first",
        "from room.first import value",
        "from room import first",
        "def late():\n    from room.first import value",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from room.first import value",
    ],
)
def test_a_circle_is_found_however_it_is_written(tmp_path: Path, back: str) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("")
    (tmp_path / "room" / "first.py").write_text("from room.between import other\nvalue = 1\n")
    (tmp_path / "room" / "between.py").write_text("from room.last import other\n")
    (tmp_path / "room" / "last.py").write_text(f"{back}\nother = 1\n")

    assert circle(tmp_path, ["room"]) == ("room.between", "room.first", "room.last")


def test_a_package_that_gathers_its_modules_is_no_circle(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "room" / "__init__.py").write_text("from room.one import value\n")
    (tmp_path / "room" / "one.py").write_text("from room import two\nvalue = 1\n")
    (tmp_path / "room" / "two.py").write_text("")

    assert circle(tmp_path, ["room"]) == ()


def test_a_module_that_is_run_begins_its_work_after_its_last_definition() -> None:
    statements = {path: ast.parse(path.read_text(encoding="utf-8")).body for path in modules(ROOT, ROOMS).values()}
    run = {path: [is_run(each) for each in body] for path, body in statements.items() if any(map(is_run, body))}

    assert run
    assert [str(path.relative_to(ROOT)) for path, begins in run.items() if any(begins[:-1])] == []


def is_run(statement: ast.stmt) -> bool:
    """Tell whether a statement holds what happens where its module is run."""
    return isinstance(statement, ast.If) and ast.unparse(statement.test) == "__name__ == '__main__'"
