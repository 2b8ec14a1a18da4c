"""A host that loses its power again and again: nothing is trained twice, and the end is the same to the bit."""

from __future__ import annotations

import os
import random
import signal

import pytest
from safetensors.torch import load_file

from tests.nursery import nursery
from tests.training.engine.forgetful_disk import Disk

IN_FULL = os.environ.get("STRESS") == "1"
pytestmark = [pytest.mark.engine, pytest.mark.slow, pytest.mark.stress, pytest.mark.timeout(900)]
SAVE_EVERY = 3
# Eight steps an epoch and some 24 fsyncs, with a checkpoint every third step and better weights every eighth.
EPOCHS = 25 if IN_FULL else 8
RECIPE = {"epochs": EPOCHS, "dropout": 0.05, "eval_every_steps": 8, "checkpoint_every_steps": SAVE_EVERY}
FSYNCS = 21 * EPOCHS


def train_until_the_power_goes(run_dir, root, kept, *, cut_at, when):
    program = ("tests.training.engine.forgetful_disk", root, kept, cut_at, when, "training.engine", run_dir)
    return nursery().start(*program, log=root.parent / "engine.log").wait()


def newest_step(root):
    return max((int(path.name.removeprefix("step-")) for path in root.rglob("step-*")), default=0)


def test_a_run_that_loses_its_power_again_and_again_ends_bit_for_bit_where_the_uninterrupted_one_ends(
    student, lay_run, tune, result, tmp_path
):
    losses, chance = (20, random.Random(5)) if IN_FULL else (2, random.Random(2))
    straight = lay_run("straight", student(), recipe=RECIPE)
    tune(straight)
    root = tmp_path / "disk"
    root.mkdir()
    before, resumed_at = None, []

    for attempt in range(losses):
        cut_at, when = chance.randint(3, FSYNCS // losses), chance.choice(["before", "after", "later"])
        # Shown where the test fails.
        print(f"attempt {attempt}: the power goes {when} at fsync {cut_at}")
        run_dir = lay_run(f"disk/{attempt}", student(), recipe=RECIPE, resume_from=before)
        status = train_until_the_power_goes(run_dir, root, tmp_path / "kept", cut_at=cut_at, when=when)
        assert status == -signal.SIGKILL, (tmp_path / "engine.log").read_text()[-2000:]
        seen = newest_step(root)
        Disk(root, tmp_path / "kept").forget()
        resumed_at.append(newest_step(root))
        # What stood there whole for longer than one checkpoint takes is not lost.
        assert resumed_at[-1] >= seen - SAVE_EVERY
        before = run_dir
    last = lay_run("disk/last", student(), recipe=RECIPE, resume_from=before)
    tune(last)

    assert result(last)["summary"]["resumed_from_step"] == resumed_at[-1] > 0
    assert result(last)["summary"]["steps"] == 8 * EPOCHS
    ends = [load_file(run_dir / "adapter" / "adapter_model.safetensors") for run_dir in (straight, last)]
    assert ends[0].keys() == ends[1].keys()
    assert all(ends[0][name].equal(ends[1][name]) for name in ends[0])
    kept = ("train_loss", "validation_loss", "best_step", "tokens")
    assert [result(straight)["summary"][k] for k in kept] == [result(last)["summary"][k] for k in kept]


def test_the_disk_forgets_what_was_not_fsynced(tmp_path):
    root = tmp_path / "disk"
    (root / "old").mkdir(parents=True)
    (root / "old" / "kept").write_text("1")
    disk = Disk(root, tmp_path / "kept")
    disk.keep_all()

    (root / "old" / "kept").write_text("2")
    (root / "new").write_text("never synced")
    (root / "old" / "kept").rename(root / "moved")
    disk.forget()

    assert {str(p.relative_to(root)): p.read_text() for p in root.rglob("*") if p.is_file()} == {"old/kept": "1"}
