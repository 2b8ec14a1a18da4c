"""The engine's page names every refusal there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

import training.engine

ENGINE = Path(training.engine.__file__).parent
PAGE = ENGINE.parent.parent / "docs" / "training-engine.md"
# Said by the programs that write with a miniature or export it, not by a run.
OTHER_PROGRAMS = (ENGINE / "write.py", *(ENGINE / "export").glob("*.py"))
OF_WRITING = {"no_adapter"}


def test_the_page_names_every_refusal_of_a_run():
    files = [file for file in ENGINE.rglob("*.py") if file not in OTHER_PROGRAMS]
    raised = {code for file in files for code in re.findall(r'TrainError\(\s*"(\w+)"', file.read_text())}
    section = PAGE.read_text().split("## Refusals")[1].split("##")[0]

    named = set(re.findall(r"`(\w+)`", section))

    assert raised - OF_WRITING == named
