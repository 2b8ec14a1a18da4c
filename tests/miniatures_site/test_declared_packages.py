"""What the rooms import, pyproject.toml declares: an install has no other environment to borrow a package from."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterable, Iterator
from importlib.metadata import packages_distributions
from itertools import chain
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
# Extras of the checkout alone: nobody who installs the wheel has them.
OF_THE_CHECKOUT = {"dev", "bench"}
# What a declared package pins to one version itself, or is declared to bring: django-storages[s3].
BROUGHT = {"pydantic": {"pydantic-core"}, "django-storages": {"boto3", "botocore"}}
# Of extras that a checkout for tests need not have: distributions by the name that is imported.
NOT_HERE = {"pynvml": ["nvidia-ml-py"], "mlflow": ["mlflow-skinny"], "bitsandbytes": ["bitsandbytes"]}
# Read by no process of ours, but by the named package's own, from a folder that is put on its path.
ITS_OWN = {Path("serving/backends/vllm/in_vllm"): "vllm"}
HELD = {**NOT_HERE, **packages_distributions()}


def declared() -> set[str]:
    """The distributions that an install with every extra of the product asks for by name."""
    extras = [lines for name, lines in PROJECT["optional-dependencies"].items() if name not in OF_THE_CHECKOUT]
    names = {normal(re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0]) for line in chain(PROJECT["dependencies"], *extras)}
    return names.union(*(BROUGHT[name] for name in names & set(BROUGHT)))


def normal(name: str) -> str:
    """A distribution's name as an index has it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def rooms() -> list[str]:
    """The packages that go into the wheel, by the script that builds it."""
    tree = ast.parse((ROOT / "setup.py").read_text())
    [value] = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        and [target.id for target in node.targets if isinstance(target, ast.Name)] == ["ROOMS"]
    ]
    return ["miniatures", *ast.literal_eval(value)]


def statements(nodes: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """Every statement that runs, however deep; what stands under TYPE_CHECKING does not."""
    for node in nodes:
        yield node
        is_for_types = isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for part in ("orelse",) if is_for_types else ("body", "handlers", "orelse", "finalbody", "cases"):
            below = getattr(node, part, ())
            yield from statements(below if isinstance(below, list) else ())


def imported(source: str) -> set[str]:
    """The top-level names that a module imports anywhere in it."""
    nodes = list(statements(ast.parse(source).body))
    plain = {alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names}
    from_ = {node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module and not node.level}
    return {name.split(".")[0] for name in plain | from_}


def undeclared(source: str, *, ours: set[str], may: set[str]) -> set[str]:
    """The imports of a module that belong to no declared distribution."""
    others = imported(source) - ours - set(sys.stdlib_module_names)
    return {name for name in others if not {normal(each) for each in HELD.get(name, [])} & may}


@pytest.mark.slow
def test_every_import_of_the_product_belongs_to_a_declared_distribution() -> None:
    ours, may = set(rooms()), declared()
    files = [path for room in rooms() for path in sorted((ROOT / room).rglob("*.py"))]

    found = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in files
        for name in undeclared(path.read_text(), ours=ours, may=may)
        if name != ITS_OWN.get(path.relative_to(ROOT).parent)
    }

    assert len(files) > 500
    assert found == set()


def test_an_import_that_only_tests_have_is_seen() -> None:
    source = (
        "import os\nfrom django import http\n\ndef later():\n    try:\n        import scipy.stats\n    finally:\n"
        "        pass\n"
    )

    assert undeclared(source, ours=set(), may=declared()) == {"scipy"}


def test_the_check_of_advisories_finds_its_tool_in_the_checkout() -> None:
    advisories = (ROOT / ".ci" / "advisories.py").read_text()
    [tool] = re.findall(r'^TOOL = "(.+)"$', advisories, re.MULTILINE)

    assert tool in PROJECT["optional-dependencies"]["dev"]
