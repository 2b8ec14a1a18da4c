"""Yes and no as people and programs write them. Pure Python."""

from __future__ import annotations

# With the words that spreadsheets of other languages write into CSV, PostgreSQL's letters, Airtable's mark, and signs.
_YES_WORDS = (
    "yes y true t 1 checked wahr ja vrai oui verdadero sí si vero sì waar sand sandt sant sann tak prawda verdadeiro "
    "sim ano áno pravda kyllä tosi igen igaz evet doğru da adevărat да истина так x ✓ ✔ ☑ ✅"
)
_NO_WORDS = (
    "no n false f 0 unchecked falsch nein faux non falso onwaar nee falsk falskt nej nei usann nie fałsz não ne "
    "nepravda ei epätosi nem hamis hay\u0131r yanl\u0131ş yanliş nu fals нет ложь ні ☐ ✗ ✘ ❌"
)
_YES, _NO = frozenset(_YES_WORDS.split()), frozenset(_NO_WORDS.split())


def flag_of(text: str) -> bool | None:
    """Read yes or no; None where the text is neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None
