"""Wishes to hear no more are told from questions about compliance and from wishes about the channel or the moment."""

from __future__ import annotations

import gzip
import json
from collections import Counter

import pytest

from campaigns.replies.parsing.meaning import meaning_of
from campaigns.replies.parsing.objections import is_objection
from tests.campaigns.incoming.objection_sentences import HELD_OUT, MADE_ON

# A removal that is not to be, and what only looks like one.
STAYS = (
    "Nehmen Sie mich bloß nicht vom Verteiler, genau das suchen wir.",
    "Bitte streichen Sie uns nicht von der Liste!",
    "Löschen Sie meine Adresse bitte nicht.",
    "Bitte mich nicht aus dem Verteiler löschen.",
    "Ne me retirez pas de votre liste, c'est exactement ce que nous cherchons.",
    "Surtout ne me désinscrivez pas.",
    "Merci de ne pas me désabonner.",
    "No quiero darme de baja.",
    "No me eliminen de la lista, por favor.",
    "Non cancellatemi dalla lista!",
    "Non mi cancelli dalla lista, ci interessa.",
    "Haal me niet van de lijst, dit zoeken we juist.",
    "Schrijf ons alsjeblieft niet uit.",
    "Don't take us off the list.",
    "Please don't unsubscribe me.",
)
LEAVES = (
    "Nehmen Sie mich nicht mehr in den Verteiler auf, löschen Sie meine Adresse.",
    "Entfernen Sie mich bitte nicht nur aus diesem Verteiler, sondern aus allen.",
    "No gracias darme de baja",
    "Ne m'écrivez plus, retirez-moi de la liste.",
    "Merci de ne plus m'écrire et de me retirer de la liste.",
    "No me interesa, dame de baja.",
    "Haal mij van de lijst, ik wil dit niet meer.",
    "Streichen Sie uns von der Liste, wir haben das nicht bestellt.",
    "Non mi interessa, cancellatemi.",
    "Löschen Sie mich, ich bin nicht interessiert.",
    "Nehmen Sie mich vom Verteiler, nicht interessiert",
    "Verwijder mij, ik ben niet geïnteresseerd",
    "No, remove me from the list",
    "Non, retirez-moi de votre liste",
)


@pytest.mark.parametrize("text", STAYS)
def test_who_asks_to_stay_on_the_list_is_not_taken_off_it(text):
    assert not is_objection(text)
    assert meaning_of(text) != "unsubscribe"


@pytest.mark.parametrize("text", LEAVES)
def test_a_word_that_says_no_to_something_else_turns_no_wish_round(text):
    assert is_objection(text)


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


@pytest.mark.slow
@pytest.mark.outside_data
def test_in_real_mails_few_sentences_count_as_wishes_and_nearly_all_of_those_are(outside_data):
    with gzip.open(outside_data / "emails" / "email_intent.jsonl.gz", "rt") as file:
        # Every sixth line: some 775 sentences, of which none that is a footer's offer to unsubscribe may count.
        texts = [json.loads(line)["text"] for number, line in enumerate(file) if number % 6 == 0]
    offers = [text for text in texts if "unsubscribe" in text.lower()]

    assert len(offers) >= 3
    assert not [text for text in offers if is_objection(text)]
    assert sum(map(is_objection, texts)) <= 3
