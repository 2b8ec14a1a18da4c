"""Sorts replies: what only a program or a plain wish says is told by rules; the rest by cues, and a miniature where one is given.

Pure but for the miniature, which the caller hands in: what it says of each class is weighed with the words that speak for one.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.message import Message as Mail
from typing import Final

from campaigns.replies.parsing import auto_replies, cues, delivery_reports, objections, quotations
from campaigns.states import ReplyClass

RULES: Final = "rules"
# Below it a person has to read the reply.
SURE: Final = 0.55
# What rules are taken to be sure of, and the most that words alone are.
BY_RULE: Final = 0.99
# How far a miniature's word is trusted beside the words that speak for a class.
TRUST: Final = 0.9
# A miniature's wish to hear no more stops mails: it has to be this sure,
# name what is to end, and no word may say that the reader wants something.
SURE_WISH: Final = 0.8
_LEAVES: Final = re.compile(
    r"\b(?:mails?|e-?mails?|messages?|list\w*|database|data|remove|delete|erase|stop\w*|spam|write|contact|address|verteiler|liste|lösch\w*|daten|adresse|streich\w*|werbung|nachrichten|post"
    r"|schreiben|hören|envois?|données|écrire|retir\w*|supprim\w*|effac\w*|messaggi|cancell\w*|indirizzo|dati|berichten|gegevens|adres|verwijder\w*|correos?|mensajes|datos|borr\w*|elimin\w*)\b",
    re.IGNORECASE,
)
_WANTS: Final = frozenset({ReplyClass.INTERESTED, ReplyClass.QUESTION, ReplyClass.REFERRAL, ReplyClass.NOT_NOW})
_ANSWER: Final = re.compile(r"^\s*((re|aw|antw|r|sv|fwd?|tr|wg|rv)\s*:\s*)+", re.IGNORECASE)


@dataclass(frozen=True)
class ReceivedReply:
    """A reply before it is sorted.

    Attributes:
        subject: Decoded.
        text: The writer's own words, without quotations.
        mail: Its header fields.
    """

    subject: str
    text: str
    mail: Mail = field(default_factory=Mail)

    @property
    def read(self) -> str:
        """What is to be read: the text, after its subject where that is the writer's own."""
        return self.text if not self.subject or _ANSWER.match(self.subject) else f"{self.subject}\n\n{self.text}"


@dataclass(frozen=True)
class SortedReply:
    """What a reply means.

    Attributes:
        confidence: From 0 to 1; below `SURE` a person has to read it.
        by: `rules`, or the miniature's name.
    """

    reply_class: ReplyClass
    confidence: float
    by: str

    @property
    def is_sure(self) -> bool:
        """Whether it may stand without a person."""
        return self.confidence >= SURE


def received(subject: str, body: str, headers: Mapping[str, str] | None = None) -> ReceivedReply:
    """A reply of its parts, quotations cut off."""
    mail = Mail()
    for name, value in (headers or {}).items():
        mail[name] = " ".join(str(value).split())
    return ReceivedReply(subject, quotations.own_text(body), mail)


def by_rules(reply: ReceivedReply) -> SortedReply | None:
    """The class where a rule decides: programs, absences and wishes to hear no more; else None."""
    if is_report(reply):
        return SortedReply(ReplyClass.MACHINE, BY_RULE, RULES)
    if auto_replies.auto_reply_reason(reply.mail, reply.text, subject=reply.subject):
        return SortedReply(kind_of_program(reply), BY_RULE, RULES)
    if objections.is_objection(reply.text, subject=reply.subject):
        return SortedReply(ReplyClass.UNSUBSCRIBE, BY_RULE, RULES)
    return None


def sort(reply: ReceivedReply, *, probabilities: Mapping[str, float] | None = None, by: str = RULES) -> SortedReply:
    """The class of a reply, always one.

    Args:
        reply: The reply.
        probabilities: What a miniature says of each class; None where none was asked.
        by: Its name.
    """
    decided = by_rules(reply)
    if decided is not None:
        return decided
    spoken = cues.weights(reply.read)
    if not probabilities and not spoken:
        return SortedReply(ReplyClass.OTHER, 1 / len(ReplyClass), RULES)
    scores = {each: spoken.get(each, 0.0) + _trusted(probabilities, each) for each in ReplyClass}
    # A wish that may not stand by itself is still thought of: it takes from the confidence, so that a person reads the reply.
    is_wish = _LEAVES.search(reply.text) is not None and _may_be_wish(probabilities, spoken)
    open_to = [each for each in ReplyClass if is_wish or each != ReplyClass.UNSUBSCRIBE]
    best = max(open_to, key=lambda each: scores[each])
    total = sum(math.exp(score - scores[best]) for score in scores.values())
    return SortedReply(best, round(min(1 / total, BY_RULE), 3), by if probabilities else RULES)


def is_report(reply: ReceivedReply) -> bool:
    """Whether mail servers or programs report something: a delivery, a complaint, a reading, an invitation's answer."""
    kind = str(reply.mail.get("Content-Type", "")).lower()
    sender = str(reply.mail.get("From", "")).lower()
    return (
        kind.startswith(("multipart/report", "text/calendar"))
        or "X-Failed-Recipients" in reply.mail
        or re.search(r"\b(mailer-daemon|postmaster)@", sender) is not None
        or auto_replies.REPORT_SUBJECTS.match(reply.subject) is not None
        or (not _ANSWER.match(reply.subject) and delivery_reports.FAILED.search(reply.subject) is not None)
    )


def kind_of_program(reply: ReceivedReply) -> ReplyClass:
    """What kind of automatic mail it is: an absence, or any other."""
    text = f"{_ANSWER.sub('', reply.subject)}\n{reply.text}"
    beginning = reply.text[: auto_replies.MAX_CHARS]
    is_report = auto_replies.MACHINE_WORDS.search(beginning) or auto_replies.REPORT_WORDS.search(beginning)
    if is_report and not auto_replies.ABSENCE.search(text):
        return ReplyClass.MACHINE
    spoken = cues.weights(text)
    is_absence = auto_replies.OUT_OF_OFFICE.search(text) or auto_replies.ABSENCE.search(text)
    return ReplyClass.OUT_OF_OFFICE if is_absence or ReplyClass.OUT_OF_OFFICE in spoken else ReplyClass.MACHINE


def _trusted(probabilities: Mapping[str, float] | None, each: ReplyClass) -> float:
    return TRUST * math.log(max(probabilities.get(each.value, 0.0), 1e-4)) if probabilities else 0.0


def _may_be_wish(probabilities: Mapping[str, float] | None, spoken: Mapping[ReplyClass, float]) -> bool:
    is_sure = probabilities is not None and probabilities.get(ReplyClass.UNSUBSCRIBE.value, 0.0) >= SURE_WISH
    return is_sure and not any(spoken.get(each, 0.0) >= cues.STRONG for each in _WANTS)
