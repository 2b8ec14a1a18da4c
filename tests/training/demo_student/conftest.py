"""A small tokenizer for the demo student's tests."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

import pytest

from demo.student import corpus
from tests import left_out

with left_out.where_torch_is():
    from demo.student import tokenizer

if TYPE_CHECKING:
    from tokenizers import Tokenizer

# Without passages of libraries, of which reading thousands takes seconds.
OF_SHEETS = corpus.Mix(echo=0.3, copying=0, plain=0)


@pytest.fixture(scope="session")
def small() -> Tokenizer:
    items = islice(corpus.example_stream(1, OF_SHEETS), 300)
    return tokenizer.train((item if isinstance(item, str) else item.completion for item in items), vocabulary=600)
