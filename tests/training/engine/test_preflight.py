"""What a run refuses before it reads a weight: the students here have none that could be read."""

from __future__ import annotations

import json
import shutil

import pytest

from tests.training.engine.conftest import make_tokenizer
from tests.training.engine.objectives.test_run import preference  # noqa: F401
from training.engine.distributed import launch

pytestmark = pytest.mark.engine
SHORT = {"max_length": 16}


@pytest.fixture
def hollow(student, tmp_path):
    """A student's folder whose weights are no weights."""

    def make(family="llama", **config):
        folder = shutil.copytree(student(family), tmp_path / f"hollow-{len(list(tmp_path.iterdir()))}")
        (folder / "model.safetensors").write_bytes(b"no weights")
        told = json.loads((folder / "config.json").read_text())
        (folder / "config.json").write_text(json.dumps(told | config))
        return folder

    return make


def test_rows_that_are_too_long_are_refused_before_weights_are_read(hollow, lay_run, tune, result):
    refused, fits = lay_run("refused", hollow(), recipe=SHORT), lay_run("fits", hollow())

    assert (tune(refused), tune(fits)) == (1, 1)

    error = result(refused)["error"]
    assert error["code"] == "rows_too_long"
    assert "16 rows are longer than 16 tokens" in error["message"]
    assert result(fits)["error"]["code"] == "student_damaged"


@pytest.mark.slow
def test_rows_that_are_too_long_can_be_left_out_and_are_counted(student, lay_run, tune, result, rows):
    rows[5]["completion"][0]["content"] = "word " * 200
    run_dir = lay_run("run", student(), train=rows, recipe={"max_length": 90, "epochs": 1}, leaves_out_too_long=True)

    assert tune(run_dir) == 0

    summary = result(run_dir)["summary"]
    assert (summary["rows"], summary["rows_left_out"]) == (15, 1)


def test_what_the_student_cannot_read_counts_too(hollow, lay_run, tune, result):
    run_dir = lay_run("run", hollow(max_position_embeddings=16))

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "rows_too_long"


@pytest.mark.parametrize("objective", ["dpo", "kto"])
def test_preferences_are_refused_before_weights_are_read(hollow, preference, tune, result, tmp_path, objective):  # noqa: F811
    begun = tmp_path / "begun"
    begun.mkdir()
    run_dir = preference("run", hollow(), begun, objective, recipe=SHORT)

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "rows_too_long"


def test_one_verdict_is_enough_to_validate_by(hollow, preference, tune, result, tmp_path):  # noqa: F811
    """A launch asks for no more; drift is then estimated from an answer of the training rows."""
    begun = tmp_path / "begun"
    begun.mkdir()
    run_dir = preference("run", hollow(), begun, "kto")
    validation = run_dir / "validation.jsonl"
    validation.write_text(validation.read_text().splitlines()[0])

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "student_damaged"


def test_pairs_that_are_all_the_same_to_the_tokenizer_are_refused(hollow, preference, tune, result, tmp_path):  # noqa: F811
    begun = tmp_path / "begun"
    begun.mkdir()
    run_dir = preference("run", hollow(), begun, "dpo")
    rows = [json.loads(line) for line in (run_dir / "train.jsonl").read_text().splitlines()]
    same = [json.dumps(row | {"rejected": row["chosen"]}) for row in rows]
    (run_dir / "train.jsonl").write_text("\n".join(same))

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "no_rows"


def test_a_teacher_that_reads_less_than_the_rows_is_refused_before_weights_are_read(hollow, lay_run, tune, result):
    teacher = {"path": str(hollow(max_position_embeddings=16))}
    run_dir = lay_run("run", hollow(), recipe={"objective": "distil"}, teacher=teacher)

    tune(run_dir)

    assert result(run_dir)["error"]["code"] == "rows_too_long"


@pytest.mark.parametrize(("added", "word"), [({}, " <later>"), ({"pad_token": "[PAD]"}, "")])
def test_a_token_that_the_teacher_has_no_embedding_for_is_refused_before_weights_are_read(
    hollow, lay_run, tune, result, rows, added, word
):
    """Both have one tokenizer, and output layers of different widths."""
    tokenizer = make_tokenizer()
    tokenizer.add_special_tokens(added) if added else tokenizer.add_tokens(["<later>"])
    narrow, wide = (hollow(vocab_size=width) for width in (320, 321))
    for folder in (narrow, wide):
        tokenizer.save_pretrained(folder)
    rows[5]["completion"][0]["content"] += word
    recipe = {"objective": "distil"}
    refused = lay_run("refused", wide, recipe=recipe, teacher={"path": str(narrow)}, train=rows)
    fits = lay_run("fits", wide, recipe=recipe, teacher={"path": str(wide)}, train=rows)

    assert (tune(refused), tune(fits)) == (1, 1)

    error = result(refused)["error"]
    assert (error["code"], result(fits)["error"]["code"]) == ("tokenizer_too_large", "student_damaged")
    assert "gives token 320, and the model that reads it knows 320" in error["message"]


def test_several_processes_are_not_started_for_rows_that_are_too_long(hollow, lay_run, tune, result):
    run_dir = lay_run("run", hollow(), recipe={**SHORT, "processes": 2, "strategy": "ddp"})

    assert tune(run_dir) == 1

    assert result(run_dir)["error"]["code"] == "rows_too_long"
    assert not (run_dir / launch.FOLDER).exists()
