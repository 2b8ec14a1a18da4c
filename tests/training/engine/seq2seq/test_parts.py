"""Rows, batches, losses and decoding of encoder–decoders, with transformers' own as the measure."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import normalizers

from tests.training.engine.seq2seq.conftest import ALL_FAMILIES, FAMILIES
from training.engine.contracts import StudentRef, TrainError
from training.engine.data import sft_rows
from training.engine.loss.supervised_head import Network, SupervisedHead
from training.engine.model import generate, loading, lora
from training.engine.model.loading import LoadedStudent
from training.engine.objectives.sft import Sft
from training.engine.seq2seq import encoding

pytestmark = pytest.mark.engine
PROMPTS = [[{"role": "user", "content": text}] for text in ("a", "a much longer prompt " * 4, "medium prompt", "b c")]


def load(folder: Path) -> LoadedStudent:
    return loading.load(StudentRef(path=str(folder)), dtype=torch.float32)


def read(student: LoadedStudent, rows: list[dict[str, Any]], folder: Path) -> list[sft_rows.TokenRow]:
    (folder / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return sft_rows.read(folder / "rows.jsonl", student.chat, max_length=512)


@pytest.mark.parametrize("family", FAMILIES)
def test_prompts_and_answers_carry_their_familys_special_tokens(
    family: str, seq2seq: Callable[..., Path], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    student = load(seq2seq(family))

    row = read(student, rows[:1], tmp_path)[0]

    tokenizer = student.chat.tokenizer
    assert row.ids[: row.prompt_length] == tokenizer(rows[0]["prompt"][0]["content"])["input_ids"]
    assert row.ids[row.prompt_length :] == tokenizer(text_target=rows[0]["completion"][0]["content"])["input_ids"]
    assert student.chat.prompt_ids(rows[0]["prompt"]) == row.ids[: row.prompt_length]


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_the_loss_and_its_gradients_are_those_of_transformers(
    family: str, seq2seq: Callable[..., Path], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    student, theirs = load(seq2seq(family)), load(seq2seq(family)).model
    for model in (student.model, theirs):
        if family in ("bart", "pegasus"):
            model.final_logits_bias = torch.linspace(-1, 1, model.config.vocab_size).unsqueeze(0)
    items = read(student, rows, tmp_path)[:3]
    objective = Sft(student.chat)
    network = Network(
        student.model, SupervisedHead(student.model), student.chat.pad, torch.device("cpu"), student.extra_inputs
    )
    batch = objective.batch(items)
    width = max(row.supervised for row in items)
    labels = torch.tensor([row.ids[row.prompt_length :] + [-100] * (width - row.supervised) for row in items])

    assert network.head.ends_model
    summed, _ = objective.loss(network, items)
    loss = summed / objective.normaliser(items)
    loss.backward()
    expected = theirs(input_ids=batch.input_ids, attention_mask=batch.attention_mask, labels=labels).loss
    expected.backward()

    assert float(loss.detach()) == pytest.approx(float(expected.detach()), rel=1e-6)
    for ours, other in zip(student.model.parameters(), theirs.parameters(), strict=True):
        if other.grad is not None:
            assert torch.allclose(ours.grad, other.grad, atol=1e-6)


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("family", ALL_FAMILIES)
def test_greedy_answers_of_a_batch_are_those_of_transformers_one_by_one(
    family: str, seq2seq: Callable[..., Path]
) -> None:
    student = load(seq2seq(family))
    student.model.get_input_embeddings().weight.data.mul_(3)

    answers = generate.generate(student.model, student.chat, PROMPTS, max_new_tokens=24)

    written = {answer.index: answer for answer in answers}
    for index, prompt in enumerate(PROMPTS):
        ids = torch.tensor([student.chat.prompt_ids(prompt)])
        expected = student.model.generate(ids, max_new_tokens=24, do_sample=False)[0, 1:].tolist()
        ended = expected[-1] in student.chat.stops
        assert written[index].text == student.chat.text(expected[:-1] if ended else expected)
        assert (written[index].completion_tokens, written[index].ended) == (len(expected), ended)


def test_an_answer_begins_with_the_token_its_makers_force(seq2seq: Callable[..., Path]) -> None:
    student = load(seq2seq("bart"))
    student.model.generation_config.forced_bos_token_id = 9

    begins = loading._forced_beginning(student.model, student.chat)

    assert begins == (9,)


def test_adapters_lie_on_attention_and_feed_forward_of_both_halves(seq2seq: Callable[..., Path]) -> None:
    wanted = {
        "t5": {"q", "k", "v", "o", "wi", "wo"},
        "bart": {"q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2"},
    }
    for family, layers in wanted.items():
        tuned = lora.attach(load(seq2seq(family)).model, rank=2, alpha=4, dropout=0.0, seed=1)

        names = [name.split(".lora_")[0] for name in lora.tuned_parameters(tuned)]
        assert {name.rpartition(".")[2] for name in names} == layers
        assert {half for half in ("encoder", "decoder") if any(f".{half}." in name for name in names)} == {
            "encoder",
            "decoder",
        }


def test_an_answer_the_tokenizer_cannot_spell_is_refused_by_row(
    seq2seq: Callable[..., Path], rows: list[dict[str, Any]], tmp_path: Path
) -> None:
    student = load(seq2seq("t5"))
    student.chat.tokenizer.backend_tokenizer.normalizer = normalizers.Replace("\n", " ")

    with pytest.raises(TrainError, match="row-0") as refused:
        read(student, rows, tmp_path)

    assert refused.value.code == "tokenizer_loses_text"
    assert refused.value.hint


def test_prompt_and_answer_have_a_context_each(seq2seq: Callable[..., Path]) -> None:
    student = load(seq2seq("bart"))
    fits = sft_rows.TokenRow("fits", [5] * 200, 100)
    long = sft_rows.TokenRow("long", [5] * 200, 60)

    encoding.require_fitting([fits], student.context_length)
    with pytest.raises(TrainError, match=r"long \(140 tokens\)") as refused:
        encoding.require_fitting([fits, long], student.context_length)

    assert student.context_length == 128
    assert refused.value.code == "rows_too_long"
    assert generate.room_for_answer(student.chat, 128, 128) == 127
    assert generate.room_for_answer(student.chat, 129, 128) == 0


def test_an_encoder_decoder_that_names_no_start_is_refused(seq2seq: Callable[..., Path], tmp_path: Path) -> None:
    folder = shutil.copytree(seq2seq("t5"), tmp_path / "startless")
    for name in ("config.json", "generation_config.json"):
        values = json.loads((folder / name).read_text())
        (folder / name).write_text(json.dumps({**values, "decoder_start_token_id": None}))

    with pytest.raises(TrainError) as refused:
        load(folder)

    assert refused.value.code == "student_without_start"
