"""Signs of how easy the code is to live in. They are no targets: a number that makes the code worse is left alone."""

from __future__ import annotations

import ast
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping
from statistics import quantiles
from typing import Any

from benchmarks.house.sources import ROOT, Module

SMALL_LINES = 60
CROWDED = ("review", "generation", "training", "web")
FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def of(modules: Collection[Module]) -> dict[str, Any]:
    """Count small modules with one importer, loose modules, types that say nothing, shared names, and greatest lengths.

    An importer is a product module that imports another by name, at its top or inside a function; a package's own
    `__init__` counts as one.
    """
    importers = importers_of(modules)
    sizes = {module.name: module.text.count("\n") for module in modules}
    nodes = [node for module in modules for node in ast.walk(module.tree)]
    functions = [node for node in nodes if isinstance(node, FUNCTION)]
    lengths = [(node.end_lineno or node.lineno) - node.lineno + 1 for node in functions]
    classes = Counter(node.name for node in nodes if isinstance(node, ast.ClassDef))
    words = re.findall(r"^\| \*\*(\w+)\*\* \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE)
    return {
        f"modules under {SMALL_LINES} lines with one importer": sum(
            size < SMALL_LINES and len(importers[name]) == 1 for name, size in sizes.items()
        ),
        "loose modules": {room: loose(sizes, room) for room in CROWDED},
        "parameters of type Any": sum(map(takes_any, functions)),
        "type: ignore": sum(module.text.count("# type: ignore") for module in modules),
        "fmt: skip": sum(module.text.count("# fmt: skip") for module in modules),
        "classes that share a word of the glossary": {word: classes[word] for word in words if classes[word] > 1},
        "names that two or more classes have": sum(n > 1 and name != "Command" for name, n in classes.items()),
        "longest file": max(sizes.values()),
        "function p90": quantiles(lengths, n=10)[-1],
    }


def importers_of(modules: Collection[Module]) -> Mapping[str, set[str]]:
    """Return the names of the modules that import each module."""
    names = {module.name for module in modules}
    importers: dict[str, set[str]] = defaultdict(set)
    for module in modules:
        for target in imported(module.tree, names):
            if target != module.name:
                importers[target].add(module.name)
    return importers


def imported(tree: ast.Module, names: Collection[str]) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                yield whole if whole in names else node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def takes_any(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count parameters that are plainly `Any`, without `*args` and `**kwargs`, which frameworks ask for."""
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
    return sum(isinstance(each.annotation, ast.Name) and each.annotation.id == "Any" for each in arguments)


def loose(names: Collection[str], room: str) -> int:
    """Count modules that lie at the top of a room beside its features."""
    packages = {name.rpartition(".")[0] for name in names}
    return sum(name.count(".") == 1 and name.startswith(f"{room}.") and name not in packages for name in names)
