"""Encoders with heads, tuned by the engine from a run directory."""

from __future__ import annotations

import json
import shutil

import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoModel

from tests.training.engine.classifier.conftest import HEADS, LABELS, SEVERAL, label_row, several
from training.engine.classifier import loading, objective
from training.engine.classifier.fields import HeadSet
from training.engine.classifier.network import EncoderWithHeads
from training.engine.classifier.prediction import predict
from training.engine.classifier.rows import prompt_ids, read
from training.engine.classifier.words import WordVotes
from training.engine.contracts import StudentRef
from training.engine.loss.supervised_head import Network

pytestmark = pytest.mark.engine
FAMILIES = ["modernbert", "xlm-roberta", "deberta-v2", "bert", "distilbert"]


def read_lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize(
    ("method", "family"),
    [
        *(("full", family) for family in FAMILIES),
        ("lora", "modernbert"),
        ("lora", "deberta-v2"),
        ("lora", "distilbert"),
    ],
)
def test_an_encoder_learns_its_labels_and_answers_them(family, method, encoder, lay_classifier, tune, result, rows):
    recipe = {"epochs": 8} if method == "full" else {"method": "lora", "rank": 16, "learning_rate": 1e-2, "epochs": 8}
    run_dir = lay_classifier("run", encoder(family), recipe=recipe)

    assert tune(run_dir) == 0

    summary = result(run_dir)["summary"]
    assert summary["validation_loss"] < 0.9 * summary["validation_loss_before"]
    assert summary["artefact"] == ("model" if method == "full" else "adapter")
    base = StudentRef(path=str(encoder(family))) if method == "lora" else None
    student = loading.load_classifier(run_dir / summary["artefact"], base, dtype=torch.float32)
    heads = student.model.heads
    prompts = prompt_ids(student.opened.tokenizer, [row["prompt"] for row in rows[:4]])
    answers = predict(student.model, heads, prompts, pad=student.opened.pad, device=torch.device("cpu"))
    if method == "full":
        assert (summary["measures"]["accuracy"], summary["measures"]["macro_f1"]) == (1, 1)
        assert [answer.text(heads) for answer in answers] == LABELS
    told = read_lines(run_dir / "predictions.jsonl")[:4]
    for answer, line in zip(answers, told, strict=True):
        assert line["fields"] == answer.values
        assert sum(answer.probabilities["category"].values()) == pytest.approx(1)
        assert line["probabilities"]["category"] == pytest.approx(answer.probabilities["category"], abs=1e-5)


def test_losses_are_those_of_plain_torch_and_several_heads_add_up(encoder, tmp_path, rows):
    folder = encoder("deberta-v2")
    heads = HeadSet.model_validate(SEVERAL)
    file = tmp_path / "train.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in several(rows)))
    opened = loading.open_encoder(StudentRef(path=str(folder)))
    items = read(file, opened.tokenizer, heads, max_length=128)
    scalers = objective.scalers_of(heads, items)
    model = EncoderWithHeads(loading.load_encoder(opened, dtype=torch.float32), heads, scalers, seed=3).eval()
    weights = objective.balanced_weights(heads, items)
    aim = objective.Classification(heads, scalers, weights)
    network = Network(model, None, opened.pad, torch.device("cpu"), lambda _: {})

    total, measures = aim.loss(network, items)

    plain, amounts = AutoModel.from_pretrained(folder), [row.targets[2] for row in items]
    told = torch.tensor([amount for amount in amounts if amount is not None])
    expected = torch.zeros(())
    for item in items:
        ids = opened.tokenizer(
            "Sort the ticket.\n\n" + rows[int(item.id[4:])]["prompt"][1]["content"], return_tensors="pt"
        )
        pooled = plain(ids["input_ids"], ids["attention_mask"]).last_hidden_state[0].mean(dim=0)
        category, urgent, amount = (layer(pooled) for layer in model.layers)
        expected += (
            torch.nn.functional.cross_entropy(category, torch.tensor(int(item.targets[0])))
            * weights["category"][int(item.targets[0])]
        )
        expected += torch.nn.functional.cross_entropy(urgent, torch.tensor(int(item.targets[1])))
        if item.targets[2] is not None:
            wanted = (item.targets[2] - told.mean()) / told.std(unbiased=False)
            expected += torch.nn.functional.mse_loss(amount[0], wanted)
    assert total.item() / len(items) == pytest.approx(expected.item() / len(items), abs=1e-6)
    assert set(measures) == {"category_accuracy", "urgent_accuracy", "amount_mae"}
    assert float(measures["amount_mae"][1]) == 15


