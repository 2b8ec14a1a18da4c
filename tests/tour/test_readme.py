"""README's commands work as they stand; `make test` itself, which runs this, is the one exception."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from tests.tour.conftest import ROOT, Stack

README = (ROOT / "README.md").read_text()
SHELL = [line for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL) for line in block.strip().splitlines()]

pytestmark = [pytest.mark.browser, pytest.mark.engine, pytest.mark.timeout(600)]


def test_the_two_commands_are_there_and_make_knows_them() -> None:
    assert SHELL[:2] == ["make run", "make test"]
    for target in re.findall(r"`make ([a-z-]+)", README):
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_commands_over_rest_answer(stack: Stack) -> None:
    lines = [line for line in SHELL if not line.startswith("make ")]
    script = "\n".join(lines).replace("http://127.0.0.1:8000", stack.url.rstrip("/"))

    told = subprocess.run(
        ["sh", "-ec", script], cwd=stack.var.parent, capture_output=True, text=True, check=True
    ).stdout

    assert '"slug":"outreach-e-mail"' in told.replace(" ", "")
    assert told.count('"next"') == 2


def test_every_file_that_readme_names_is_there() -> None:
    links = {link for link in re.findall(r"\]\(([^)#:]+)\)", README) if not link.startswith("http")}

    missing = [link for link in sorted(links) if not (ROOT / link).exists()]

    assert links
    assert missing == []


def test_the_python_snippet_is_valid_python() -> None:
    for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL):
        compile(block, "README.md", "exec")


def test_a_second_start_is_healthy_within_seconds_and_keeps_the_data(stack: Stack, tmp_path: Path) -> None:
    """On a copy of the folder, while the first goes on: the clock is the wall's."""
    import shutil

    from tests.tour.conftest import free_port, start, stop

    copy = tmp_path / "var"
    shutil.copytree(stack.var, copy, ignore=shutil.ignore_patterns("run", "*.sock", "runs"))
    again = start(stack.var.parent, free_port(), other_var=copy)
    try:
        assert again.token == stack.token
        assert [task["slug"] for task in again.get("tasks/")["results"]]
    finally:
        stop(again)
    assert again.started_in_s < 60, "8 s on an idle machine; the rest is for a machine that runs tests"
