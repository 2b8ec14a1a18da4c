"""A wish that names the address to remove is as plain in five languages as in English; eager words are no wish."""

from __future__ import annotations

import pytest

from campaigns.replies.parsing.objections import Wish, wish_in
from tests.campaigns.incoming.test_machines import read

REMOVALS = (
    "Please remove name@firma.de from your list.",
    "Please remove name@firma.com from your list and send a copy to our lawyer.",
    "Please delete my data and confirm in cc to legal@firma.com.",
    "Remove name@firma.com from cc. And please remove me from your list.",
    "Bitte entfernen Sie name@firma.de.",
    "Guten Tag,\nbitte löschen Sie die Adresse name@firma.de aus Ihrem Verteiler. Vielen Dank",
    "Nehmen Sie name@firma.de aus dem Verteiler.",
    "Können Sie bitte name@firma.de aus Ihrer Liste löschen?",
    "Merci de supprimer name@firma.fr de votre liste.",
    "S'il vous plaît, retirez l'adresse name@firma.fr de vos fichiers",
    "Vi prego di rimuovere l'indirizzo name@firma.it dalla vostra lista",
    "Per favore cancellate name@firma.it",
    "Gelieve name@firma.nl te verwijderen",
    "Kunt u name@firma.nl verwijderen uit jullie bestand?",
    "Por favor eliminen name@firma.es",
    "Quiten la dirección name@firma.es de su lista, gracias",
)
# An address that changes, a removal from something else, one that is not to be, and what others do.
INNOCENT = (
    "Remove name@firma.com from cc",
    "Please remove my colleague name@firma.com from the CC line.",
    "Delete name@firma.com from the bcc",
    "Please remove name@firma.com in cc, she has left us.",
    "Remove name@firma.com from this thread",
    "Could you remove name.surname@firma.co.uk from the invite?",
    "Bitte ändern Sie name@firma.de in neu@firma.de.",
    "Bitte entfernen Sie name@firma.de. Meine neue Adresse ist neu@firma.de.",
    "Bitte entfernen Sie name@firma.de nicht.",
    "Bitte löschen Sie name@firma.de aus dem Termin.",
    "Löschen Sie name@firma.de?",
    "Wir löschen name@firma.de morgen.",
    "Remplacez name@firma.fr par nouveau@firma.fr",
    "Supprimez name@firma.fr de la copie",
    "Ne supprimez pas name@firma.fr",
    "Cancellate name@firma.it e usate nuovo@firma.it",
    "Verwijder name@firma.nl en gebruik nieuw@firma.nl",
    "Verwijder name@firma.nl niet",
    "Eliminen name@firma.es y usen nuevo@firma.es",
    "Cambien name@firma.es por nuevo@firma.es",
    # Nor is the writer's own wish to be out of copy.
    "Please remove me from the cc list",
    "Nehmen Sie mich bitte aus dem CC",
    "Toglietemi dalla copia",
    "Quítenme de la copia",
    "Haal mij uit de cc",
)


@pytest.mark.parametrize("text", REMOVALS)
def test_an_order_about_one_named_address_is_a_plain_wish(text: str) -> None:
    assert wish_in(text) == Wish.PLAIN


@pytest.mark.parametrize("text", INNOCENT)
def test_an_address_in_another_matter_is_no_plain_wish(text: str) -> None:
    assert wish_in(text) != Wish.PLAIN


@pytest.mark.parametrize("text", ["Don't stop now", "Please don't stop now.", "Don't stop now, tell me more!"])
def test_who_is_eager_for_more_does_not_leave(text: str) -> None:
    assert wish_in(text) == Wish.NONE


def test_a_threat_and_a_bare_stop_stay_wishes() -> None:
    assert wish_in("If you don't stop now, I will call my lawyer.") == Wish.POSSIBLE
    assert wish_in("Stop now") == Wish.PLAIN


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Lest: tilbudet deres", "Hei Nora, vi har lest det og vil gjerne vite mer. Hilsen Kari"),
        ("Læst: jeres tilbud", "Hej Nora, tak, det lyder godt for os. Venlig hilsen Bo"),
    ],
)
def test_a_persons_subject_read_is_no_receipt(subject: str, text: str) -> None:
    assert read(subject, text).auto_reason == ""


@pytest.mark.parametrize("text", ["", "Lest", "Meldingen din til Kari ble lest tirsdag 1. desember 2026 10:02."])
def test_a_programs_receipt_stays_one(text: str) -> None:
    assert read("Lest: A question", text).auto_reason
