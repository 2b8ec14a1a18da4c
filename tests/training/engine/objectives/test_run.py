"""Runs of preferences and of distillation through the engine, from a miniature of SFT to a miniature of its own."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from tests.training.engine.conftest import PAIRS, make_model, make_tokenizer
from training.engine.contracts import StudentRef
from training.engine.data import jsonl
from training.engine.data.completion_batch import collate_completions
from training.engine.data.sft_rows import TokenRow
from training.engine.loss.log_probs import log_probs
from training.engine.model import loading

pytestmark = pytest.mark.engine
QUICK = {"learning_rate": 5e-3, "epochs": 4, "batch_size": 4, "rank": 4, "alpha": 8}


def said(text: str) -> list[dict[str, str]]:
    return [{"role": "assistant", "content": text}]


def pair(number: int) -> dict[str, Any]:
    facts, better = PAIRS[number % 4]
    prompt = [{"role": "user", "content": f"{facts} {number}"}]
    worse = f"Dear reader {number}, we are excited to reach out."
    return {"id": f"pair-{number}", "prompt": prompt, "chosen": said(better), "rejected": said(worse), "meta": "{}"}


def verdict(number: int) -> dict[str, Any]:
    raw = pair(number)
    text = raw["chosen"] if number % 2 else raw["rejected"]
    return {"id": raw["id"], "prompt": raw["prompt"], "completion": text, "label": bool(number % 2), "meta": "{}"}


@pytest.fixture
def preference(lay_run: Callable[..., Path]) -> Callable[..., Path]:
    """A run that goes on from the artefact of another, on pairs or verdicts."""

    def make(name: str, student: Path, begun: Path, objective: str, *, method: str = "lora", **more: Any) -> Path:
        recipe = QUICK | {"objective": objective} | more.pop("recipe", {})
        run_dir = lay_run(name, student, recipe=recipe, start={"path": "start", "method": method}, **more)
        shutil.copytree(begun, run_dir / "start")
        row = pair if objective == "dpo" else verdict
        for split, numbers in (("train", range(16)), ("validation", range(16, 24))):
            (run_dir / f"{split}.jsonl").write_text("".join(json.dumps(row(n)) + "\n" for n in numbers))
        return run_dir

    return make


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where a run that several tests look at is kept, once it has ended; nobody writes there."""
    return tmp_path_factory.mktemp("ended")


@pytest.fixture
def once(shelf: Path, tmp_path: Path, tune: Callable[[Path], int]) -> Callable[..., Path]:
    """A run by its name: tuned by who asks first, a copy for each."""

    def make(name: str, lay_it: Callable[[], Path]) -> Path:
        if not (shelf / name).exists():
            run_dir = lay_it()
            assert tune(run_dir) == 0
            shutil.move(run_dir, shelf / name)
        return Path(shutil.copytree(shelf / name, tmp_path / name))

    return make


@pytest.fixture
def imitated(student: Callable[..., Path], lay_run: Callable[..., Path], once: Callable[..., Path]) -> Path:
    """The run directory of an SFT run that has ended."""
    return once("sft", lambda: lay_run("sft", student()))


@pytest.fixture
def preferred(student: Any, imitated: Path, preference: Any, once: Callable[..., Path]) -> Path:
    """The run directory of a run of DPO that has ended, with checkpoints."""
    recipe = {"checkpoint_every_steps": 3}
    return once("whole", lambda: preference("whole", student(), imitated / "adapter", "dpo", recipe=recipe))


def likelihoods(student: Path, adapter: Path | None, *, merge: bool = True) -> torch.Tensor:
    """What a student with an adapter says of eight pairs' texts."""
    base = loading.load(StudentRef(path=str(student)), dtype=torch.float32)
    model = loading.load_tuned(base, adapter, merge=merge) if adapter else base
    raws = [pair(n) for n in range(16, 24)]
    rows = [jsonl.encode(base.chat, "r", raw["prompt"], raw[kind]) for raw in raws for kind in ("chosen", "rejected")]
    return said_by(model, rows)


def said_by(student: loading.LoadedStudent, rows: list[TokenRow]) -> torch.Tensor:
    from training.engine.loss.supervised_head import Network, SupervisedHead

    network = Network(student.model, SupervisedHead(student.model), student.chat.pad, torch.device("cpu"), lambda _: {})
    with torch.no_grad():
        return log_probs(network, collate_completions([[row] for row in rows], student.chat.pad, share=False))


