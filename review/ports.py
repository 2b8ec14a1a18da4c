"""Where upper rooms speak on this room's pages and cards without being known here."""

from __future__ import annotations

from collections.abc import Callable

# Sentences for a data card, given the teachers ("provider:model") whose text a dataset holds.
CardNotes = Callable[[list[str]], list[str]]
_card_notes: list[CardNotes] = []


def add_card_notes(notes: CardNotes) -> None:
    """Have `notes` asked for every data card; adding the same function twice changes nothing."""
    if notes not in _card_notes:
        _card_notes.append(notes)


def card_notes(teachers: list[str]) -> list[str]:
    """All sentences the upper rooms have on texts of these teachers."""
    return [sentence for notes in _card_notes for sentence in notes(teachers)]
