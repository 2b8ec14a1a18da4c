"""Packed rows against the same rows alone: losses, gradients, and models that cannot take them."""

from __future__ import annotations

import random

import pytest
import torch
from transformers import AutoModelForCausalLM

from training.engine.contracts import StudentRef
from training.engine.data.packing import pack
from training.engine.data.sft_rows import TokenRow, collate
from training.engine.loss.supervised_head import Network, SupervisedHead
from training.engine.model import loading
from training.engine.model.packed_reading import PackedReading, why_not_packed

pytestmark = pytest.mark.engine
FAMILIES = ["llama", "qwen", "gemma", "gemma-vision"]


def network(folder):
    student = loading.load(StudentRef(path=str(folder)), dtype=torch.float32)
    return Network(student.model, SupervisedHead(student.model), 0, torch.device("cpu"), student.extra_inputs)


def drawn(seed, count, longest=80):
    """Rows of random lengths, longer than Gemma's window of 32 too."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        length = chance.randint(2, longest)
        ids = [chance.randint(5, 300) for _ in range(length)]
        rows.append(TokenRow(str(number), ids, chance.randint(1, length - 1)))
    return rows


def padded_loss(net, rows):
    batch = collate(rows, 0)
    return net.head.loss(net.model, batch.input_ids, batch.positions, batch.targets,
                         **net.extra_inputs(batch.input_ids))  # fmt: skip


def packed_loss(net, rows):
    line = pack(rows)
    inputs = {**net.extra_inputs(line.input_ids), **line.inputs()}
    with PackedReading(net.model):
        return net.head.loss(net.model, line.input_ids, line.positions, line.targets, **inputs)


def gradients(net, loss):
    net.model.zero_grad()
    loss.backward()
    return {name: part.grad.clone() for name, part in net.model.named_parameters() if part.grad is not None}


@pytest.mark.slow(after_first=True)
@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("family", FAMILIES)
def test_loss_and_gradients_of_packed_rows_are_those_of_padded_rows(student, family, seed):
    net = network(student(family))
    rows = drawn(seed, random.Random(seed).randint(1, 7))
    count = sum(row.supervised for row in rows)

    padded = padded_loss(net, rows) / count
    expected = gradients(net, padded)
    packed = packed_loss(net, rows) / count
    got = gradients(net, packed)

    torch.testing.assert_close(packed, padded, atol=1e-5, rtol=1e-5)
    assert got.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(got[name], gradient, atol=1e-5, rtol=1e-5, msg=name)


@pytest.mark.parametrize("family", FAMILIES)
def test_other_rows_of_a_line_change_no_score_of_a_row(student, family):
    net = network(student(family))
    mine, *others = drawn(3, 5)
    changed = [TokenRow(row.id, [300 - token for token in row.ids], row.prompt_length) for row in others]

    with torch.no_grad():
        one, two = (float(packed_loss(net, [*rows, mine]) - packed_loss(net, rows)) for rows in (others, changed))

    assert one == pytest.approx(two, abs=1e-3)


@pytest.mark.parametrize("family", FAMILIES)
def test_students_are_found_able_by_trying(student, family):
    net = network(student(family))

    assert why_not_packed(net) == ""
    assert net.model.config._attn_implementation == "sdpa"


def test_a_student_whose_rows_would_see_each_other_is_found_out(student, monkeypatch):
    net = network(student())
    monkeypatch.setattr("training.engine.model.packed_attention._row_by_row", _sees_all)

    assert why_not_packed(net) == "its scores change when rows are packed"


def _sees_all(query, key, value, bounds, dropout, scaling, window):
    found = torch.nn.functional.scaled_dot_product_attention(
        query, key, value, is_causal=True, scale=scaling, enable_gqa=True
    )
    return found.transpose(1, 2)


def test_a_student_with_other_attention_is_left_alone(student):
    net = network(student())
    net.model.set_attn_implementation("eager")

    assert why_not_packed(net) == "its attention cannot be replaced"


def test_a_student_with_chunked_layers_is_left_alone(student):
    net = network(student())
    net.model.config.layer_types = ["chunked_attention", "full_attention"]

    assert "chunked_attention" in why_not_packed(net)


def test_gradient_checkpointing_recomputes_packed_rows_as_they_were(student):
    folder, rows = student("gemma"), drawn(5, 4)
    plain, saving = network(folder), network(folder)
    saving.model.train()
    saving.model.gradient_checkpointing_enable(gradient_checkpointing_kwargs={"use_reentrant": False})

    expected = gradients(plain, packed_loss(plain, rows))
    line = pack(rows)
    with PackedReading(saving.model):
        loss = saving.head.loss(saving.model, line.input_ids, line.positions, line.targets, **line.inputs())
        got = gradients(saving, loss)

    for name, gradient in expected.items():
        torch.testing.assert_close(got[name], gradient, atol=1e-4, rtol=1e-4, msg=name)


def test_after_reading_packed_rows_a_model_reads_masks_again(student):
    model = AutoModelForCausalLM.from_pretrained(student("gemma"), dtype=torch.float32).eval()
    ids, mask = torch.randint(5, 300, (2, 40)), torch.ones(2, 40, dtype=torch.long)
    mask[0, :15] = 0
    before = model(input_ids=ids, attention_mask=mask).logits

    with PackedReading(model):
        pass

    assert torch.equal(model(input_ids=ids, attention_mask=mask).logits, before)
