"""GGUF: the file's list of tokens is as long as the embedding, whatever the tokenizer has beyond it."""

from __future__ import annotations

import gguf
import pytest

from tests.training.engine.conftest import make_tokenizer
from tests.training.engine.exporting.test_gguf import model_of, save, written
from training.engine.contracts import TrainError

pytestmark = pytest.mark.engine


def tokens_of(path):
    field = gguf.GGUFReader(path).fields["tokenizer.ggml.tokens"]
    return [bytes(field.parts[at]).decode() for at in field.data]


def test_a_token_that_was_added_without_a_row_of_its_own_is_left_out(tmp_path):
    tokenizer = make_tokenizer()
    size = len(tokenizer)
    tokenizer.add_tokens(["<image_soft_token>"], special_tokens=True)

    path, _ = written(save(tmp_path / "student", model_of("llama", size), tokenizer), tmp_path)

    assert len(tokens_of(path)) == size
    assert "<image_soft_token>" not in tokens_of(path)


def test_a_word_without_a_row_is_refused(tmp_path):
    tokenizer = make_tokenizer()

    with pytest.raises(TrainError, match="has no row in the embedding"):
        written(save(tmp_path / "student", model_of("llama", len(tokenizer) - 2), tokenizer), tmp_path)
