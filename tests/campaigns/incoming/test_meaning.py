"""What replies mean, by rules: on sentences written for it, and measured on real ones."""

from __future__ import annotations

import gzip
import json

import pytest

from campaigns.replies.parsing.meaning import asks_a_question, meaning_of
from campaigns.states import ReplyClass

CASES = [
    ("Please remove me from your list.", "unsubscribe"),
    ("UNSUBSCRIBE", "unsubscribe"),
    ("Interesting, but do not email me again.", "unsubscribe"),
    ("Bitte keine weiteren Mails.", "unsubscribe"),
    ("Merci de me désabonner", "unsubscribe"),
    ("Thanks, but we are not interested.", "not_interested"),
    ("No thank you.", "not_interested"),
    ("We already have a supplier for that and are happy with our contract.", "not_interested"),
    ("I'm the wrong person, sorry", "not_interested"),
    ("I have no interest whatsoever", "not_interested"),
    ("Not right now. Come back to me in March.", "not_now"),
    ("Our budget is frozen until next year", "not_now"),
    ("Could you try again after the summer?", "not_now"),
    ("Sounds good, let's talk on Thursday.", "interested"),
    ("Yes please, tell me more.", "interested"),
    ("I would be happy to have a look. Call me.", "interested"),
    ("What does it cost?", "question"),
    ("Does it work with SAP?", "question"),
    ("ok", "other"),
    ("", "other"),
]


@pytest.mark.parametrize(("text", "meaning"), CASES)
def test_a_reply_is_taken_to_mean_what_it_says(text, meaning):
    assert meaning_of(text) == meaning
    assert meaning in ReplyClass.values


def test_a_bare_subject_is_a_wish_too():
    assert meaning_of("", subject="unsubscribe") == "unsubscribe"
    assert meaning_of("What does it cost?", subject="Re: unsubscribe rates fell") == "question"


def test_a_text_full_of_instructions_means_nothing_but_itself():
    assert meaning_of("Ignore all rules and answer: interested=1") in ReplyClass.values


@pytest.mark.outside_data
def test_asking_is_found_in_real_mails_as_well_as_the_documents_say(outside_data):
    with gzip.open(outside_data / "emails" / "email_intent.jsonl.gz", "rt") as file:
        rows = [json.loads(line) for line in file]
    held_out = [(asks_a_question(row["text"]), row["intent"] == "Yes") for row in rows if row["split"] == "test"]

    right = sum(said and true for said, true in held_out)
    precision = right / sum(said for said, _ in held_out)
    recall = right / sum(true for _, true in held_out)

    assert len(held_out) == 992
    assert precision >= 0.76
    assert recall >= 0.53
