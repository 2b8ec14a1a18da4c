"""Signs of how easy the code is to live in, counted: `python -m benchmarks.house`, or `make bench NAME=house`.

Prints one JSON object. Product modules are all Python files of the rooms without tests and migrations. An importer is a
product module that imports another by name, at its top or inside a function; a package's own `__init__` counts as one.
They are signs, no targets: a number that makes the code worse is left alone. Knows no Django and runs nothing.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from statistics import quantiles

ROOT = Path(__file__).resolve().parent.parent
NO_ROOMS = frozenset({"tests", "benchmarks", "docs", "deploy", "manage.py"})
SMALL_LINES = 60
CROWDED = ("review", "generation", "training", "web")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def main() -> None:
    files = {name_of(path): (ROOT / path).read_text() for path in product_files()}
    trees = {name: ast.parse(text) for name, text in files.items()}
    importers = importers_of(trees)
    lines = {name: text.count("\n") for name, text in files.items()}
    small = [name for name, count in lines.items() if count < SMALL_LINES and len(importers[name]) == 1]
    lengths = [node.end_lineno - node.lineno + 1 for tree in trees.values() for node in functions(tree)]
    classes = Counter(node.name for tree in trees.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    words = re.findall(r"^\| \*\*(\w+)\*\* \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    figures = {
        "modules": len(files),
        "lines": sum(lines.values()),
        f"modules under {SMALL_LINES} lines with one importer": len(small),
        "loose modules": {room: loose(files, room) for room in CROWDED},
        "parameters of type Any": sum(takes_any(node) for tree in trees.values() for node in functions(tree)),
        "type: ignore": sum(text.count("# type: ignore") for text in files.values()),
        "fmt: skip": sum(text.count("# fmt: skip") for text in files.values()),
        "classes that share a word of the glossary": {word: classes[word] for word in words if classes[word] > 1},
        "names that two or more classes have": sum(1 for name, n in classes.items() if n > 1 and name != "Command"),
        "longest file": max(lines.values()),
        "function p90": quantiles(lengths, n=10)[-1],
    }
    print(json.dumps({"claim": "house", **figures}, indent=1))


def product_files() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = map(Path, listed.splitlines())
    return [path for path in paths if path.parts[0] not in NO_ROOMS and "migrations" not in path.parts]


def name_of(path: Path) -> str:
    return ".".join(path.with_suffix("").parts).removesuffix(".__init__")


def importers_of(trees: Mapping[str, ast.Module]) -> Mapping[str, set[str]]:
    """Modules by the modules that import them."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, tree in trees.items():
        for target in imported(tree, trees):
            if target != name:
                found[target].add(name)
    return found


def imported(tree: ast.Module, known: Mapping[str, ast.Module]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in known else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, FUNCTION))


def takes_any(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """How many of its parameters are plainly `Any`; `*args` and `**kwargs`, which frameworks ask for, are not counted."""
    given = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(isinstance(each.annotation, ast.Name) and each.annotation.id == "Any" for each in given)


def loose(files: Mapping[str, str], room: str) -> int:
    """Modules that lie at the top of a room beside its features."""
    packages = {name.rpartition(".")[0] for name in files}
    return sum(name.count(".") == 1 and name.startswith(f"{room}.") and name not in packages for name in files)


if __name__ == "__main__":
    main()
