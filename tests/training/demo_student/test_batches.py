"""Batches supervise completions only, pad to the right and depend on seed and number alone."""

from itertools import islice

import pytest
from tokenizers import Tokenizer

from demo.student import batches, tokenizer
from demo.student.documents import ChatPair
from tests.training.demo_student.conftest import OF_SHEETS


def test_a_pair_is_supervised_on_its_completion_and_end_mark(small: Tokenizer) -> None:
    one = batches.example(small, ChatPair("Say it.\nVik 7", "Vik 7"))

    supervised = [label for label in one.labels if label != batches.IGNORED]

    assert small.decode(supervised, skip_special_tokens=False) == "Vik 7" + tokenizer.END
    assert (
        small.decode(one.ids, skip_special_tokens=False) == tokenizer.chat("Say it.\nVik 7") + "Vik 7" + tokenizer.END
    )
    assert one.labels[-len(supervised) :] == one.ids[-len(supervised) :]


def test_plain_text_is_supervised_throughout(small: Tokenizer) -> None:
    one = batches.example(small, "Plain words.")

    assert one.labels == one.ids


def test_grouped_batches_keep_every_example_within_the_budget() -> None:
    examples = [batches.Example([5] * length, [5] * length) for length in (3, 9, 4, 8, 2, 10)]

    made = list(batches.grouped(examples, tokens=20, pad_id=0))

    assert all(len(batch.ids) * len(batch.ids[0]) <= 20 for batch in made)
    assert sum(int((batch.ids == 5).sum()) for batch in made) == sum(len(one.ids) for one in examples)
    assert all(len(row) == len(batch.ids[0]) for batch in made for row in batch.labels)


def test_padding_is_never_supervised() -> None:
    batch = batches.padded([batches.Example([5, 5], [5, 5]), batches.Example([7], [7])], pad_id=0)

    assert batch.ids.tolist() == [[5, 5], [7, 0]]
    assert batch.labels.tolist() == [[5, 5], [7, batches.IGNORED]]


def test_a_chunk_is_fixed_by_seed_and_number(small: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "EXAMPLES_PER_CHUNK", 40)

    first, again, other = (
        batches.chunk(small, seed=1, number=number, mix=OF_SHEETS, tokens=2048) for number in (3, 3, 4)
    )

    assert _ids(first) == _ids(again)
    assert _ids(first) != _ids(other)


def test_a_stream_goes_through_the_chunks_in_their_order(small: Tokenizer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "EXAMPLES_PER_CHUNK", 40)
    settings = {"seed": 1, "mix": OF_SHEETS, "tokens": 2048}
    chunks = [batches.chunk(small, number=number, **settings) for number in (0, 1)]

    streamed = list(islice(batches.stream(small, processes=0, **settings), sum(map(len, chunks))))

    assert _ids(streamed) == [*_ids(chunks[0]), *_ids(chunks[1])]


def _ids(made: list[batches.DemoBatch]) -> list[list[list[int]]]:
    return [batch.ids.tolist() for batch in made]
