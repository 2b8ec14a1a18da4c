"""Checkpoints: whole or not there, verified, pruned, never on a full disk."""

from __future__ import annotations

import random
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from tests.full_disks import room_for
from training.engine.checkpoints import checkpoint
from training.engine.contracts import TrainError
from training.engine.state import TrainState

pytestmark = pytest.mark.engine


def save(root, step, *, best=None, keep=2, fingerprint="f", extra=None, size=(3, 4)):
    weights = {"a": torch.full(size, float(step))}
    optimiser = {"adamw": {"state": {0: {"step": torch.tensor(float(step))}}, "param_groups": [{"lr": 0.1}]}}
    return checkpoint.save(
        root, state=TrainState(step=step), weights=weights, optimiser=optimiser, best=best,
        fingerprint=fingerprint, keep=keep, extra=extra,
    )  # fmt: skip


def test_what_is_saved_is_what_is_read(tmp_path):
    save(tmp_path, 7)

    saved, damaged = checkpoint.newest(tmp_path, fingerprint="f")

    assert damaged == []
    assert saved.state == TrainState(step=7)
    assert torch.equal(saved.weights["a"], torch.full((3, 4), 7.0))
    assert saved.optimiser["adamw"]["state"][0]["step"] == 7


def test_what_an_objective_keeps_comes_back_with_the_rest(tmp_path):
    save(tmp_path, 7, extra={"reference": {"row-1": torch.tensor([1.5, 2.5])}, "seen": 3})

    saved, _ = checkpoint.newest(tmp_path, fingerprint="f")

    assert saved.extra["seen"] == 3
    assert saved.extra["reference"]["row-1"].tolist() == [1.5, 2.5]


def test_only_the_newest_are_kept(tmp_path):
    for step in (1, 2, 3, 10):
        save(tmp_path, step)

    assert sorted(path.name for path in tmp_path.iterdir()) == ["step-00000003", "step-00000010"]


def test_a_damaged_checkpoint_takes_no_place_of_a_whole_one(tmp_path):
    for step in (10, 20, 30):
        save(tmp_path, step)
    (tmp_path / "step-00000030" / "weights.safetensors").write_bytes(b"torn")

    # The run went on from step 20, by hand in the same directory.
    assert save(tmp_path, 25, keep=1).is_dir()

    saved, damaged = checkpoint.newest(tmp_path, fingerprint="f")
    assert (saved.state.step, damaged) == (25, [])


@pytest.mark.parametrize("file", ["weights.safetensors", "optimiser.pt", "standing.json", "manifest.json"])
@pytest.mark.parametrize("damage", ["torn", "missing"])
def test_a_damaged_checkpoint_is_passed_over(tmp_path, file, damage):
    save(tmp_path, 1)
    path = save(tmp_path, 2) / file
    path.write_bytes(path.read_bytes()[:-1]) if damage == "torn" else path.unlink()

    saved, damaged = checkpoint.newest(tmp_path, fingerprint="f")

    assert saved.state.step == 1
    assert damaged == ["step-00000002"]


def test_a_draft_left_by_a_crash_is_no_checkpoint(tmp_path):
    save(tmp_path, 1)
    shutil.copytree(tmp_path / "step-00000001", tmp_path / ".step-00000002.draft")

    saved, damaged = checkpoint.newest(tmp_path, fingerprint="f")

    assert (saved.state.step, damaged) == (1, [])


def test_another_runs_checkpoint_is_refused(tmp_path):
    save(tmp_path, 1, fingerprint="other")

    with pytest.raises(TrainError, match="another recipe"):
        checkpoint.newest(tmp_path, fingerprint="f")


def test_the_best_weights_of_a_checkpoint_outlive_better_ones(tmp_path):
    best = tmp_path / "best" / "weights.safetensors"
    checkpoint.write_weights(best, {"a": torch.zeros(2)})
    saved = save(tmp_path / "checkpoints", 1, best=best)

    checkpoint.write_weights(best, {"a": torch.ones(2)})

    assert torch.equal(checkpoint.read_weights(saved / checkpoint.BEST)["a"], torch.zeros(2))
    assert checkpoint.newest(tmp_path / "checkpoints", fingerprint="f")[0].path == saved


def test_a_disk_nearly_full_is_refused_and_nothing_is_written(tmp_path, monkeypatch):
    save(tmp_path, 1)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=50))

    with pytest.raises(TrainError) as refused:
        save(tmp_path, 2)

    assert refused.value.code == "disk_full"
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]


# Of a checkpoint of 100 kB the weights, the optimiser's state or the texts are what does not fit any more.
@pytest.mark.parametrize("size", [50, 50_000, 101_000])
def test_a_disk_that_fills_up_while_saving_leaves_the_checkpoint_before(tmp_path, size):
    save(tmp_path, 1)

    with room_for(size), pytest.raises(TrainError) as refused:
        save(tmp_path, 2, size=(250, 100), extra={"kept": torch.zeros(30_000)})

    assert refused.value.code == "disk_full"
    assert "resume" in refused.value.hint
    assert [path.name for path in tmp_path.iterdir()] == ["step-00000001"]
    assert checkpoint.newest(tmp_path, fingerprint="f")[0].state.step == 1


def test_a_disk_that_fills_up_leaves_the_best_weights_before(tmp_path):
    best = tmp_path / "best" / "weights.safetensors"
    checkpoint.write_weights(best, {"a": torch.zeros(2)})

    with room_for(500), pytest.raises(TrainError):
        checkpoint.write_weights(best, {"a": torch.ones(10_000)})

    assert torch.equal(checkpoint.read_weights(best)["a"], torch.zeros(2))
    assert [path.name for path in best.parent.iterdir()] == [best.name]


def test_random_states_come_back(tmp_path):
    path = save(tmp_path, 1)
    expected = (random.random(), np.random.rand(), torch.rand(1).item())

    checkpoint.restore_random(path)

    assert (random.random(), np.random.rand(), torch.rand(1).item()) == expected
