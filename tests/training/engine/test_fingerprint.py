"""A run paused before an update goes on after it: recipes keep their identity,
checkpoints of the first release count.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.training.engine import chats
from training.engine.checkpoints import checkpoint, fingerprint
from training.engine.contracts import StudentRef, TrainError
from training.engine.data import sft_rows
from training.engine.data.chat import open_chat
from training.engine.data.pairs import AnswerPair
from training.engine.data.sft_rows import TokenRow
from training.engine.model import loading
from training.recipes import identity
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine
ROWS = [TokenRow("r1", [5, 6, 7], 2), TokenRow("r2", [8, 9], 1)]
STUDENT = StudentRef(path="/srv/students/tiny", licence="Apache-2.0")
# What the first release's engine said of these rows and this student (its `_fingerprint`, run at that commit).
FIRST_RELEASE = [
    ({"learning_rate": 5e-3, "epochs": 2, "rank": 8, "betas": [0.9, 0.99], "gradient_checkpointing": False},
     "5cc490ad68892607a4d85f5e05dbc77204b4eb198010e9a8cb99b995b9f19728"),
    ({"method": "full", "learning_rate": 1e-5, "gradient_checkpointing": True},
     "f49a9971e4db863d9e86f507c86a0b18719ee88e0e3431acb923ce01b9461bea"),
]  # fmt: skip
# A recipe as the first release kept it with its run.
STORED: dict[str, Any] = {
    "method": "lora", "rank": 4, "alpha": 32.0, "dropout": 0.0, "target": "all-linear", "learning_rate": 0.005,
    "schedule": "cosine", "warmup_ratio": 0.03, "epochs": 2, "batch_size": 2, "accumulation": 1, "max_length": 256,
    "weight_decay": 0.0, "betas": [0.9, 0.999], "max_grad_norm": 1.0, "dtype": "fp32", "seed": 1,
    "eval_every_steps": 0, "sample_every_steps": 0, "checkpoint_every_steps": 4, "gradient_checkpointing": False,
}  # fmt: skip
KEPT_SINCE = ("best_measures", "halvings", "skipped_steps")


@pytest.mark.parametrize(("values", "known"), FIRST_RELEASE)
def test_a_run_has_the_hash_the_first_release_gave_it(values: dict[str, Any], known: str) -> None:
    recipe = Recipe.model_validate(values)

    assert fingerprint.first_release_fingerprint(recipe, STUDENT, ROWS, "") == known


@pytest.mark.parametrize("later", [{"rslora": True}, {"objective": "distil"}, {"packing": "off"}])
def test_what_the_first_release_could_not_do_has_no_hash_of_its(later: dict[str, Any]) -> None:
    assert fingerprint.first_release_fingerprint(Recipe.model_validate(later), STUDENT, ROWS, "") is None


def test_pairs_and_beginnings_have_no_hash_of_the_first_release() -> None:
    pair = AnswerPair("p", ROWS[0], ROWS[1])

    assert fingerprint.first_release_fingerprint(Recipe(), STUDENT, [pair], "") is None
    assert fingerprint.first_release_fingerprint(Recipe(), STUDENT, ROWS, "adapter") is None


def test_every_later_field_says_what_its_absence_means() -> None:
    assert set(identity.VALUE_WHEN_ABSENT) == set(Recipe.model_fields) - set(identity.FIRST_RELEASE_FIELDS)
    assert identity.later_fields(Recipe()) == []


def test_a_recipe_of_the_first_release_is_the_one_it_is_read_as() -> None:
    read = Recipe.model_validate(STORED)

    assert identity.is_same_recipe(STORED, read.model_dump(mode="json"))
    assert identity.values_of(read) == STORED
    assert not identity.is_same_recipe(STORED, {**STORED, "rslora": True})
    assert not identity.is_same_recipe(STORED, {**STORED, "seed": 2})


@pytest.mark.slow
def test_a_run_paused_by_the_first_release_goes_on(student, lay_run, tune, result, events) -> None:
    straight, paused = (lay_run(name, student(), recipe=STORED) for name in ("straight", "paused"))
    tune(straight)
    tune(paused)
    _as_the_first_release_left_it(paused, student())

    status = tune(paused)

    summary = result(paused)["summary"]
    assert (status, summary["resumed_from_step"]) == (0, 12)
    assert summary["validation_loss"] == result(straight)["summary"]["validation_loss"]
    assert (paused / "adapter" / "adapter_model.safetensors").read_bytes() == (
        straight / "adapter" / "adapter_model.safetensors"
    ).read_bytes()


@pytest.mark.slow
def test_a_run_of_the_first_release_with_another_recipe_is_refused(student, lay_run, tune, result) -> None:
    paused = lay_run("paused", student(), recipe=STORED)
    tune(paused)
    _as_the_first_release_left_it(paused, student())
    spec = json.loads((paused / "spec.json").read_text())
    spec["body"]["recipe"]["seed"] = 2
    (paused / "spec.json").write_text(json.dumps(spec))

    tune(paused)

    assert result(paused)["error"]["code"] == "other_run"


def test_a_run_that_was_tuned_on_the_block_of_thinking_is_told_to_begin_anew(tmp_path: Path) -> None:
    # The block was supervised as part of the answer: the same tokens, and another prompt.
    asked, answered = [{"role": "user", "content": "a"}], [{"role": "assistant", "content": "b"}]
    tokenizer = chats.make_chatty(chats.SWITCHED)
    prompt_then = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    ids, prompt_length = open_chat(tokenizer).encode(asked, answered)
    pinned = StudentRef(hub_id="someone/tiny", revision="0" * 40)
    then, now = (
        fingerprint.fingerprint_of(Recipe(), pinned, [TokenRow("r1", ids, length)], "")
        for length in (len(prompt_then), prompt_length)
    )
    folder = tmp_path / "step-00000001"
    folder.mkdir()
    (folder / "manifest.json").write_text(json.dumps({"fingerprint": then, "files": {}}))

    with pytest.raises(TrainError) as refused:
        checkpoint.newest(tmp_path, fingerprint=now)

    assert ids[: len(prompt_then)] == prompt_then
    assert refused.value.code == "other_run"
    assert "can think" in refused.value.hint
    assert "launch it again" in refused.value.hint


def _as_the_first_release_left_it(run_dir: Path, student: Path) -> None:
    """Take the end of a run away, and give what is left the header that release wrote."""
    newest = run_dir / "checkpoints" / "step-00000016"
    for file in newest.iterdir():
        file.unlink()
    newest.rmdir()
    (run_dir / "result.json").unlink()
    (run_dir / "spec.json").write_text(_with_stored_recipe(run_dir))
    for folder in (run_dir / "checkpoints").iterdir():
        standing = json.loads((folder / "standing.json").read_text())
        for name in KEPT_SINCE:
            del standing["standing"][name]
        (folder / "standing.json").write_text(json.dumps(standing))
        manifest = json.loads((folder / "manifest.json").read_text())
        manifest["files"]["standing.json"] = hashlib.sha256((folder / "standing.json").read_bytes()).hexdigest()
        manifest["fingerprint"] = _fingerprint_then(run_dir, student)
        (folder / "manifest.json").write_text(json.dumps(manifest))


def _with_stored_recipe(run_dir: Path) -> str:
    spec = json.loads((run_dir / "spec.json").read_text())
    spec["body"]["recipe"] = STORED
    return json.dumps(spec)


def _fingerprint_then(run_dir: Path, student: Path) -> str:
    """The first release's sum, word for word: recipe and student as compact JSON, and every token in words."""
    chat = loading.load(StudentRef(path=str(student)), dtype=torch.float32).chat
    reference = {"path": str(student), "hub_id": None, "revision": None, "licence": ""}
    text = "".join(json.dumps(part, separators=(",", ":")) for part in (STORED, reference))
    rows = sft_rows.read(run_dir / "train.jsonl", chat, max_length=256)
    words = "".join(f"{row.id}:{row.prompt_length}:{row.ids}" for row in rows)
    return hashlib.sha256(f"{text}{words}".encode()).hexdigest()
