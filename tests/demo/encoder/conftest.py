"""A small tokenizer for the demo encoder's tests."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import pytest

from demo.encoder import stream
from tests import left_out

with left_out.where_torch_is():
    from tokenizers import Tokenizer

    from demo.encoder import tokenizer

PASSAGES = ("The first paragraph says what a module is for.", "The second one says how.", "The third gives an example.")


@pytest.fixture(scope="session", autouse=True)
def few_passages() -> Iterator[None]:
    """Three paragraphs for the whole of Python's documentation, which takes seconds to read."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(stream, "library_passages", lambda: PASSAGES)
        yield


@pytest.fixture(scope="session")
def small(few_passages: None) -> Tokenizer:
    pairs = islice(stream.pairs(1), 150)
    return tokenizer.train((side.text for pair in pairs for side in (pair.first, pair.second)), vocabulary=600)
