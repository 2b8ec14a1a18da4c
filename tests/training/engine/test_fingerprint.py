"""A run paused before an update goes on after it: recipes keep their identity."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.training.engine import chats
from training.engine.checkpoints import checkpoint, fingerprint
from training.engine.contracts import StudentRef, TrainError
from training.engine.data.chat import open_chat
from training.engine.data.sft_rows import TokenRow
from training.recipes import identity
from training.recipes.schema import Recipe

pytestmark = pytest.mark.engine
ROWS = [TokenRow("r1", [5, 6, 7], 2), TokenRow("r2", [8, 9], 1)]
STUDENT = StudentRef(hub_id="someone/tiny", revision="0" * 40)
# What 0.2.0 says of these rows and this student.
HASHES = [
    ({"learning_rate": 5e-3, "epochs": 2, "rank": 8, "betas": [0.9, 0.99]},
     "15004d5d8d4ea31f596915b301f770e9cfa2236aff24dc1bde43ad8f1dfbdd06"),
    ({"method": "full", "learning_rate": 1e-5, "gradient_checkpointing": "on"},
     "71f785844d976a81ac7c776104276f4367546e1c7edf7bf91dca3603b651588e"),
    ({"rslora": True, "packing": "off", "dropout": 0.1},
     "829a7dcd1909d531f4794a257a5a5a9e1cd58ec56411107f6e681674bb86be3e"),
]  # fmt: skip
# A recipe as the first release kept it with its run.
STORED: dict[str, Any] = {
    "method": "lora", "rank": 4, "alpha": 32.0, "dropout": 0.0, "target": "all-linear", "learning_rate": 0.005,
    "schedule": "cosine", "warmup_ratio": 0.03, "epochs": 2, "batch_size": 2, "accumulation": 1, "max_length": 256,
    "weight_decay": 0.0, "betas": [0.9, 0.999], "max_grad_norm": 1.0, "dtype": "fp32", "seed": 1,
    "eval_every_steps": 0, "sample_every_steps": 0, "checkpoint_every_steps": 4, "gradient_checkpointing": False,
}  # fmt: skip


@pytest.mark.parametrize(("values", "known"), HASHES)
def test_a_run_has_the_hash_that_0_2_0_gave_it(values: dict[str, Any], known: str) -> None:
    assert fingerprint.fingerprint_of(Recipe.model_validate(values), STUDENT, ROWS, "") == known


def test_every_later_field_says_what_its_absence_means() -> None:
    assert set(identity.VALUE_WHEN_ABSENT) == set(Recipe.model_fields) - set(identity.FIRST_RELEASE_FIELDS)
    assert identity.later_fields(Recipe()) == []


def test_a_recipe_of_the_first_release_is_the_one_it_is_read_as() -> None:
    read = Recipe.model_validate(STORED)

    assert identity.is_same_recipe(STORED, read.model_dump(mode="json"))
    assert identity.values_of(read) == STORED
    assert not identity.is_same_recipe(STORED, {**STORED, "rslora": True})
    assert not identity.is_same_recipe(STORED, {**STORED, "seed": 2})


def test_a_run_that_was_tuned_on_the_block_of_thinking_is_told_to_begin_anew(tmp_path: Path) -> None:
    # The block was supervised as part of the answer: the same tokens, and another prompt.
    asked, answered = [{"role": "user", "content": "a"}], [{"role": "assistant", "content": "b"}]
    tokenizer = chats.make_chatty(chats.SWITCHED)
    prompt_then = tokenizer.apply_chat_template(asked, add_generation_prompt=True, return_dict=False)
    ids, prompt_length = open_chat(tokenizer).encode(asked, answered)
    then, now = (
        fingerprint.fingerprint_of(Recipe(), STUDENT, [TokenRow("r1", ids, length)], "")
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
