"""Wishes to hear no more are told from questions about compliance and from wishes about the channel or the moment."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from campaigns.replies.parsing.meaning import meaning_of
from campaigns.replies.parsing.objections import is_objection
from tests.campaigns.incoming.objection_sentences import HELD_OUT, MADE_ON


@pytest.mark.parametrize(("text", "wish"), MADE_ON)
def test_a_wish_to_hear_no_more_is_read_in_six_languages_and_nothing_else_is_taken_for_one(text, wish):
    assert is_objection(text) is wish
    assert (meaning_of(text) == "unsubscribe") is wish


def test_the_second_set_is_read_without_a_wish_missed_or_a_lead_silenced():
    counts = Counter((wish, is_objection(text)) for text, wish in HELD_OUT)

    assert len(HELD_OUT) == 50
    assert sum(wish for _, wish in HELD_OUT) == 27
    assert counts == {(True, True): 27, (False, False): 23}


def test_a_question_never_puts_a_hot_lead_to_silence():
    text = "Is your tool GDPR compliant, and can readers opt out? We would like a demo."

    assert meaning_of(text) == "interested"


@pytest.mark.outside_data
def test_in_real_mails_few_sentences_count_as_wishes_and_nearly_all_of_those_are(outside_data):
    with gzip.open(outside_data / "emails" / "email_intent.jsonl.gz", "rt") as file:
        # Every sixth line: some 775 sentences, of which none that is a footer's offer to unsubscribe may count.
        texts = [json.loads(line)["text"] for number, line in enumerate(file) if number % 6 == 0]
    offers = [text for text in texts if "unsubscribe" in text.lower()]

    assert len(offers) >= 3
    assert not [text for text in offers if is_objection(text)]
    assert sum(map(is_objection, texts)) <= 3
