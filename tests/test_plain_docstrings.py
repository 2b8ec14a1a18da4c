"""A docstring opens with a verb or a noun, and a parameter is a noun."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

from benchmarks.house.counts import NAMES, parameters

ROOT = Path(__file__).resolve().parent.parent
OPENERS = re.compile(r"(What|Whether|How|Of|Who|Whose|Whom|Which|Where|When|That|As|By|From|Those)\b")
DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def product_files() -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", "*.py"]
    paths = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    others = ("tests/", "benchmarks/")
    return [
        path for path in paths if not path.startswith(others) and "/migrations/" not in path and (ROOT / path).exists()
    ]


def test_docstrings_open_with_a_verb_or_a_noun() -> None:
    opened = [
        f"{path}:{getattr(node, 'lineno', 1)}: {docstring.splitlines()[0]}"
        for path in product_files()
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8")))
        if isinstance(node, DOCUMENTED) and OPENERS.match(docstring := ast.get_docstring(node) or "")
    ]

    assert opened == []


def test_parameters_are_nouns() -> None:
    named = [
        f"{path}: {name}"
        for path in product_files()
        for name in parameters(ast.parse((ROOT / path).read_text("utf-8")))
        if name in NAMES
    ]

    assert named == []
