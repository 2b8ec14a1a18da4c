"""What the check of spelling is worth: how rarely it marks people's words, and how often it sees what is no word."""

import pytest

from benchmarks import spelling


@pytest.mark.slow
@pytest.mark.outside_data
def test_of_real_business_mails_one_word_in_250_is_marked_at_most() -> None:
    words, marked, _ = spelling.false_alarms(spelling.business_mails(), "en", frozenset())

    # 1 in 294, nearly half of them misspelt in the mails themselves.
    assert words > 70_000
    assert marked <= words / 250


def test_nothing_is_marked_in_mails_that_people_wrote_for_the_demo() -> None:
    mails = spelling.people_texts("en")["the demo's mails by hand"]

    assert spelling.false_alarms(mails, "en", spelling.demo_words())[1] == 0


def test_most_made_non_words_are_seen() -> None:
    mails = spelling.people_texts("en")["the demo's mails by hand"]

    shares = spelling.hits(mails, "en")

    # A letter left out often gives another word: "planing", "cal".
    assert shares["left out"] > 0.65
    assert min(share for way, share in shares.items() if way != "left out") > 0.85
