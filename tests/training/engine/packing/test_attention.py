"""Attention over packed rows by itself. What a GPU computes is tried for its shapes, without one."""

from __future__ import annotations

import pytest
import torch
from torch.nn.functional import scaled_dot_product_attention

from training.engine.model import packed_attention
from training.engine.model.packed_attention import repeated

BOUNDS = torch.tensor([0, 10, 11, 30], dtype=torch.int32)


def drawn(heads, key_heads):
    generator = torch.Generator().manual_seed(1)
    query = torch.randn(1, heads, 30, 8, generator=generator)
    return query, *(torch.randn(1, key_heads, 30, 8, generator=generator) for _ in range(2))


def mask(window):
    rows = torch.bucketize(torch.arange(30), BOUNDS[1:], right=True)
    back = torch.arange(30).unsqueeze(1) - torch.arange(30)
    return (rows.unsqueeze(1) == rows) & (back >= 0) & (back < (window or 30))


@pytest.mark.parametrize("window", [None, 4])
@pytest.mark.parametrize("key_heads", [4, 2])
def test_each_token_sees_its_own_row_up_to_itself_and_back_to_the_window(key_heads, window):
    query, key, value = drawn(4, key_heads)

    got, weights = packed_attention.packed_attention(
        None, query, key, value, None, cu_seq_lens_q=BOUNDS, max_length_q=19, scaling=0.3, sliding_window=window
    )

    expected = scaled_dot_product_attention(
        query, key, value, attn_mask=mask(window), scale=0.3, enable_gqa=True
    ).transpose(1, 2)
    torch.testing.assert_close(got, expected, atol=1e-6, rtol=1e-5)
    assert weights is None


def test_masks_and_capped_scores_are_refused():
    query, key, value = drawn(4, 4)

    for wrong in ({"attention_mask": torch.ones(1, 1, 30, 30)}, {"attention_mask": None, "softcap": 50.0}):
        with pytest.raises(ValueError, match="takes no mask"):
            packed_attention.packed_attention(None, query, key, value, cu_seq_lens_q=BOUNDS, max_length_q=19, **wrong)


@pytest.mark.parametrize("window", [None, 4])
def test_flash_attention_is_asked_in_its_own_shapes_and_answers_in_those_of_the_model(window):
    query, key, value = (
        torch.empty(1, heads, 30, 64, dtype=torch.bfloat16, device="meta", requires_grad=True) for heads in (8, 2, 2)
    )

    found = packed_attention._varlen(query, key, value, BOUNDS.to("meta"), 19, 0.125, window)
    found.sum().backward()

    assert (found.shape, found.dtype) == ((1, 30, 8, 64), torch.bfloat16)
    assert [part.grad.shape for part in (query, key, value)] == [query.shape, key.shape, value.shape]


def test_a_torch_whose_flash_attention_knows_no_shared_keys_gets_them_repeated(monkeypatch):
    query, key, value = (
        torch.empty(1, heads, 30, 64, dtype=torch.bfloat16, device="meta", requires_grad=True) for heads in (8, 2, 2)
    )
    asked = []

    def older(q, k, v, _from, _to, _longest, _longest_key, *, scale=None, window_size=(-1, -1)):
        asked.append((q.shape, k.shape, v.shape, window_size))
        return q + k + v

    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", older)
    monkeypatch.setattr(packed_attention, "FLASH", packed_attention.flash_parameters())
    found = packed_attention._varlen(query, key, value, BOUNDS.to("meta"), 19, 0.125, None)

    assert asked == [((30, 8, 64), (30, 8, 64), (30, 8, 64), (-1, 0))]
    assert found.shape == (1, 30, 8, 64)


def test_a_torch_whose_flash_attention_takes_no_windows_is_not_asked(monkeypatch):
    monkeypatch.setattr("torch.nn.attention.varlen.varlen_attn", lambda query, key, value, is_causal=False: query)

    assert packed_attention.flash_parameters() == frozenset()


def test_keys_are_repeated_for_the_heads_that_share_them():
    query, key, value = drawn(4, 2)
    shared = scaled_dot_product_attention(query, key, value, is_causal=True, enable_gqa=True)

    alone = scaled_dot_product_attention(query, repeated(key, 4), repeated(value, 4), is_causal=True)

    torch.testing.assert_close(alone, shared)
    assert repeated(query, 4) is query


def test_without_a_gpu_rows_are_taken_one_by_one():
    assert packed_attention._half_of(torch.empty(1, 1, 1, 8, dtype=torch.bfloat16)) is None
