"""The exports train with TRL's trainers as they are: no column renamed, no row touched.

A few steps of the demo student.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from members.models import Member
from review.datasets import freezing
from review.models import DatasetVersion, Task
from tests.review.datasets import golds
from tests.review.exports.conftest import Freeze, data_of, frozen, rows_of
from tests.review.replay import defacto

pytestmark = [pytest.mark.django_db, pytest.mark.engine]
STUDENT = str(Path(__file__).parents[3] / "demo" / "student" / "weights")
Load = Callable[[str], Any]
COUNT = 24
# All 1,486 under `make stress`.
VERDICTS = None if os.environ.get("STRESS") == "1" else 30


@pytest.fixture
def version(task: Task, admin: Member, freeze: Freeze) -> DatasetVersion:
    golds.make_drafts(task, golds.make_records(task, COUNT))
    golds.decide_each(admin, task, [["accept", "edit", "reject"][index % 3] for index in range(COUNT)])
    return freeze()


@pytest.fixture
def load(version: DatasetVersion, tmp_path: Path) -> Load:
    return loader(version, tmp_path)


def loader(version: DatasetVersion, tmp_path: Path) -> Load:
    """The train split of a format, read by `datasets` from the file that is served."""
    from datasets import load_dataset

    def loaded(format_: str, container: str = "jsonl") -> Any:
        path = tmp_path / f"{format_}.{container}"
        path.write_bytes(data_of(version, "train", format_, container))
        reader = "json" if container == "jsonl" else "parquet"
        return load_dataset(reader, data_files=str(path), split="train", cache_dir=str(tmp_path / "cache"))

    return loaded


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return


def steps(tmp_path: Path) -> dict[str, Any]:
    return {
        "output_dir": str(tmp_path / "out"), "max_steps": 3, "per_device_train_batch_size": 4, "learning_rate": 1e-3,
        "report_to": "none", "save_strategy": "no", "use_cpu": True, "logging_steps": 1, "bf16": False, "seed": 1,
        "max_length": 512,
    }  # fmt: skip


def trained(trainer: Any, rows: Any) -> list[float]:
    """Losses of the steps; every weight must have been free to change."""
    assert trainer.train_dataset.num_rows == rows.num_rows
    trainer.train()
    return [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]


@pytest.mark.slow
@pytest.mark.parametrize("format_", ["sft", "messages"])
def test_sft_trains_with_the_sft_trainer(load: Load, tmp_path: Path, format_: str) -> None:
    from trl import SFTConfig, SFTTrainer

    rows = load(format_)
    losses = trained(SFTTrainer(STUDENT, args=SFTConfig(**steps(tmp_path)), train_dataset=rows), rows)

    assert len(losses) == 3
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_dpo_trains_with_the_dpo_trainer(load: Load, tmp_path: Path) -> None:
    from trl import DPOConfig, DPOTrainer

    rows = load("dpo")
    losses = trained(DPOTrainer(STUDENT, args=DPOConfig(**steps(tmp_path)), train_dataset=rows), rows)

    assert len(losses) == 3
    assert losses[-1] < losses[0]


@pytest.mark.slow
def test_kto_trains_with_the_kto_trainer(load: Load, tmp_path: Path) -> None:
    from trl import KTOConfig, KTOTrainer

    rows = load("kto")
    assert set(rows["label"]) == {True, False}
    losses = trained(KTOTrainer(STUDENT, args=KTOConfig(**steps(tmp_path)), train_dataset=rows), rows)

    assert len(losses) == 3
    assert all(0 < loss < 10 for loss in losses)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("format_", ["sft", "dpo", "kto", "messages"])
def test_parquet_loads_to_the_same_columns_and_rows_as_jsonl(load: Load, format_: str) -> None:
    lines, columns = load(format_), load(format_, "parquet")

    assert sorted(lines.column_names) == sorted(columns.column_names)
    assert [dict(sorted(row.items())) for row in lines] == [dict(sorted(row.items())) for row in columns]


@pytest.mark.outside_data
@pytest.mark.slow
@pytest.mark.stress
@pytest.mark.timeout(3600)
def test_real_experts_verdicts_train_with_all_three(
    outside_data: Path, admin: Member, make_member: Any, api_as: Any, tmp_path: Path
) -> None:
    from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer, SFTConfig, SFTTrainer

    task, _ = defacto.played(outside_data, admin=admin, make_member=make_member, api_as=api_as, limit=VERDICTS)
    version = frozen(freezing.create(task, name="Gold", by=admin), by=admin)
    changed = [row for row in rows_of(version, "raw") if row["decision"]["fields"] not in (None, row["draft"])]
    assert version.counts["pairs"] == {"edit": len(changed)}
    assert version.counts["labels"] == {"good": version.counts["rows"], "bad": len(changed)}

    load = loader(version, tmp_path)
    few = {**steps(tmp_path), "max_steps": 2, "per_device_train_batch_size": 2}
    for format_, trainer, config in (
        ("sft", SFTTrainer, SFTConfig), ("dpo", DPOTrainer, DPOConfig), ("kto", KTOTrainer, KTOConfig)
    ):  # fmt: skip
        # Articles longer than the student's context are left out by the trainer itself.
        made = trainer(STUDENT, args=config(**few), train_dataset=load(format_))
        made.train()
        assert made.state.global_step == 2
