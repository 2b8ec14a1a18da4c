"""What rules and words make of replies as people write them: clipped, misspelt, or about something else than they seem."""

from __future__ import annotations

import pytest

from campaigns.replies import sorting
from campaigns.states import ReplyClass

FEW = {each.value: 0.005 for each in ReplyClass}


def said(text: str) -> ReplyClass:
    return sorting.sort(sorting.received("Re: Invoices", text)).reply_class


@pytest.mark.parametrize(
    "text",
    [
        "pls unsub me thx",
        "Unsubcribe please",
        "not intrested pls remove",
        "We'd appreciate not hearing from you any more.",
        "Kindly desist from sending me marketing.",
        "Von weiteren Kontaktaufnahmen bitte ich abzusehen.",
        "bitte abmeldung vom newsletter",
        "Ich will das nicht mehr kriegen",
    ],
)
def test_a_clipped_or_roundabout_wish_to_leave_is_heeded(text):
    assert said(text) == ReplyClass.UNSUBSCRIBE


@pytest.mark.parametrize(
    "text",
    [
        "Is it GDPR compliant and can you delete our data on request?",
        "Können Sie unsere Daten auf Wunsch löschen?",
        "We removed that kind of product from our stack years ago.",
        "Please remove me from this thread, Mark can carry on with you.",
    ],
)
def test_what_a_product_can_do_or_a_thread_is_no_wish_to_leave(text):
    assert said(text) != ReplyClass.UNSUBSCRIBE


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("Mr Lane has left; his successor is Fay Moss, f.moss@firm.example", "referral"),
        ("Je transmets votre message à notre DAF, M. Renaud, qui reviendra vers vous.", "referral"),
        ("Un conseiller de notre équipe reviendra vers vous sous 48 h.", "machine"),
        ("Thanks but we do all this in house and have no plans to change.", "not_interested"),
        ("Voor ons niet interessant", "not_interested"),
        ("Machen wir!", "interested"),
        ("Schönes Wochenende wünsche ich.", "other"),
        ("Sie haben mich falsch geschrieben, ich heiße Maier mit ai.", "other"),
    ],
)
def test_words_of_people_and_of_programs_are_told_apart(text, meaning):
    assert said(text) == meaning


def test_an_absence_that_says_away_is_one_under_an_automatons_header():
    reply = sorting.received("Automatic reply: Invoices", "Away 4-12 Nov.", {"Auto-Submitted": "auto-replied"})

    assert sorting.sort(reply).reply_class == ReplyClass.OUT_OF_OFFICE


def test_a_wish_that_may_not_stand_by_itself_takes_from_the_confidence():
    """A miniature that thinks of a removal where no word names one is not believed, and not passed over either."""
    thinks = {**FEW, "unsubscribe": 0.7, "interested": 0.25}

    read = sorting.sort(sorting.received("Re: Invoices", "Hm, well then."), probabilities=thinks, by="small")

    assert read.reply_class == ReplyClass.INTERESTED
    assert not read.is_sure
