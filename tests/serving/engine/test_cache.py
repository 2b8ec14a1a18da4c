from __future__ import annotations

import pytest
import torch
from transformers.cache_utils import DynamicLayer

from serving.engine.kv_cache import SPARE_TOKENS, GrowingLayer

pytestmark = pytest.mark.engine


def states(batch: int, tokens: int) -> tuple[torch.Tensor, torch.Tensor]:
    return torch.randn(batch, 2, tokens, 4), torch.randn(batch, 2, tokens, 4)


def test_it_holds_what_transformers_own_layer_holds_however_rows_come_and_go():
    torch.manual_seed(1)
    ours, theirs = GrowingLayer(), DynamicLayer()
    rows = 3

    for turn in range(3 * SPARE_TOKENS):
        fresh = states(rows, 5 if turn == 0 else 1)
        got, expected = ours.update(*fresh), theirs.update(*fresh)
        assert all(torch.equal(one, other) for one, other in zip(got, expected, strict=True))
        if turn in (10, SPARE_TOKENS + 3):
            rows -= 1
            for layer in (ours, theirs):
                layer.keys, layer.values = layer.keys[:rows, :, 1:], layer.values[:rows, :, 1:]

    assert ours.get_seq_length() == theirs.get_seq_length()


def test_a_token_is_written_into_its_place_and_not_by_a_copy_of_all():
    layer = GrowingLayer()
    layer.update(*states(2, 7))
    where = layer.keys.data_ptr()

    for _ in range(SPARE_TOKENS):
        layer.update(*states(2, 1))

    assert layer.keys.data_ptr() == where
    layer.update(*states(2, 1))
    assert layer.keys.data_ptr() != where


def test_a_layer_that_was_given_other_tensors_goes_on_from_those():
    layer = GrowingLayer()
    layer.update(*states(2, 3))
    kept = layer.keys[:1].clone()
    layer.keys, layer.values = layer.keys[:1], layer.values[:1]

    keys, _ = layer.update(*states(1, 1))

    assert torch.equal(keys[:, :, :3], kept)
