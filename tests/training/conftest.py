"""Rows for tests of the training room: a frozen version of judged drafts, a student's folder, runs.

To freeze a version takes longer than most tests. A file whose tests are all ordinary ones asks for `shared_version`
by its `pytestmark`: its tests then share the version, its task and its admin, each as a fresh instance.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Record, Task
from review.states import Role, Split
from tests.fresh_rows import fresh
from tests.review import factories
from tests.review.datasets import golds
from tests.shared_rows import rolled_back
from tests.training.miniatures import conclude
from training.models import Miniature, Student, TrainingRun
from training.runs import launch_run
from training.runs.run_request import REQUEST_FIELDS, RunRequest
from training.students import registration


def freeze(task: Task, by: Member, *, train: int, validation: int, test: int = 2) -> DatasetVersion:
    """A frozen version with so many accepted drafts in each split."""
    parts = {Split.TRAIN: train, Split.VALIDATION: validation, Split.TEST: test}
    count = sum(parts.values())
    records = factories.make_records(factories.make_source(task), count)
    splits = [split for split, n in parts.items() for _ in range(n)]
    for record, split in zip(records, splits, strict=True):
        record.split = split
    Record.objects.bulk_update(records, ["split"])
    golds.make_drafts(task, records)
    golds.accept_all(by, task, count=count)
    return golds.sealed(freezing.freeze(freezing.create(task, name=f"Gold {train}", by=by), by=by))


def write_student(folder: Path, *, width: int = 8, layers: int = 2, **config: Any) -> Path:
    """A folder that looks like a model to whoever does not load it: config, tokenizer, one small weight file."""
    folder.mkdir(parents=True, exist_ok=True)
    body = {"model_type": "llama", "hidden_size": width, "num_hidden_layers": layers, "max_position_embeddings": 512,
            "intermediate_size": 2 * width, "num_attention_heads": 2, "num_key_value_heads": 2, "vocab_size": 32,
            "tie_word_embeddings": True, **config}  # fmt: skip
    (folder / "config.json").write_text(json.dumps(body))
    (folder / "tokenizer.json").write_text("{}")
    shapes = {"model.embed_tokens.weight": [32, width]}
    for layer in range(layers):
        shapes[f"model.layers.{layer}.self_attn.q_proj.weight"] = [width, width]
        shapes[f"model.layers.{layer}.mlp.up_proj.weight"] = [2 * width, width]
    header, offset = {}, 0
    for name, (rows, columns) in shapes.items():
        size = rows * columns * 4
        header[name] = {"dtype": "F32", "shape": [rows, columns], "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + bytes(offset))
    return folder


@pytest.fixture(scope="module")
def shared_admin(django_db_setup: None, django_db_blocker: Any) -> Iterator[Member]:
    with rolled_back(django_db_blocker):
        yield Member.objects.create(username="ada", is_superuser=True, is_staff=True)


@pytest.fixture(scope="module")
def shared_task(shared_admin: Member) -> Task:
    return factories.make_task(by=shared_admin)


@pytest.fixture(scope="module")
def shared_version(shared_task: Task, shared_admin: Member) -> DatasetVersion:
    return freeze(shared_task, shared_admin, train=10, validation=3)


@pytest.fixture
def admin(request: pytest.FixtureRequest, make_member: Callable[..., Member]) -> Member:
    return fresh(request, "shared_admin") or make_member("ada", admin=True)


@pytest.fixture
def task(request: pytest.FixtureRequest, admin: Member) -> Task:
    return fresh(request, "shared_task") or factories.make_task(by=admin)


@pytest.fixture
def lead(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("lea")
    factories.join(member, task, Role.LEAD)
    return member


@pytest.fixture
def viewer(task: Task, make_member: Callable[..., Member]) -> Member:
    member = make_member("vic")
    factories.join(member, task, Role.VIEWER)
    return member


@pytest.fixture
def version(request: pytest.FixtureRequest, task: Task, admin: Member) -> DatasetVersion:
    return fresh(request, "shared_version") or freeze(task, admin, train=10, validation=3)


@pytest.fixture
def student(admin: Member, tmp_path: Path, settings: Any) -> Student:
    settings.STUDENT_ROOTS = [tmp_path / "students"]
    folder = write_student(tmp_path / "students" / "tiny")
    return registration.register_folder(path=str(folder), by=admin, name="Tiny", licence="Apache-2.0")


@pytest.fixture
def launch(version: DatasetVersion, student: Student, admin: Member) -> Callable[..., TrainingRun]:
    def _launch(**order: Any) -> TrainingRun:
        request = {name: order.pop(name) for name in REQUEST_FIELDS if name in order}
        given = {"recipe": "demo", "by": admin, **order}
        return launch_run.launch(RunRequest(**{"dataset_version": version, "student": student, **request}), **given)

    return _launch


@pytest.fixture
def miniature(launch: Callable[..., TrainingRun], tmp_path: Path) -> Miniature:
    return conclude(launch(), tmp_path / "run")
