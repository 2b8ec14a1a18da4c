"""Tests that need torch are deselected and counted where it is missing, and fail under CI."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from tests import everything, left_out, passes

FILES = {
    "conftest.py": """
        import pytest
        from tests import left_out
        from tests.left_out import pytest_pycollect_makemodule, pytest_runtest_makereport

        def pytest_configure(config):
            for mark in ("engine", "torch", "slow"):
                config.addinivalue_line("markers", mark)

        def pytest_collection_modifyitems(config, items):
            left_out.deselect_what_needs_torch(config, items)
        """,
    # The name of a submodule is told by the import system, not that of torch itself.
    "test_unread.py": """
        import pytest
        from torch.nn import functional

        @pytest.mark.slow
        def test_one(): ...

        class TestTwo:
            @pytest.mark.parametrize("number", [1, 2])
            def test_two(self, number): ...
        """,
    "test_read.py": """
        import pytest

        def test_three(): ...

        @pytest.mark.engine
        def test_four(): raise AssertionError

        @pytest.mark.torch
        def test_five(): raise AssertionError
        """,
    # Imports from a file whose import broke off halfway.
    "test_under.py": """
        from test_unread import functional

        def test_six(): ...
        """,
    "test_unlike.py": "import no_such_module_at_all",
    "product.py": """
        def page():
            import torch
        """,
    "test_late.py": """
        import pytest
        import product

        @pytest.fixture(scope="session")
        def tensor():
            import torch

        def test_seven(tensor): ...

        def test_eight():
            from torch.nn import functional

        def test_nine(): ...
        """,
    "test_page.py": """
        import product

        def test_ten():
            product.page()
        """,
    # Stands in for an environment without it: an import fails as if it were not installed, and a search says so.
    "no_torch.py": "import sys; sys.modules['torch'] = None",
}


def run(folder: Path, *files: str, ci: bool = False) -> subprocess.CompletedProcess[str]:
    for name, text in FILES.items():
        lines = text.splitlines()
        (folder / name).write_text("\n".join(line[8:] if line.startswith(" " * 8) else line for line in lines))
    (folder / "pytest.ini").write_text("[pytest]\n")
    options = ("-q", "-p", "no:django", "-p", "no:cacheprovider", "-p", "no_torch", "-c", str(folder / "pytest.ini"))
    environment = {name: value for name, value in os.environ.items() if name not in ("CI", "TEST_REPORT")}
    environment |= {"PYTHONPATH": f"{folder}:{passes.ROOT}", "TEST_REPORT": str(folder / "sqlite")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", *options, *(str(folder / name) for name in files)],
        cwd=folder, env=environment | ({"CI": "true"} if ci else {}), capture_output=True, text=True,
    )  # fmt: skip


def test_what_needs_torch_is_deselected_and_counted_where_it_is_missing(tmp_path: Path) -> None:
    done = run(tmp_path, "test_unread.py", "test_under.py", "test_read.py")

    assert done.returncode == 0, done.stdout
    assert "1 passed, 5 deselected" in done.stdout
    assert list(everything.left_out(tmp_path)) == [
        "5 tests that need torch were left out: it is not installed here (make torch)."
    ]


def test_what_imports_torch_as_it_runs_is_skipped_and_counted_but_a_page_that_does_is_a_fault(tmp_path: Path) -> None:
    done = run(tmp_path, "test_late.py", "test_page.py")

    assert "1 failed, 1 passed, 2 skipped" in done.stdout, done.stdout
    assert "FAILED test_page.py::test_ten" in done.stdout
    assert list(everything.left_out(tmp_path)) == [
        "2 tests that need torch were left out: it is not installed here (make torch)."
    ]


@pytest.mark.slow
def test_another_module_that_is_missing_is_a_failure(tmp_path: Path) -> None:
    done = run(tmp_path, "test_unlike.py")

    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert "No module named 'no_such_module_at_all'" in done.stdout


def test_under_ci_a_missing_torch_is_a_failure(tmp_path: Path) -> None:
    late = run(tmp_path, "test_late.py", ci=True)
    done = run(tmp_path, "test_unread.py", "test_read.py", ci=True)

    assert "1 failed, 1 passed, 1 error" in late.stdout

    assert done.returncode == pytest.ExitCode.INTERRUPTED
    assert "1 error" in done.stdout
    assert not list(everything.left_out(tmp_path))


def test_each_module_that_the_extra_training_brings_is_missed_with_torch() -> None:
    project = tomllib.loads((left_out.ROOT / "pyproject.toml").read_text())["project"]
    training = names_of(project["optional-dependencies"]["training"]) - names_of(project["dependencies"])
    modules = {name for name, of in packages_distributions().items() if {plain(each) for each in of} & training}

    assert modules - left_out.LIBRARIES <= {"functorch", "torchgen"}  # Torch's own, which nothing here imports.


def names_of(requirements: list[str]) -> set[str]:
    """Return the names of packages that requirements ask for."""
    return {plain(re.split(r"[\[<>=;]", each)[0]) for each in requirements}


def plain(name: str) -> str:
    """Return a package's name as its index compares it."""
    return name.strip().lower().replace("_", "-")
