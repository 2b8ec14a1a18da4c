"""Tests that do not run for want of something outside the project: deselected or skipped, and counted in the summary.

Three wants: a folder of outside data (`SHARED_DATA_DIR`), a server of the field, and torch with what the extra
`training` brings beside it. A test needs torch when it bears the mark `torch`, or `engine` in a room whose engines need
it, or when its file cannot be imported without. A test that begins such an import only as it runs, itself or in a
fixture, is skipped there. Under CI=true a missing torch stays a failure. Counted by `tests/everything.py`. Does not
know Django.
"""

from __future__ import annotations

import ast
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import pytest

OUTSIDE_DATA, TORCH, VLLM, LLAMA, CONVERTER = "outside-data", "torch", "vllm", "llama", "converter"
ROOT = Path(__file__).parents[1]
REASONS = {
    OUTSIDE_DATA: "{} tests of outside data were deselected: SHARED_DATA_DIR names no folder.",
    VLLM: "{} tests of vLLM were deselected: it is not installed here (make vllm, or VLLM_PYTHON).",
    LLAMA: "{} tests of llama.cpp were deselected: it is not installed here (make llama, or LLAMA_SERVER).",
    CONVERTER: "{} tests of llama.cpp's converter were deselected: LLAMA_CONVERTER names none.",
    TORCH: "{} tests that need torch were left out: it is not installed here (make torch).",
}
# Modules of the extra `training`; it is installed whole or not at all.
LIBRARIES = frozenset(
    {"torch", "transformers", "tokenizers", "peft", "accelerate", "safetensors", "sacrebleu", "rouge_score",
        "jinja2", "llguidance", "gguf", "psutil"}
    | {"trl"}  # of the extra `bench`, which needs torch too
)  # fmt: skip
# Engines of these rooms ask teachers, read pages or send rows: their marks say nothing of torch.
ROOMS_WITHOUT_TORCH = ("generation", "jobs", "review")


@cache
def torch_is_missing() -> bool:
    """Return whether tests that need torch are to be left out; looked up once, for some tests take it away."""
    return os.environ.get("CI") != "true" and find_spec("torch") is None


def where_torch_is() -> AbstractContextManager[None]:
    """Return what a `conftest.py` imports helpers under that need torch: where it is missing, no test asks for them."""
    return suppress(ModuleNotFoundError) if torch_is_missing() else nullcontext()


def pytest_pycollect_makemodule(module_path: Path, parent: pytest.Collector) -> pytest.Module | None:
    """Collect the tests of a file that cannot be imported without torch, to be counted."""
    return FileWithoutTorch.from_parent(parent, path=module_path) if torch_is_missing() else None


class FileWithoutTorch(pytest.Module):
    """A file of tests where torch is missing."""

    def collect(self) -> Iterator[pytest.Item | pytest.Collector]:
        try:
            yield from super().collect()
        except self.CollectError as error:
            if not lacks_torch(error):
                raise
            # Another file that imports from this one would find its first half.
            forget(self.path)
            yield from self.unread()

    def unread(self) -> Iterator[pytest.Item]:
        """Yield a test for each function of the file, with the marks written at it."""
        tree = ast.parse(self.path.read_text())
        of_all = marks(
            *(
                node
                for node in tree.body
                if isinstance(node, ast.Assign) and "pytestmark" in ast.unparse(node.targets[0])
            )
        )
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
                item = UnreadTest.from_parent(self, name=node.name)
                for name in (*of_all, *marks(*node.decorator_list), TORCH):
                    item.add_marker(name)
                yield item


class UnreadTest(pytest.Item):
    """A test of a file that could not be imported; it is deselected."""

    def runtest(self) -> None:
        raise AssertionError("It needs torch.")


def lacks_torch(error: BaseException) -> bool:
    """Return whether a module of torch's family was missing."""
    return is_of_torch(error.__cause__)


def is_of_torch(error: BaseException | None) -> bool:
    """Return whether an error says that a module of torch's family is missing."""
    return isinstance(error, ModuleNotFoundError) and (error.name or "").partition(".")[0] in LIBRARIES


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """Skip and count a test which, as it ran, imported something that needs torch where it is missing."""
    error = call.excinfo.value if call.excinfo else None
    if error and torch_is_missing() and is_of_torch(error) and is_begun_by_tests(error, item.config.rootpath):
        note(f"{TORCH}.left-out", [f"{item.session.items.index(item):06} {item.nodeid}"])
        left_out = pytest.skip.Exception("It needs torch.").with_traceback(error.__traceback__)
        call.excinfo = pytest.ExceptionInfo.from_exception(left_out)
    return (yield)


