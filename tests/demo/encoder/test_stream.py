"""The stream is seeded, pairs what says the same, and holds no record of the demo's label tasks."""

import re
from itertools import islice
from random import Random

import pytest

from demo.data.claim_check import CLAIM_CHECK
from demo.data.reply_sorting import REPLY_SORTING
from demo.encoder import messages, stream
from demo.student.corpus import overlap, words

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


def test_every_word_of_the_list_stands_in_every_language() -> None:
    rows = stream.words()

    assert len(rows) > 150
    assert {len(row) for row in rows} == {len(messages.LANGUAGES)}
    assert all(word.strip() == word != "" for row in rows for word in row)
    assert len({row[0] for row in rows}) == len(rows)


def test_translations_are_read_from_django_without_their_placeholders() -> None:
    entries = stream.catalogue()

    assert len(entries) > 400
    assert all(len(texts) > 1 and not stream._PLACEHOLDER.search(source) for source, texts in entries)


def test_messages_in_all_languages_make_most_pairs(sample: list[stream.Pair]) -> None:
    of_messages = [pair for pair in sample if pair.concept in messages.gists()]

    assert 0.5 < len(of_messages) / SAMPLE < 0.75
    assert {side.language for pair in of_messages for side in (pair.first, pair.second)} == set(range(6))
    assert any(pair.first.language != pair.second.language for pair in of_messages)


@pytest.mark.parametrize("task", [REPLY_SORTING, CLAIM_CHECK], ids=lambda task: task.slug)
def test_records_overlap_the_stream_by_less_than_a_thousandth(task, sample: list[stream.Pair]) -> None:
    records = ["\n".join(record.facts.values()) for record in task.records()]

    assert overlap(records, _texts(sample)) < 0.001


def _sentences(text: str) -> set[str]:
    """Sentences of five words or more, lower case and without marks."""
    parts = (words(part) for part in re.split(r"[.?!:;\n]", text))
    return {" ".join(part) for part in parts if len(part) >= 5}


@pytest.mark.slow
def test_but_for_stock_phrases_no_sentence_of_a_reply_is_a_messages() -> None:
    rng = Random(1)
    drawn = (
        messages.line(rng, language, gist)
        for language in messages.LANGUAGES
        for gist in (*messages.gists(), messages.PITCH)
        for _ in range(20)
    )

    said = set().union(*map(_sentences, drawn))
    replies = set().union(*(_sentences(record.facts["reply"]) for record in REPLY_SORTING.records()))

    assert len(replies) > 300
    assert len(replies & said) < len(replies) / 100


def test_the_overlap_would_notice_a_leaked_reply(sample: list[stream.Pair]) -> None:
    replies = [record.facts["reply"] for record in REPLY_SORTING.records()]
    longest = max(replies, key=len)

    assert overlap(replies, [*_texts(sample[:50]), longest]) > 0.001
