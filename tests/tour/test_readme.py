"""README's commands work as they stand; `make test` itself, which runs this, is the one exception."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tour.conftest import ROOT, Stack, a_frozen_version, a_miniature

README = (ROOT / "README.md").read_text()
BLOCKS = [block.strip() for block in re.findall(r"```sh\n(.*?)```", README, re.DOTALL)]
ANSWERS_WITHIN_S = 600

pytestmark = [pytest.mark.slow, pytest.mark.alone, pytest.mark.engine, pytest.mark.timeout(1800)]


def test_the_two_commands_are_there_and_make_knows_them() -> None:
    assert BLOCKS[:2] == ["make run", "make test"]
    for target in re.findall(r"`make ([a-z-]+)", README):
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def test_commands_over_rest_answer(stack: Stack) -> None:
    miniature = serve_a_miniature(stack)
    script = "\n".join(BLOCKS[2:]).replace("http://127.0.0.1:8000", stack.url.rstrip("/"))

    answers = subprocess.run(
        ["sh", "-ec", script], cwd=stack.var.parent, capture_output=True, text=True, check=True
    ).stdout
    # Other tours begin with none that is served.
    stack.post(f"miniatures/{miniature}/demote/")

    written, imported, listed = (
        next(answer for answer in documents(answers) if key in answer) for key in ("choices", "rows_added", "previous")
    )
    assert written["choices"][0]["message"]["content"].strip()
    assert imported["rows_added"] == 1
    assert "outreach-e-mail" in [task["slug"] for task in listed["results"]]
    assert answers.count('"next"') == 2


def serve_a_miniature(stack: Stack) -> str:
    """Have a miniature answer for its task; returns its id."""
    miniature = a_miniature(stack)
    stack.post(f"miniatures/{miniature['id']}/promote/")
    question = {"model": "outreach-e-mail", "messages": [{"role": "user", "content": "Hello"}], "max_tokens": 1}
    request = urllib.request.Request(
        f"{stack.url}v1/chat/completions",
        data=json.dumps(question).encode(),
        headers={"Authorization": f"Bearer {stack.token}", "Content-Type": "application/json"},
    )
    deadline = time.monotonic() + ANSWERS_WITHIN_S
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(request, timeout=90):
                return str(miniature["id"])
        except urllib.error.HTTPError as refusal:
            if refusal.code != 503:
                raise
        time.sleep(0.5)
    raise AssertionError("The miniature does not answer.")


def documents(text: str) -> Iterator[dict[str, Any]]:
    """JSON documents that stand one behind the other."""
    while text := text.lstrip():
        document, end = json.JSONDecoder().raw_decode(text)
        yield document
        text = text[end:]


def test_the_python_snippet_loads_a_frozen_version(stack: Stack, tmp_path: Path) -> None:
    version = a_frozen_version(stack)
    (snippet,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    script = f"version, token = {version['id']!r}, {stack.token!r}\n{snippet}print(sorted(data), len(data['train']))"

    answer = subprocess.run(
        [sys.executable, "-c", script.replace("http://127.0.0.1:8000", stack.url.rstrip("/"))],
        env={**os.environ, "HF_HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout

    counts = {file["split"]: file["rows"] for file in version["files"] if file["format"] == "sft"}
    assert answer.split("\n")[-2] == f"['test', 'train', 'validation'] {counts['train']}"


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


def test_static_files_carry_a_hash_and_are_packed_by_nobody(stack: Stack) -> None:
    names = {path.name for path in (stack.var / "static").rglob("*")}

    assert [name for name in names if re.fullmatch(r"favicon\.[0-9a-f]{12}\.svg", name)]
    assert not [name for name in names if name.endswith((".gz", ".br"))]
