"""Memory that runs out in the middle of a run: smaller batches, the same steps."""

from __future__ import annotations

import pytest
import torch
from safetensors.torch import load_file

from training.engine.memory import oom
from training.engine.objectives.sft import Sft

pytestmark = pytest.mark.engine


@pytest.fixture
def device_that_holds(monkeypatch):
    """A device whose memory takes so many rows of a batch that is to be gone back through."""
    plain = Sft.loss

    def hold(rows):
        def loss(self, network, items):
            found = plain(self, network, items)
            if torch.is_grad_enabled() and len(items) > rows:
                raise torch.OutOfMemoryError(f"no room for {len(items)} rows")
            return found

        monkeypatch.setattr(Sft, "loss", loss)

    return hold


def adapter(run_dir):
    return load_file(run_dir / "adapter" / "adapter_model.safetensors")


@pytest.mark.slow
@pytest.mark.parametrize("packing", ["off", "on"])
def test_a_run_short_of_memory_ends_where_one_with_enough_ends(
    student, lay_run, tune, result, events, device_that_holds, packing
):
    recipe = {"batch_size": 8, "epochs": 3, "packing": packing, "learning_rate": 1e-3}
    ample, short = (lay_run(name, student(), recipe=recipe) for name in ("ample", "short"))
    tune(ample)
    device_that_holds(2)

    status = tune(short)

    assert status == 0
    assert result(short)["summary"]["steps"] == result(ample)["summary"]["steps"]
    assert result(short)["summary"]["validation_loss"] == pytest.approx(
        result(ample)["summary"]["validation_loss"], abs=1e-3
    )
    told = [event["message"] for event in events(short, "log") if "memory ran out" in event["message"]]
    assert [message.split("; ")[1].split(" at most")[0] for message in told] == [
        "batches have 4 rows",
        "batches have 2 rows",
    ]
    assert [event["micro_batch"] for event in events(short, "metric") if "micro_batch" in event] == [4, 2]
    plain, halved = adapter(ample), adapter(short)
    assert all(torch.allclose(plain[name], halved[name], atol=2e-3) for name in plain)


@pytest.mark.slow
def test_a_resumed_run_keeps_the_smaller_batches(student, lay_run, tune, events, result, device_that_holds):
    recipe = {"batch_size": 4, "epochs": 4, "packing": "off", "checkpoint_every_steps": 2}
    first = lay_run("first", student(), recipe=recipe)
    device_that_holds(2)
    tune(first)
    newest = max((first / "checkpoints").iterdir())
    for name in newest.iterdir():
        name.unlink()
    resumed = lay_run("resumed", student(), recipe=recipe, resume_from=first)

    status = tune(resumed)

    assert status == 0
    summary = result(resumed)["summary"]
    # It had steps to do, and would have run out again in batches of four.
    assert 0 < summary["resumed_from_step"] < summary["steps"]
    assert not [event for event in events(resumed, "log") if "memory ran out" in event["message"]]


@pytest.mark.slow
def test_a_row_that_does_not_fit_alone_ends_the_run_with_a_way_out(student, lay_run, tune, result, device_that_holds):
    run = lay_run("hopeless", student(), recipe={"batch_size": 4})
    device_that_holds(0)

    status = tune(run)

    assert status == 1
    assert result(run)["error"]["code"] == "out_of_memory"
    assert "in batches of 1" in result(run)["error"]["message"]
    assert "gradient checkpointing" in result(run)["error"]["hint"]


@pytest.mark.parametrize("halvings", [0, 1, 2, 5])
def test_halved_batches_hold_every_row_once(halvings):
    batches = [list(range(7)), list(range(7, 10)), [10]]

    parts = oom.split_batches(batches, halvings)

    assert sorted(row for part in parts for row in part) == list(range(11))
    assert oom.widest(parts) == max(1, -(-7 // 2**halvings))


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (MemoryError(), True),
        (torch.OutOfMemoryError("CUDA out of memory"), True),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 8 bytes"), True),
        (RuntimeError("shapes cannot be multiplied"), False),
        (ValueError("can't allocate memory"), False),
    ],
)
def test_a_shortage_is_told_from_other_errors(error, is_one):
    assert oom.is_out_of_memory(error) is is_one


def test_what_torch_says_on_a_cpu_without_room_is_known_as_a_shortage():
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 60, dtype=torch.uint8)

    assert oom.is_out_of_memory(caught.value)


def test_a_shortage_while_weights_change_is_not_mended():
    with pytest.raises(oom.TrainError, match="while weights were changed"), oom.cannot_retry():
        raise torch.OutOfMemoryError("no room")