def test_one_step_changes_weights_as_plain_torch_does(encoder, lay_classifier, tune, rows):
    """A run of one step over all rows: the same loss and the same weights as AdamW alone makes of them."""
    recipe = {
        "epochs": 1,
        "batch_size": 16,
        "warmup_ratio": 0.0,
        "weight_decay": 0.0,
        "max_grad_norm": 1000.0,
        "learning_rate": 1e-3,
    }
    run_dir = lay_classifier("run", encoder("modernbert"), recipe=recipe)

    assert tune(run_dir) == 0

    opened = loading.open_encoder(StudentRef(path=str(encoder("modernbert"))))
    heads = HeadSet.model_validate(HEADS)
    items = read(run_dir / "train.jsonl", opened.tokenizer, heads, max_length=128)
    words = WordVotes.fit(opened.tokenizer, items, heads.fields, seed=1)
    model = EncoderWithHeads(loading.load_encoder(opened, dtype=torch.float32), heads, {}, words=words, seed=1)
    optimizer = torch.optim.AdamW(model.train().parameters(), lr=1e-3, weight_decay=0.0)
    ids = opened.tokenizer(
        [f"Sort the ticket.\n\n{row['prompt'][1]['content']}" for row in rows], padding=True, return_tensors="pt"
    )
    scores = model(ids["input_ids"], ids["attention_mask"])[0]
    torch.nn.functional.cross_entropy(scores, torch.arange(16) % 4).backward()
    optimizer.step()
    tuned = load_file(run_dir / "model" / "heads.safetensors")
    assert torch.allclose(tuned["0.weight"], model.layers[0].weight, atol=1e-6)
    assert torch.allclose(
        load_file(run_dir / "model" / "model.safetensors")["layers.0.mlp.Wi.weight"],
        model.encoder.layers[0].mlp.Wi.weight,
        atol=1e-6,
    )


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("method", ["full", "lora"])
def test_a_run_that_was_stopped_ends_with_the_very_bits_of_one_that_was_not(
    method, encoder, lay_classifier, tune, result, rows
):
    recipe = {"method": method, "epochs": 2, "checkpoint_every_steps": 3, "accumulation": 2, "batch_size": 2}
    whole = lay_classifier("whole", encoder("bert"), recipe=recipe)
    halted = lay_classifier("halted", encoder("bert"), recipe=recipe)
    assert tune(whole) == 0
    assert tune(halted) == 0
    newest = max((halted / "checkpoints").iterdir())
    shutil.rmtree(newest)
    assert [folder.name for folder in (halted / "checkpoints").iterdir()] == ["step-00000006"]

    resumed = lay_classifier("resumed", encoder("bert"), recipe=recipe, resume_from=halted)
    assert tune(resumed) == 0

    assert result(resumed)["summary"]["resumed_from_step"] == 6
    folder = "model" if method == "full" else "adapter"
    for file in sorted((whole / folder).glob("*.safetensors")):
        ours = load_file(resumed / folder / file.name)
        assert all(torch.equal(value, ours[name]) for name, value in load_file(file).items())


@pytest.mark.slow
def test_numbers_labels_and_booleans_are_learnt_side_by_side(encoder, lay_classifier, tune, result, rows):
    run_dir = lay_classifier("run", encoder("modernbert"), train=several(rows), heads=SEVERAL, recipe={"epochs": 30})

    assert tune(run_dir) == 0

    measures = result(run_dir)["summary"]["measures"]
    assert measures["category_accuracy"] == measures["urgent_macro_f1"] == 1
    assert measures["amount_mae"] < 20
    line = read_lines(run_dir / "predictions.jsonl")[3]
    assert set(line["fields"]) == {"category", "urgent", "amount"}
    assert set(line["probabilities"]) == {"category", "urgent"}
    assert "amount" not in line["gold"]


AMOUNT = {"fields": [{"name": "amount", "type": "number"}], "is_bare": True}


@pytest.mark.parametrize(("heads", "common", "rare"), [(HEADS, "bug", "other"), (AMOUNT, "3", "1000000")])
def test_a_rare_label_or_a_far_number_is_no_divergence(heads, common, rare, encoder, lay_classifier, tune, result):
    answers = [common] * 40 + [rare] + [common] * 59
    train = [label_row(number, answer, f"Ticket {number}") for number, answer in enumerate(answers)]
    recipe = {"epochs": 1, "batch_size": 2, "class_weights": "balanced"}
    run_dir = lay_classifier("run", encoder("bert"), train=train, heads=heads, recipe=recipe)

    assert tune(run_dir) == 0, result(run_dir)["error"]


