"""Every code with which an engine ends, or fails a call or a request, is explained in the documents."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from generation.engine.calls.parse import UNFINISHED
from generation.engine.clients import errors as provider_errors
from generation.engine.run import HINTS

ROOT = Path(__file__).resolve().parent.parent
# Each folder with all below it, but for those that have a page of their own.
PAGES = {
    "generation/engine": "docs/batches.md",
    "generation/engine/research": "docs/research.md",
    "training/engine": "docs/training-engine.md",
    "training/engine/export": "docs/checkpoints.md",
    "evaluation/engine": "docs/evaluation.md",
    "serving/engine": "docs/serving.md",
    "review/datasets/hub": "docs/exports.md",
}
# Where a code stands among the arguments of what refuses.
TAKES_CODE = {"TrainError": 0, "FailedAnswer": 0, "FetchError": 0, "CallError": 1, "RequestRefused": 1}
# Looked up by what a provider says, or by how an order's calls came out.
LOOKED_UP = {
    "generation/engine": {
        *(code for code, _ in provider_errors.CONFIGURATION.values()),
        *(code for _, code in provider_errors.REJECTED.values()),
        *(code for code, _ in UNFINISHED.values()),
        *HINTS,
    }
}


def modules(folder: str) -> list[Path]:
    """The modules of an engine and its sub-packages."""
    shared = [ROOT / "web/net/page_fetch.py"] if folder.endswith("/research") else []
    shared += [ROOT / "training/engine/process.py"] if folder.startswith(("training", "evaluation", "serving")) else []
    others = tuple(f"{other}/" for other in PAGES if other.startswith(f"{folder}/"))
    return shared + [
        path
        for path in sorted((ROOT / folder).rglob("*.py"))
        if not path.relative_to(ROOT).as_posix().startswith(others or "/")
    ]


@cache
def codes(folder: str) -> frozenset[str]:
    """Codes that stand as words in an engine's code, or in the tables it looks them up in."""
    trees = [ast.parse(path.read_text()) for path in modules(folder)]
    places = TAKES_CODE | {name: place for tree in trees for name, place in passing_on(tree)}
    constants = {name: word for tree in trees for name, word in constants_of(tree)}
    words = {word for tree in trees for word in words_given(tree, places, constants)}
    return frozenset(words | LOOKED_UP.get(folder, set()))


def passing_on(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Functions that take a `code`, and its place, not counting `self`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name != "__init__":
            names = [argument.arg for argument in node.args.args if argument.arg not in ("self", "cls")]
            if "code" in names:
                yield node.name, names.index("code")


def constants_of(tree: ast.Module) -> Iterator[tuple[str, str]]:
    """Words with a name at the top of a module."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield from ((target.id, node.value.value) for target in node.targets if isinstance(target, ast.Name))


def words_given(tree: ast.Module, places: dict[str, int], constants: dict[str, str]) -> Iterator[str]:
    """Words given to what refuses, under the key or the name `code`, or returned by a function named `_code`."""
    for node in ast.walk(tree):
        given: list[ast.expr | None] = []
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            given += [keyword.value for keyword in node.keywords if keyword.arg == "code"]
            given += node.args[places[name] : places[name] + 1] if name in places else []
        elif isinstance(node, ast.Assign) and any(getattr(target, "id", "") == "code" for target in node.targets):
            given.append(node.value)
        elif isinstance(node, ast.Dict):
            given += [
                value for key, value in zip(node.keys, node.values, strict=True) if getattr(key, "value", "") == "code"
            ]
        elif isinstance(node, ast.FunctionDef) and node.name == "_code":
            given += [part.value for part in ast.walk(node) if isinstance(part, ast.Return)]
        for part in (part for value in given for part in alternatives(value)):
            if isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value:
                yield part.value
            elif isinstance(part, ast.Name) and part.id in constants:
                yield constants[part.id]


def alternatives(value: ast.expr | None) -> Iterator[ast.expr]:
    """What an expression may come to: both sides of a condition and of an `or`."""
    if isinstance(value, ast.IfExp):
        yield from (part for side in (value.body, value.orelse) for part in alternatives(side))
    elif isinstance(value, ast.BoolOp):
        yield from (part for side in value.values for part in alternatives(side))
    elif value is not None:
        yield value


@pytest.mark.parametrize("folder", PAGES)
def test_the_page_of_an_engine_explains_its_refusals(folder):
    page = (ROOT / PAGES[folder]).read_text()

    missing = sorted(code for code in codes(folder) if f"`{code}`" not in page)

    assert codes(folder)
    assert missing == []


def test_codes_of_sub_packages_are_found():
    assert {"process_lost", "unreachable", "batch_refused", "answers_truncated"} <= codes("generation/engine")
    assert {"diverged", "device_lost", "student_unreadable"} <= codes("training/engine")
    assert {"gguf_unknown_family", "bad_spec"} <= codes("training/engine/export")
    assert {"model_too_large", "queue_full"} <= codes("serving/engine")
