"""Wishes to hear no more are told from questions about compliance and from wishes about the channel or the moment."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from time import monotonic

import pytest

from campaigns.replies.parsing.objections import Wish, wish_in
from tests.campaigns.incoming.objection_sentences import HELD_OUT, MADE_ON

# Lines `least|text`: the rules were made on these; what judges them is by another hand and not in this repository.
WISHES = [line.split("|", 1) for line in (Path(__file__).parent / "wishes.txt").read_text().splitlines()]
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


# What the law or a newsletter grants its reader, in the foot of a company's mails.
GRANTED = (
    "You have the right to request erasure of data that Acme holds: privacy@acme.example.",
    "Podrá ejercitar los derechos de acceso, supresión y oposición ante rgpd@acme.example.",
    "Para dejar de recibir comunicaciones de Acme, responda con el asunto BAJA.",
    "Vous bénéficiez d'un droit d'accès et de suppression auprès de dpo@acme.example.",
    "L'interessato potrà richiedere la cancellazione dei dati a privacy@acme.example.",
    "Sie haben das Recht auf Löschung Ihrer Daten.",
    "Hinweise zum Datenschutz und zur Löschung von Daten: www.acme.example/datenschutz",
    "U hebt het recht uw gegevens te laten verwijderen.",
)
DEMANDED = (
    "You have no right to mail people here, remove this address.",
    "Sie haben kein Recht dazu, bitte löschen Sie alle Daten.",
    "Vous pouvez supprimer mon adresse, je vous prie d'exercer mes droits.",
    "¿Puede usted solicitar mi baja de su lista?",
    "Para no recibir más correos les pido que me den de baja.",
    "U kunt mijn gegevens verwijderen, vragen heb ik niet.",
)
NEAR_A_RIGHT = (
    "You have mailed us three times and we object to any more messages.",
    "Take us off that list, you can ask for confirmation at legal@acme.example.",
    "Nous ne voulons plus recevoir vos messages, vous pouvez cesser de demander.",
    "U mag ons van uw lijst verwijderen, voor vragen kunt u bellen.",
    "Puede darnos de baja, no queremos solicitar nada.",
    "Löschen Sie alle Informationen über diese Adresse aus Ihrer Datenbank.",
)


@pytest.mark.parametrize("text", GRANTED)
def test_a_right_that_a_companys_foot_grants_ends_no_mails_by_itself(text):
    assert wish_in(text) is not Wish.PLAIN


@pytest.mark.parametrize("text", NEAR_A_RIGHT)
def test_a_wish_beside_a_right_is_heard(text):
    assert wish_in(text) >= Wish.POSSIBLE


@pytest.mark.parametrize("text", DEMANDED)
def test_a_right_that_the_writer_claims_is_a_wish(text):
    assert wish_in(text) >= Wish.POSSIBLE


@pytest.mark.parametrize("text", STAYS)
def test_who_asks_to_stay_on_the_list_is_not_taken_off_it(text):
    assert wish_in(text) is Wish.STAYS


@pytest.mark.parametrize("text", LEAVES)
def test_a_word_that_says_no_to_something_else_turns_no_wish_round(text):
    assert wish_in(text) is Wish.PLAIN


@pytest.mark.parametrize(("text", "wish"), [*MADE_ON, *HELD_OUT])
def test_a_wish_to_hear_no_more_is_read_in_six_languages_and_nothing_else_is_taken_for_one(text, wish):
    assert (wish_in(text) is Wish.PLAIN) is wish


def test_every_wish_in_the_table_is_read_and_one_that_may_be_meant_is_at_least_suspected():
    read = [(least, wish_in(text), text) for least, text in WISHES]

    assert len(WISHES) >= 600
    assert not [text for least, wish, text in read if least == "plain" and wish is not Wish.PLAIN]
    assert not [text for least, wish, text in read if least == "may" and wish is Wish.NONE]


def test_few_other_replies_are_suspected_and_none_is_taken_for_a_wish():
    others = [(wish_in(text), text) for least, text in WISHES if least == "none"]

    assert len(others) >= 150
    assert not [text for wish, text in others if wish is Wish.PLAIN]
    assert sum(wish is Wish.POSSIBLE for wish, _ in others) <= 0.04 * len(others)


@pytest.mark.parametrize(("least", "text"), [pair for pair in WISHES if pair[0] == "plain"][::12])
def test_capitals_missing_marks_and_a_greeting_hide_no_wish(least, text):
    assert wish_in(text.upper()) is Wish.PLAIN
    assert wish_in(f"Hello,\n\n{text}\n\nBest\nKim Berg") is Wish.PLAIN
    assert wish_in(text.translate(str.maketrans("äöüéèàñç", "aoueeanc"))) is Wish.PLAIN


def test_words_that_are_quoted_of_others_are_no_wish():
    assert wish_in("Our members write “please remove me from your list” every day. Can you help?") is Wish.NONE


@pytest.mark.parametrize(
    "word", ["please ", "remove ", "we don't ", "ne ", "nicht mehr ", "no more of these ", "my our "]
)
def test_a_text_made_to_be_slow_is_read_soon(word):
    began = monotonic()

    wish_in(word * 2_000)

    assert monotonic() - began < 5


@pytest.mark.slow
@pytest.mark.outside_data
def test_in_real_mails_few_sentences_count_as_wishes_and_nearly_all_of_those_are(outside_data):
    with gzip.open(outside_data / "emails" / "email_intent.jsonl.gz", "rt") as file:
        # Every sixth line: some 775 sentences, of which none that is a footer's offer to unsubscribe may count.
        texts = [json.loads(line)["text"] for number, line in enumerate(file) if number % 6 == 0]
    offers = [text for text in texts if "unsubscribe" in text.lower()]

    assert len(offers) >= 3
    assert not [text for text in offers if wish_in(text) is Wish.PLAIN]
    assert sum(wish_in(text) is Wish.PLAIN for text in texts) <= 3
    assert sum(wish_in(text) is Wish.POSSIBLE for text in texts) <= 0.02 * len(texts)
