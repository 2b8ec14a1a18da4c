"""The stream is seeded and mixed as asked, and holds none of the demo's mails."""

from itertools import islice
from random import Random

import pytest

from demo.data.offer import OFFER
from demo.data.prospects.generate import prospects
from demo.offline_teacher.mail import compose
from demo.student import corpus
from demo.student.documents import ChatPair
from demo.student.passages import library_passages
from tests.demo.overlap import overlap


def _text(item: ChatPair | str) -> str:
    return item if isinstance(item, str) else f"{item.prompt}\n{item.completion}"


@pytest.fixture(scope="module")
def mails() -> list[str]:
    drafts = (compose(facts, OFFER, Random(number)) for number, facts in enumerate(prospects()))
    return [f"Subject: {draft.subject}\n\n{draft.body}" for draft in drafts]


@pytest.mark.slow
def test_the_stream_is_fixed_by_its_seed() -> None:
    first, again, other = (list(islice(corpus.example_stream(seed), 100)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


def test_the_mix_decides_what_the_stream_holds() -> None:
    plain = list(islice(corpus.example_stream(1, corpus.Mix(0, 0, 1)), 30))
    echoes = list(islice(corpus.example_stream(1, corpus.Mix(1, 0, 0)), 30))

    assert all(isinstance(item, str) for item in plain)
    assert all(isinstance(item, ChatPair) and item.prompt.startswith("Say it") for item in echoes)


def test_library_passages_are_prose_of_bounded_length() -> None:
    passages = library_passages()

    assert len(passages) > 1000
    assert all(80 <= len(passage) <= 1200 and ">>>" not in passage for passage in passages)
    assert len(set(passages)) == len(passages)


def test_overlap_counts_the_share_of_shared_word_runs() -> None:
    text = "one two three four five"

    assert overlap([text], ["zero One, two THREE four six"], n=4) == 0.5
    assert overlap([text], [text], n=4) == 1.0
    assert overlap(["too short"], [text], n=4) == 0.0


@pytest.mark.slow
def test_the_demos_mails_overlap_the_stream_by_less_than_a_thousandth(mails: list[str]) -> None:
    sample = [_text(item) for item in islice(corpus.example_stream(1), 10_000)]

    assert overlap(mails, sample) < 0.001


def test_the_overlap_would_notice_a_leaked_mail(mails: list[str]) -> None:
    sample = [_text(item) for item in islice(corpus.example_stream(1), 100)]

    assert overlap(mails, [*sample, mails[0]]) > 0.001
