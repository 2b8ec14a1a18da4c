"""The legal note of a writer's company says nothing of what the writer means, and nothing else is taken for one."""

from __future__ import annotations

import pytest

from campaigns.replies import sorting
from campaigns.replies.parsing.legal_notes import without_legal_note

NOTES = (
    "The contents of this message are confidential. If received in error please delete it and tell the sender.",
    "This e-mail is intended solely for the addressee. If you are not that person, destroy it.",
    "Der Inhalt dieser E-Mail ist für den bezeichneten Adressaten bestimmt. Sonst löschen Sie sie bitte.",
    "Diese Nachricht kann vertraulich sein. Falls Sie sie irrtümlich erhalten haben, vernichten Sie sie.",
    "Ce message est confidentiel. Si vous l'avez reçu par erreur, merci de le supprimer.",
    "Avertissement : ce courriel est réservé à la personne nommée.\nToute copie est interdite.",
    "Questa comunicazione è riservata. Qualora l'abbiate ricevuta per errore, eliminatela.",
    "Dit bericht is uitsluitend bestemd voor de geadresseerde. Verwijder het indien u dat niet bent.",
    "Este mensaje se dirige exclusivamente a su destinatario. Si lo ha recibido por error, bórrelo.",
)
OWN = (
    "You send these mails to me in error. Delete my address.",
    "If you mail me again I will report the message to the regulator.",
    "Bitte löschen Sie meine Daten und senden Sie keine Nachrichten mehr.",
    "Si vous avez d'autres informations, envoyez-les à ma collègue.",
    "Se non smettete di mandare messaggi vi segnalo al Garante.",
    "Als u nog één bericht stuurt, dien ik een klacht in.",
    "Si vuelven a enviar otro correo, los denuncio.",
)


@pytest.mark.parametrize("note", NOTES)
def test_a_legal_note_is_no_wish_and_goes(note: str) -> None:
    read = sorting.sort(sorting.received("Re: Offer", f"We build our own.\n\n{note}"))

    assert without_legal_note(f"We build our own.\n\n{note}") == "We build our own."
    assert (read.reply_class, read.may_be_optout) == ("other", False)


@pytest.mark.parametrize("words", OWN)
def test_words_of_the_writers_own_stay(words: str) -> None:
    assert without_legal_note(f"Hello.\n\n{words}") == f"Hello.\n\n{words}"


@pytest.mark.parametrize("note", NOTES)
def test_the_first_paragraph_always_stays(note: str) -> None:
    assert without_legal_note(note) == note


def test_a_model_takes_a_person_for_a_program_only_where_it_is_sure() -> None:
    reply = sorting.received("Re: Offer", "Back from the fair, all is fine here.")

    sure, unsure = (
        sorting.sort(reply, probabilities={"out_of_office": share, "interested": 1 - share}, by="m")
        for share in (0.9, 0.7)
    )

    assert (sure.reply_class, unsure.reply_class) == ("out_of_office", "interested")
