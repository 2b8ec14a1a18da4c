"""A run on a student that can really be tuned, given away and trained by a process that reaches no database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from tests.nursery import SETTINGS, nursery
from tests.training.engine.conftest import SHAPE, make_tokenizer
from training.models import Student, TrainingRun
from training.runs import launch_run
from training.runs.portable import export_run
from training.runs.run_request import RunRequest
from training.students import registration

# Of an engine that hangs; one that imports everything on a busy machine takes minutes.
PATIENCE_S = 900


@pytest.fixture
def trainable(admin: Member, tmp_path: Path, settings: Any) -> Student:
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    settings.STUDENT_ROOTS = [tmp_path / "students"]
    folder = tmp_path / "students" / "tiny-llama"
    tokenizer = make_tokenizer()
    tokenizer.save_pretrained(folder)
    torch.manual_seed(7)
    shape = {**SHAPE, "max_position_embeddings": 4096}
    config = LlamaConfig(vocab_size=len(tokenizer), eos_token_id=1, pad_token_id=0, bos_token_id=None, **shape)
    LlamaForCausalLM(config).save_pretrained(folder)
    return registration.register_folder(path=str(folder), by=admin, name="Tiny llama", licence="Apache-2.0")


@pytest.fixture
def run(version: Any, trainable: Student, admin: Member) -> TrainingRun:
    few = {
        "epochs": 1,
        "rank": 4,
        "max_length": 4096,
        "sample_every_steps": 1000,
        "checkpoint_every_steps": 1,
        "batch_size": 4,
    }
    return launch_run.launch(
        RunRequest(dataset_version=version, student=trainable, device="cpu"), recipe="demo", by=admin, overrides=few
    )


def seen_there() -> dict[str, str]:
    """An environment in which nothing of this installation's settings can be seen."""
    return {"PATH": os.environ["PATH"], "PYTHONPATH": str(Path.cwd()), **SETTINGS}


@pytest.fixture
def train() -> Callable[[Path], int]:
    """`python -m training.engine .`, in a process that was forked."""

    def start(folder: Path) -> int:
        log = folder.with_suffix(".log")
        done = nursery().start("training.engine", ".", log=log, cwd=folder, environment=seen_there())
        status = done.wait(PATIENCE_S)
        assert status == 0, log.read_text()
        return status

    return start


def train_anew(folder: Path) -> None:
    """The same as a program that begins from nothing."""
    program = [sys.executable, "-m", "training.engine", "."]
    done = subprocess.run(
        program, cwd=folder, env=seen_there(), capture_output=True, text=True, check=False, timeout=PATIENCE_S
    )
    assert done.returncode == 0, done.stderr


OUTPUT = ("result.json", "events.jsonl", "adapter", "checkpoints", "best")


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one engine left, kept for the tests that look at what becomes of it."""
    return tmp_path_factory.mktemp("shelf")


@pytest.fixture
def trained(run: TrainingRun, tmp_path: Path, shelf: Path) -> Path:
    """The run's directory as it comes back from a machine of somebody else's, where it lay under another path."""
    export_run.export(run, tmp_path / "given")
    there = (tmp_path / "given").rename(tmp_path / "cluster")
    if not (shelf / "result.json").exists():
        train_anew(there)
        _copy(there, shelf)
    else:
        _copy(shelf, there)
    return there


def _copy(source: Path, target: Path) -> None:
    for name in OUTPUT:
        if (source / name).is_dir():
            shutil.copytree(source / name, target / name)
        elif (source / name).exists():
            shutil.copyfile(source / name, target / name)
