"""The glossary is kept: what it gave up names nothing in the code, and no address."""

from __future__ import annotations

import ast
import re
import subprocess
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

ROOT = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| \*\*(?P<word>\w+)\*\* \|.*\| (?P<given_up>[^|]+) \|$", re.MULTILINE)
RETIRED = sorted(
    {
        name
        for row in ROW.finditer((ROOT / "docs/glossary.md").read_text())
        for name in re.findall(r"`([\w-]+)`", row["given_up"])
    }
)


@cache
def trees() -> dict[Path, ast.Module]:
    """All code of ours but tests, by path."""
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [path for path in map(Path, listed.split()) if "tests" not in path.parts]
    return {path: ast.parse((ROOT / path).read_text()) for path in paths}


@cache
def identifiers() -> frozenset[str]:
    """Names of modules, classes, functions, and columns or attributes of classes, in all code of ours,
    and words of addresses.
    """
    names: set[str] = set()
    for path, tree in trees().items():
        names.add(path.stem)
        names.update(path.parent.parts)
        names.update(defined(tree))
    for route in routes(get_resolver().url_patterns):
        names.update(re.findall(r"[\w-]+", route))
    return frozenset(names)


def class_names(tree: ast.AST) -> Iterator[str]:
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))


def defined(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        if isinstance(node, ast.ClassDef):
            for part in node.body:
                if isinstance(part, ast.Assign | ast.AnnAssign):
                    targets = part.targets if isinstance(part, ast.Assign) else [part.target]
                    yield from (target.id for target in targets if isinstance(target, ast.Name))


def routes(patterns: list[URLPattern | URLResolver]) -> Iterator[str]:
    for pattern in patterns:
        yield str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns)


def test_the_glossary_gives_words_up():
    assert {"Candidate", "GenerationJob", "judgement"} <= set(RETIRED)


@pytest.mark.slow
@pytest.mark.parametrize("name", RETIRED)
def test_a_word_that_was_given_up_names_nothing(name):
    assert name not in identifiers()


@pytest.mark.parametrize("name", ["Draft", "Order", "Preference", "DraftView", "drafts", "orders"])
def test_the_words_kept_are_there(name):
    assert name in identifiers()


@pytest.mark.slow
def test_a_word_of_the_glossary_names_one_class():
    words = set(re.findall(r"^\| \*\*(\w+)\*\* \|", (ROOT / "docs/glossary.md").read_text(), re.MULTILINE))
    classes = Counter(name for tree in trees().values() for name in class_names(tree))

    assert {word: classes[word] for word in words if classes[word] > 1} == {}
