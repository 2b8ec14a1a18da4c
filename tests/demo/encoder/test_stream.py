"""The stream is seeded, pairs what says the same, and holds no record of the demo's label tasks."""

from itertools import islice

import pytest

from demo.data.claim_check import CLAIM_CHECK
from demo.data.reply_sorting import REPLY_SORTING
from demo.encoder import stream
from tests.demo.overlap import overlap

SAMPLE = 1_500


@pytest.fixture(scope="module")
def sample() -> list[stream.Pair]:
    return list(islice(stream.pairs(1), SAMPLE))


def _texts(pairs: list[stream.Pair]) -> list[str]:
    return [side.text for pair in pairs for side in (pair.first, pair.second)]


def test_the_stream_is_fixed_by_its_seed() -> None:
    first, again, other = (list(islice(stream.pairs(seed), 60)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


@pytest.mark.parametrize("task", [REPLY_SORTING, CLAIM_CHECK], ids=lambda task: task.slug)
def test_records_overlap_the_stream_by_less_than_a_thousandth(task, sample: list[stream.Pair]) -> None:
    records = ["\n".join(record.facts.values()) for record in task.records()]

    assert overlap(records, _texts(sample)) < 0.001


def test_the_overlap_would_notice_a_leaked_reply(sample: list[stream.Pair]) -> None:
    replies = [record.facts["reply"] for record in REPLY_SORTING.records()]
    longest = max(replies, key=len)

    assert overlap(replies, [*_texts(sample[:50]), longest]) > 0.001