def margin(values: torch.Tensor) -> float:
    return float((values[0::2] - values[1::2]).mean())


@pytest.mark.slow
def test_dpo_on_a_miniature_prefers_what_was_preferred_and_leaves_one_adapter_over_the_base(
    student: Any, imitated: Path, preference: Any, tune: Any, events: Any, result: Any
) -> None:
    run_dir = preference("dpo", student(), imitated / "adapter", "dpo", recipe={"anchor": 1.0})

    assert tune(run_dir) == 0

    before = likelihoods(student(), imitated / "adapter")
    after = likelihoods(student(), run_dir / "adapter")
    assert margin(after) > margin(before) + 5
    summary = result(run_dir)["summary"]
    assert (summary["objective"], summary["artefact"], summary["rank"]) == ("dpo", "adapter", 4)
    # Reward is beta times the log-ratio: what the run reports is what the artefact does on the student's own weights.
    expected = 0.1 * (margin(after) - margin(before))
    assert summary["measures"]["reward_margin"] == pytest.approx(expected, abs=1e-3)
    assert summary["measures"]["accuracy"] == 1.0
    config = json.loads((run_dir / "adapter" / "adapter_config.json").read_text())
    assert (config["r"], config["lora_alpha"]) == (8, 8)
    metrics = events(run_dir, "metric")
    assert {"reward_margin", "accuracy", "logp_chosen", "logp_rejected"} <= metrics[-2].keys() | metrics[-1].keys()
    assert any("val_reward_margin" in each for each in metrics)


@pytest.mark.slow
def test_a_run_begins_exactly_at_its_reference(preferred: Path, events: Any) -> None:
    first = next(each for each in events(preferred, "metric") if "val_reward_margin" in each)
    assert first["step"] == 0
    assert first["val_reward_margin"] == pytest.approx(0.0, abs=1e-4)
    assert first["val_loss"] == pytest.approx(0.693147, abs=1e-4)


@pytest.mark.slow
def test_in_half_precision_the_miniature_stays_beside_the_fresh_adapter(
    student: Any, imitated: Path, preference: Any, start: Any, events: Any, result: Any
) -> None:
    run_dir = preference("dpo", student(), imitated / "adapter", "dpo", recipe={"dtype": "bf16"})

    # In a process of its own: accelerate keeps one precision for the life of a process.
    assert start(run_dir).wait(timeout=120) == 0

    first = next(each for each in events(run_dir, "metric") if "val_reward_margin" in each)
    assert first["val_reward_margin"] == pytest.approx(0.0, abs=1e-4)
    assert not (run_dir / "adapter" / "before").exists()
    assert (
        load_file(run_dir / "adapter" / "adapter_model.safetensors").keys()
        == load_file(imitated / "adapter" / "adapter_model.safetensors").keys()
    )
    assert all("before" not in file["path"] for file in result(run_dir)["artefacts"])
    assert (
        margin(likelihoods(student(), run_dir / "adapter")) > margin(likelihoods(student(), imitated / "adapter")) + 5
    )


@pytest.mark.slow
def test_a_stopped_run_ends_where_the_uninterrupted_one_does_and_asks_its_reference_once(
    student: Any, imitated: Path, preferred: Path, preference: Any, tune: Any, events: Any
) -> None:
    whole = preferred
    again = preference("again", student(), imitated / "adapter", "dpo", resume_from=whole,
                       recipe={"checkpoint_every_steps": 3})  # fmt: skip
    newest = sorted((whole / "checkpoints").iterdir())[-1]
    shutil.rmtree(newest)

    assert tune(again) == 0

    name = "adapter/adapter_model.safetensors"
    assert (again / name).read_bytes() == (whole / name).read_bytes()
    assert any("read from the attempt before" in each["message"] for each in events(again, "log"))
    assert any("resumed at step" in each["message"] for each in events(again, "log"))


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("objective", ["dpo", "kto"])
def test_all_weights_go_on_from_a_miniature_and_are_a_model_of_their_own(
    student: Any, imitated: Path, preference: Any, tune: Any, result: Any, objective: str
) -> None:
    run_dir = preference("full", student(), imitated / "adapter", objective, recipe={"method": "full"})

    assert tune(run_dir) == 0

    assert result(run_dir)["summary"]["artefact"] == "model"
    assert margin(likelihoods(run_dir / "model", None)) > margin(likelihoods(student(), imitated / "adapter")) + 5


