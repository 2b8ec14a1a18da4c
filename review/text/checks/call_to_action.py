"""Call to action: a mail's body should invite an answer. Silent for other texts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from review.spec.output_format import is_mail
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _
from review.text.reading.words import sentences

LABEL, NAME = "Call to action", _("call to action")
DESCRIPTION = "A mail that asks nothing."
IS_OF_MAILS = True
LANGUAGES: frozenset[str] | None = frozenset({"en", "de"})
# Requests that need no question mark.
_REQUESTS = {
    "en": (
        r"(?:just |simply |please )?(?:reply|write back|get back to me|get in touch|drop me|call me|ring me|email "
        r"me|e-mail me)\b",
        r"\blet (?:me|us) know\b(?! that)",
        r"\btell (?:me|us) (?:if|when|what|which|whether)\b",
        r"\b(?:pick|book|choose|grab|suggest|propose|name) "
        r"(?:a|any|some|your|two)\b.{0,30}\b(?:time|slot|day|date|call|minutes)\b",
        r"\bsend (?:me|us) (?:a|your|some|two|any)\b",
        r"\b(?:please|kindly) "
        r"(?:send|share|confirm|contact|forward|say)\b",
        r"\bi(?:'d| would| should) (?:like|love|welcome|be "
        r"(?:glad|happy|grateful))\b.{0,60}\b(?:call|talk|speak|meet|chat|hear|show|visit|minutes|conversation)\b",
        r"\bi(?:'m| am) (?:happy|glad|free)\b.{0,60}\b(?:call|talk|speak|meet|chat|hear|show|visit)\b",
        r"\blooking forward to (?:hear|your|speak|talk)",
        r"\blet(?:'s| us) (?:talk|speak|meet|find|set "
        r"up|schedule|arrange)\b",
    ),
    "de": (
        r"\b(?:antworten|schreiben|melden|rufen) sie\b",
        r"\bmelden sie sich\b",
        r"\blassen sie (?:mich|uns)\b",
        r"\b(?:geben|sagen|schicken|senden|nennen) sie (?:mir|uns)\b",
        r"\bich freue mich (?:auf|über)\b",
        r"\bvereinbaren (?:sie|wir)\b",
        r"\b(?:gern|gerne) (?:telefoniere|zeige|spreche)\b",
        r"\bich würde (?:mich freuen|gern|gerne)\b",
    ),
}
_ASKING = {language: re.compile("|".join(parts), re.IGNORECASE) for language, parts in _REQUESTS.items()}
# A question that opens with one of these before the end of a text only sets the scene.
_SCENE = {
    "en": re.compile(
        r"(?:ever|have you ever|did you know|do you know that|why|sound familiar|what if)\b", re.IGNORECASE
    ),
    "de": re.compile(r"(?:wussten sie|haben sie schon einmal|warum|kennen sie das|was wäre)\b", re.IGNORECASE),
}


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader of bodies, or None for a task that writes no mail."""
    if not is_mail(spec):
        return None
    language = spec.language[:2]

    def read(passage: CheckedText) -> Iterator[Mark]:
        if passage.schema.role != "body" or _asks(passage.text, language):
            return
        message = "Nothing in the mail asks for an answer"
        mend = "End with one question that is easy to answer, such as a short call."
        yield Mark("call_to_action", passage.field, 0, 0, message, "error", mend)

    return read


def invites(sentence: str, language: str) -> bool:
    """Return whether a sentence asks for an answer without a question mark; False for unknown languages."""
    asking = _ASKING.get(language[:2])
    return asking is not None and asking.search(sentence.replace("\u2019", "'")) is not None


def _asks(text: str, language: str) -> bool:
    if "?" in text and any(
        sentence.group().endswith("?") and not _SCENE[language].match(sentence.group()) for sentence in sentences(text)
    ):
        return True
    return _ASKING[language].search(text.replace("\u2019", "'")) is not None