@pytest.mark.parametrize(
    ("label", "text", "code", "named"),
    [
        ("bugs", "It crashes.", "no_target", "row-1: field 'category': 'bugs' is none of its 4 labels"),
        ("bug", "word " * 200, "rows_too_long", "row-1"),
    ],
)
def test_rows_that_cannot_be_learnt_are_named(label, text, code, named, encoder, lay_classifier, tune, result, rows):
    run_dir = lay_classifier("run", encoder("bert"), train=[*rows[:1], label_row(1, label, text), *rows[2:]])

    assert tune(run_dir) == 1

    error = result(run_dir)["error"]
    assert error["code"] == code
    assert named in error["message"]


def test_rows_of_one_label_teach_nothing(encoder, lay_classifier, tune, result, rows):
    run_dir = lay_classifier("run", encoder("bert"), train=[label_row(n, "bug", f"It crashes {n}") for n in range(8)])

    assert tune(run_dir) == 1
    assert result(run_dir)["error"]["code"] == "one_label"


@pytest.mark.slow
def test_without_a_pass_words_alone_tell_the_labels(encoder, lay_classifier, tune, result, events):
    run_dir = lay_classifier("run", encoder("modernbert"), recipe={"method": "lora", "rank": 4, "epochs": 0})

    assert tune(run_dir) == 0

    summary = result(run_dir)["summary"]
    assert (summary["steps"], summary["epochs"], summary["tokens"]) == (0, 0, 0)
    assert summary["validation_loss"] == summary["validation_loss_before"]
    assert summary["measures"]["accuracy"] == 1
    assert summary["seconds"] > 0
    steps = [each["done"] for each in events(run_dir, "progress") if each["unit"] == "steps on words"]
    assert len(steps) > 10
    assert steps == sorted(steps)
    assert steps[-1] == events(run_dir, "progress")[0]["total"]
    left = [(each["done"], each["total"], each["unit"]) for each in events(run_dir, "progress")][-2:]
    rows = len(read_lines(run_dir / "predictions.jsonl"))
    assert left == [(0, rows, "validation rows"), (rows, rows, "validation rows")]
    base = StudentRef(path=str(encoder("modernbert")))
    kept = loading.load_classifier(run_dir / "adapter", base, dtype=torch.float32).model
    assert all(not layer.weight.any() and not layer.bias.any() for layer in kept.layers)


def test_steps_begin_at_none_once_the_words_are_fitted(encoder, lay_classifier, tune, result, events):
    run_dir = lay_classifier("run", encoder("bert"), recipe={"epochs": 1})

    assert tune(run_dir) == 0

    told = events(run_dir, "progress")
    units = list(dict.fromkeys(each["unit"] for each in told))
    assert units == ["steps on words", "steps", "validation rows"]
    first = next(each for each in told if each["unit"] == "steps")
    assert (first["done"], first["total"]) == (0, result(run_dir)["summary"]["steps"])


def test_without_a_pass_numbers_are_refused(encoder, lay_classifier, tune, result, rows):
    amounts = {"fields": [field for field in SEVERAL["fields"] if field["name"] == "amount"], "is_bare": False}
    train = [
        {**row, "completion": [{"role": "assistant", "content": json.dumps({"amount": number})}]}
        for number, row in enumerate(rows)
    ]
    run_dir = lay_classifier("run", encoder("bert"), train=train, heads=amounts, recipe={"epochs": 0})

    assert tune(run_dir) == 1

    error = result(run_dir)["error"]
    assert error["code"] == "no_pass"
    assert "amount" in error["message"]


def test_a_decoder_gets_no_head_and_an_encoder_writes_nothing(encoder, student, lay_classifier, lay_run, tune, result):
    headed, writing = lay_classifier("headed", student("llama")), lay_run("writing", encoder("bert"))

    assert tune(headed) == tune(writing) == 1

    assert result(headed)["error"]["code"] == "no_encoder"
    assert result(writing)["error"]["code"] == "no_decoder"


def test_positions_behind_the_padding_are_not_counted_as_context(encoder):
    assert loading.open_encoder(StudentRef(path=str(encoder("xlm-roberta")))).context_length == 129
    assert loading.open_encoder(StudentRef(path=str(encoder("bert")))).context_length == 130
