"""The engine's page names every refusal there is, and none that is not."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import training.engine
from training.students import model_folder

ENGINE = Path(training.engine.__file__).parent
PAGE = ENGINE.parent.parent / "docs" / "training-engine.md"
# Said by the programs that write with a miniature or export it, not by a run.
OTHER_PROGRAMS = (ENGINE / "write.py", *(ENGINE / "export").glob("*.py"))
OF_WRITING = {"no_adapter", "no_base", "heads_unreadable"}
# What the engine passes on of the look at a student's folder that web hosts take as well.
FOLDER_CHECKS = (
    model_folder.require_model, model_folder._without_config, model_folder._without_weights, model_folder._config,
    model_folder._shapes, model_folder._require_weights_for,
)  # fmt: skip


def test_the_page_names_every_refusal_of_a_run():
    files = [file for file in ENGINE.rglob("*.py") if file not in OTHER_PROGRAMS]
    raised = {
        code for file in files for code in re.findall(r'(?:TrainError|RowRefusedError)\(\s*"(\w+)"', file.read_text())
    }
    raised |= {code for each in FOLDER_CHECKS for code in re.findall(r'_refusal\(\s*"(\w+)"', inspect.getsource(each))}
    section = PAGE.read_text().split("## Refusals")[1].split("##")[0]

    named = set(re.findall(r"`(\w+)`", section))

    assert raised - OF_WRITING == named