def is_begun_by_tests(error: BaseException, root: Path) -> bool:
    """Return whether a test or an engine began an import that failed; where a page or a worker did, that is a fault."""
    frames = traceback.extract_tb(error.__traceback__)
    files = [frame.filename for frame in frames if frame.name != "<module>" and "importlib" not in frame.filename]
    path = Path(os.path.relpath(files[-1], root)) if files else Path()
    return path.name.startswith(("test_", "conftest")) or not {"tests", "engine"}.isdisjoint(path.parts)


def forget(path: Path) -> None:
    """Take the module of a file out of those imported: what imports from it then fails as it did."""
    for name in [name for name, module in sys.modules.items() if getattr(module, "__file__", None) == str(path)]:
        del sys.modules[name]


def marks(*nodes: ast.AST) -> list[str]:
    """Return the names of pytest's marks in pieces of code, without those of parameters."""
    attributes = [each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Attribute)]
    names = [each.attr for each in attributes if isinstance(each.value, ast.Attribute) and each.value.attr == "mark"]
    return [name for name in names if name != "parametrize"]


def deselect_outside_data(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of outside data when no folder is named; a named folder that is absent is an error."""
    folder = os.environ.get("SHARED_DATA_DIR")
    if not folder:
        leave_out(config, items, OUTSIDE_DATA, lambda item: item.get_closest_marker("outside_data") is not None)
    elif not Path(folder).is_dir():
        raise pytest.UsageError(f"SHARED_DATA_DIR is '{folder}', which is no folder.")


def vllm_python() -> str:
    """Return the Python that has vLLM; empty where there is none."""
    path = os.environ.get("VLLM_PYTHON") or str(ROOT / ".vllm" / "bin" / "python")
    return path if Path(path).exists() else ""


def llama_server() -> str:
    """Return the path of llama.cpp's server; empty where there is none."""
    named = os.environ.get("LLAMA_SERVER") or shutil.which("llama-server")
    built = [str(path) for path in ROOT.glob(".llama/lib/python*/site-packages/*/bin/llama-server")]
    return next((path for path in [named, *built] if path and Path(path).exists()), "")


def llama_converter() -> str:
    """Return the path of llama.cpp's converter or its folder; empty where none is named."""
    path = os.environ.get("LLAMA_CONVERTER", "")
    return path if path and Path(path).exists() else ""


def deselect_servers_of_the_field(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests of servers that are not installed."""
    if not vllm_python():
        leave_out(config, items, VLLM, lambda item: item.get_closest_marker("vllm") is not None)
    if not llama_server():
        leave_out(config, items, LLAMA, lambda item: item.get_closest_marker("llama") is not None)
    if not llama_converter():
        leave_out(config, items, CONVERTER, needs_converter)


def needs_converter(item: pytest.Item) -> bool:
    """Return whether a test's mark `llama` names the converter."""
    mark = item.get_closest_marker("llama")
    return mark is not None and CONVERTER in mark.args


def deselect_what_needs_torch(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect tests that need torch where it is missing."""
    if torch_is_missing():
        leave_out(config, items, TORCH, needs_torch)


def needs_torch(item: pytest.Item) -> bool:
    """Return whether a test bears the mark of torch, or of an engine that needs it."""
    room = item.path.as_posix().partition("/tests/")[2].partition("/")[0]
    is_marked = item.get_closest_marker("engine") is not None and room not in ROOMS_WITHOUT_TORCH
    return is_marked or item.get_closest_marker("torch") is not None


def leave_out(
    config: pytest.Config, items: list[pytest.Item], reason: str, is_meant: Callable[[pytest.Item], bool]
) -> None:
    """Deselect the tests that a reason is meant for, and note them for the summary."""
    away = [item for item in items if is_meant(item)]
    keep(config, items, [item for item in items if item not in set(away)])
    note(f"{reason}.left-out", [f"{number:06} {item.nodeid}" for number, item in enumerate(away)])


def keep(config: pytest.Config, items: list[pytest.Item], wanted: list[pytest.Item]) -> None:
    """Deselect all others."""
    chosen = set(wanted)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = wanted


def note(kind: str, lines: list[str]) -> None:
    """Note tests of a kind, each with its place in the order of collection,
    for the summary of `tests/everything.py`.
    """
    if report := os.environ.get("TEST_REPORT"):
        with Path(f"{report}.{kind}").open("a") as file:
            file.writelines(f"{line}\n" for line in lines)
