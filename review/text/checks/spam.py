"""Spam: words that filters and readers reject, shouting, runs of exclamation marks and money signs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import Phrases, without_addresses

LABEL, NAME = "Spam", _("spam")
DESCRIPTION = "Words that filters and readers turn away from, capitals, runs of exclamation marks."
LANGUAGES: frozenset[str] | None = frozenset({"en", "de"})
_PHRASES = {
    "en": (
        "act now",
        "act fast",
        "buy now",
        "order now",
        "call now",
        "apply now",
        "click here",
        "click below",
        "100 ?% free",
        "absolutely free",
        "totally free",
        "completely free",
        "free bonus",
        "free gift",
        "free money",
        "risk[- ]free",
        "limited[- ]time",
        "limited offer",
        "while (?:supplies|stocks) last",
        "do(?: not|n't) miss",
        "last chance",
        "once in a lifetime",
        "claim your",
        "you(?:'ve| have) (?:won|been (?:chosen|selected))",
        "winner",
        "congratulations",
        "cash bonus",
        "extra cash",
        "make money",
        "earn (?:money|extra)",
        "double your",
        "money[- ]back",
        "no obligation",
        "no strings attached",
        "no catch",
        "special promotion",
        "exclusive deal",
        "amazing (?:offer|deal)",
        "incredible (?:offer|deal)",
        "unbeatable",
        "lowest price",
        "best price",
        "satisfaction guaranteed",
        "guaranteed (?:results|success|income)",
        "miracle",
        "instant(?:ly)? (?:rich|profit)",
        "urgent(?:ly)? (?:reply|response)",
        "this is not spam",
        "not a scam",
        "hurry",
        "dear friend",
        "as seen on",
    ),
    "de": (
        "jetzt (?:kaufen|bestellen|zugreifen|handeln)",
        "hier klicken",
        "klicken sie hier",
        "100 ?% (?:kostenlos|gratis)",
        "völlig kostenlos",
        "nur für kurze zeit",
        "solange der vorrat reicht",
        "letzte chance",
        "einmalige (?:chance|gelegenheit)",
        "sie haben gewonnen",
        "herzlichen glückwunsch",
        "geld verdienen",
        "risikofrei",
        "ohne risiko",
        "bestpreis",
        "unschlagbar",
        "garantierter erfolg",
    ),
}
_WORDS = {language: Phrases(phrases) for language, phrases in _PHRASES.items()}
_RUNS = re.compile(r"!{2,}|[!?]{3,}|[$€£¥]{2,}")
_CAPITALS = re.compile(r"(?<![\w])[A-ZÄÖÜÀ-Þ][A-ZÄÖÜÀ-Þ'\u2019]+(?:[ ,-]+[A-ZÄÖÜÀ-Þ][A-ZÄÖÜÀ-Þ'\u2019]+)*(?!\w)")
_SHOUT_LETTERS = 5


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader for the task's language."""
    words = _WORDS[spec.language[:2]]

    def read(passage: CheckedText) -> Iterator[Mark]:
        text = without_addresses(passage.text).replace("\u2019", "'")
        evidence_text = passage.evidence.text
        for _phrase, match in words.find(text):
            if match.group().casefold() not in evidence_text:
                yield _mark(passage, match, f"'{match.group()}' reads like spam", "Say it plainly.")
        for match in _RUNS.finditer(text):
            yield _mark(passage, match, f"'{match.group()}' shouts", "One mark, or none.")
        for match in _CAPITALS.finditer(text):
            if _shouts(match.group(), evidence_text):
                yield _mark(passage, match, f"'{match.group()}' shouts in capitals", "Use small letters.")

    return read


def _shouts(run: str, evidence_text: str) -> bool:
    """Return whether a run of capitals shouts: one long word or two words that are no names in the evidence."""
    if run.casefold() in evidence_text:
        return False
    words = [word for word in re.split(r"[ ,-]+", run) if word.casefold() not in evidence_text.split()]
    return any(len(word) >= _SHOUT_LETTERS for word in words) or len([word for word in words if len(word) > 2]) >= 2


def _mark(passage: CheckedText, match: re.Match[str], message: str, mend: str) -> Mark:
    return Mark("spam", passage.field, match.start(), match.end(), message, "warning", mend)