@pytest.mark.slow
def test_whole_weights_are_gone_on_from_as_they_are(
    student: Any, lay_run: Any, preference: Any, tune: Any, result: Any
) -> None:
    begun = lay_run("sft-full", student(), recipe={"method": "full", "learning_rate": 1e-3})
    assert tune(begun) == 0
    run_dir = preference("dpo", student(), begun / "model", "dpo", method="full", recipe={"method": "full"})

    assert tune(run_dir) == 0

    assert margin(likelihoods(run_dir / "model", None)) > margin(likelihoods(begun / "model", None)) + 5


@pytest.mark.slow
def test_kto_learns_from_single_verdicts(
    student: Any, imitated: Path, preference: Any, tune: Any, result: Any, events: Any
) -> None:
    run_dir = preference("kto", student(), imitated / "adapter", "kto")

    assert tune(run_dir) == 0

    measures = result(run_dir)["summary"]["measures"]
    assert measures["reward_chosen"] > measures["reward_rejected"]
    assert measures["kl"] >= 0
    assert (
        margin(likelihoods(student(), run_dir / "adapter")) > margin(likelihoods(student(), imitated / "adapter")) + 2
    )


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("kl", ["forward", "reverse"])
def test_a_distilled_student_comes_nearer_to_its_teacher(
    student: Any, lay_run: Any, once: Any, tune: Any, result: Any, events: Any, kl: str
) -> None:
    recipe = {"method": "full", "learning_rate": 3e-3, "epochs": 4}
    taught = once("teacher", lambda: lay_run("teacher", student(), recipe=recipe))
    run_dir = lay_run("distilled", student(), recipe={"objective": "distil", "kl": kl, "epochs": 4},
                      teacher={"path": str(taught / "model")})  # fmt: skip

    assert tune(run_dir) == 0

    summary = result(run_dir)["summary"]
    assert summary["validation_loss"] < summary["validation_loss_before"] / 2
    first = next(each for each in events(run_dir, "metric") if "val_agreement" in each)
    assert summary["measures"]["agreement"] > first["val_agreement"]


@pytest.mark.slow
def test_a_tokenizer_longer_than_one_of_two_models_of_different_widths_is_no_obstacle(
    lay_run: Any, tune: Any, tmp_path: Path
) -> None:
    tokenizer = make_tokenizer()
    tokenizer.add_tokens(["<later>"])
    narrow, wide = tmp_path / "narrow", tmp_path / "wide"
    for folder, width in ((narrow, 320), (wide, 328)):
        make_model("llama", width).save_pretrained(folder)
        tokenizer.save_pretrained(folder)
    run_dir = lay_run("distilled", narrow, recipe={"objective": "distil", "epochs": 1}, teacher={"path": str(wide)})

    assert tune(run_dir) == 0


def test_a_teacher_of_another_vocabulary_is_refused(
    student: Any, lay_run: Any, tune: Any, result: Any, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(student(), other)
    tokens = json.loads((other / "tokenizer.json").read_text())
    vocabulary = tokens["model"]["vocab"]
    first, second = list(vocabulary)[10:12]
    vocabulary[first], vocabulary[second] = vocabulary[second], vocabulary[first]
    (other / "tokenizer.json").write_text(json.dumps(tokens))
    run_dir = lay_run("refused", student(), recipe={"objective": "distil"}, teacher={"path": str(other)})

    assert tune(run_dir) == 1

    error = result(run_dir)["error"]
    assert error["code"] == "other_tokenizer"
    assert "4 differ" in error["message"]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"recipe": {"objective": "dpo"}}, "starts from a miniature"),
        ({"recipe": {"objective": "dpo"}, "start": {"path": "start", "method": "full"}}, "set method to full"),
        ({"recipe": {"objective": "distil"}}, "needs a teacher"),
        ({"recipe": {"objective": "dpo"}, "start": {"path": "../start", "method": "lora"}}, "inside the run directory"),
        ({"recipe": {"objective": "kto", "batch_size": 1}}, "at least 2"),
    ],
)
def test_a_spec_that_lacks_what_its_objective_needs_is_refused(
    student: Any, lay_run: Any, tune: Any, result: Any, spec: dict[str, Any], words: str
) -> None:
    run_dir = lay_run("refused", student(), **spec)

    assert tune(run_dir) == 1

    assert result(run_dir)["error"]["code"] in ("bad_spec", "bad_recipe")
    assert words in result(run_dir)["error"]["message"]
