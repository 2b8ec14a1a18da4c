"""The loss against torch's own, and logits at supervised positions against the whole."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import cross_entropy
from torch.utils._python_dispatch import TorchDispatchMode
from transformers import AutoModelForCausalLM

from training.engine.loss import supervised_head
from training.engine.loss.supervised_head import SupervisedHead, summed_loss

pytestmark = pytest.mark.engine


def test_loss_and_gradient_equal_torchs_own(monkeypatch):
    monkeypatch.setattr(supervised_head, "BLOCK_BYTES", 4 * 50 * 3)
    torch.manual_seed(1)
    ours = torch.randn(10, 50, requires_grad=True)
    theirs = ours.detach().clone().requires_grad_()
    targets = torch.randint(0, 50, (10,))

    got = summed_loss(ours * 1.0, targets) / 7
    got.backward()
    expected = cross_entropy(theirs, targets, reduction="sum") / 7
    expected.backward()

    torch.testing.assert_close(got, expected)
    torch.testing.assert_close(ours.grad, theirs.grad)


def test_logits_that_another_operation_needs_are_not_silently_spoilt():
    scores = torch.randn(4, 9, requires_grad=True)

    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        summed_loss(torch.tanh(scores), torch.zeros(4, dtype=torch.long)).backward()


def test_a_batch_without_supervision_is_refused(student):
    model = AutoModelForCausalLM.from_pretrained(student(), dtype=torch.float32)
    none = torch.zeros(0, dtype=torch.long)

    with pytest.raises(ValueError, match="no token is supervised"):
        SupervisedHead(model).loss(model, torch.zeros(1, 4, dtype=torch.long), none, none)


@pytest.mark.parametrize("family", ["llama", "qwen", "gemma"])
def test_the_loss_in_blocks_and_all_its_gradients_equal_those_of_the_whole_model(student, family, monkeypatch):
    monkeypatch.setattr(supervised_head, "BLOCK_BYTES", 4 * 320 * 5)
    ours, theirs = (AutoModelForCausalLM.from_pretrained(student(family), dtype=torch.float32) for _ in range(2))
    ids = torch.randint(5, 300, (2, 40))
    positions = torch.arange(3, 75, 2)
    targets = torch.randint(5, 300, (len(positions),))

    got = SupervisedHead(ours).loss(ours, ids, positions, targets) / 11
    got.backward()
    scores = theirs(input_ids=ids).logits.reshape(80, -1)[positions]
    expected = cross_entropy(scores, targets, reduction="sum") / 11
    expected.backward()

    torch.testing.assert_close(got, expected)
    for (name, mine), other in zip(ours.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(mine.grad, other.grad, atol=1e-6, rtol=1e-4, msg=name)


def test_soft_capped_scores_are_left_to_the_model(student):
    llama, gemma = (AutoModelForCausalLM.from_pretrained(student(family)) for family in ("llama", "gemma"))

    assert SupervisedHead(llama).ends_model
    assert not SupervisedHead(gemma).ends_model


@pytest.mark.parametrize("family", ["llama", "qwen", "gemma", "gemma-vision"])
def test_supervised_logits_are_those_of_the_whole_model_with_its_soft_capping(student, family):
    model = AutoModelForCausalLM.from_pretrained(student(family), dtype=torch.float32).eval()
    ids = torch.randint(5, 300, (2, 40))
    positions = torch.tensor([3, 17, 39, 41, 79])
    whole = model(input_ids=ids).logits.reshape(80, -1)[positions]

    picked = SupervisedHead(model).logits(model, ids, positions)

    torch.testing.assert_close(picked, whole, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("family", ["llama", "gemma"])
def test_leaving_out_the_mask_changes_nothing_for_tokens_before_the_padding(student, family):
    model = AutoModelForCausalLM.from_pretrained(student(family), dtype=torch.float32).eval()
    ids = torch.randint(5, 300, (2, 48))
    mask = torch.ones_like(ids)
    mask[0, 20:] = 0

    masked = model(input_ids=ids, attention_mask=mask).logits[0, :20]
    bare = model(input_ids=ids).logits[0, :20]

    torch.testing.assert_close(bare, masked, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("compute", [torch.float32, torch.bfloat16])
def test_the_output_layers_gradient_is_never_made_twice_as_a_whole(compute, monkeypatch):
    monkeypatch.setattr(supervised_head, "BLOCK_BYTES", 4 * 4096 * 8)
    monkeypatch.setattr(supervised_head, "PRODUCT_ROWS", 512)
    weight = torch.randn(4096, 32, requires_grad=True)
    hidden, targets = torch.randn(24, 32, requires_grad=True), torch.randint(0, 4096, (24,))
    whole = weight.numel() * compute.itemsize
    sizes: list[tuple[torch.dtype, int]] = []

    class Watch(TorchDispatchMode):
        def __torch_dispatch__(self, function, types, args=(), kwargs=None):
            made = function(*args, **(kwargs or {}))
            if function is torch.ops.aten.mm.default:
                sizes.append((made.dtype, made.numel() * made.element_size()))
            return made

    with Watch():
        total = supervised_head._HeadLoss.apply(hidden, weight, None, targets, compute)
    total.backward()

    # The scores of a block of eight rows are a quarter of it.
    assert max(size for _, size in sizes) <= whole // 4
    lowered = [part.detach().to(compute).float() for part in (hidden, weight)]
    shares = torch.softmax(lowered[0] @ lowered[1].t(), dim=1)
    shares[torch.arange(24), targets] -= 1
    expected = shares.t() @ lowered[0]
    close = {"atol": 1e-5, "rtol": 1e-5} if compute == torch.float32 else {"atol": 0.02, "rtol": 0.05}
    torch.testing.assert_close(weight.grad, expected, **close)
