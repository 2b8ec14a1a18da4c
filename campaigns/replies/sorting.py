"""Sorts replies.

Rules decide only what must not wait: a wish to leave, and what programs send; a miniature says the rest, if asked.

Pure but for the miniature, whose word the caller hands in. A wish to leave is looked for before any header is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Final

from campaigns.replies.parsing import auto_replies, quotations, subjects
from campaigns.replies.parsing.legal_notes import without_legal_note
from campaigns.replies.parsing.objections import Wish, wish_in
from campaigns.states import NO_REPLIES, ReplyClass

RULES: Final = "rules"
# Below it a person has to read the reply.
SURE: Final = 0.8
# From here on a miniature's share for a wish to leave makes one that may be meant.
POSSIBLE_SHARE: Final = 0.15
# What rules decide counts as this sure.
BY_RULE: Final = 0.99


@dataclass(frozen=True)
class ReceivedReply:
    """A reply before it is sorted.

    Attributes:
        text: The writer's own words, without quotations.
    """

    subject: str
    text: str
    auto_reason: str = ""

    @property
    def words(self) -> str:
        """The text without the legal note of the writer's company."""
        return without_legal_note(self.text)

    @property
    def read(self) -> str:
        """Text for a model: the words, after the subject where that is the writer's own."""
        return f"{self.title}\n\n{self.words}" if self.title else self.words

    @property
    def title(self) -> str:
        """The subject where it is the writer's own."""
        return "" if subjects.is_answer(self.subject) else self.subject


@dataclass(frozen=True)
class SortedReply:
    """Meaning of a reply.

    Attributes:
        confidence: From 0 to 1.
        by: `rules`, or the miniature's name.
        may_be_optout: It may ask to leave: no mail goes until a person has decided.
    """

    reply_class: ReplyClass
    confidence: float
    by: str
    may_be_optout: bool = False

    @property
    def is_sure(self) -> bool:
        """Tell whether it may stand without a person."""
        return self.confidence >= SURE and not self.may_be_optout


def received(subject: str, body: str, headers: Mapping[str, str] | None = None) -> ReceivedReply:
    """A reply of its parts, quotations cut off."""
    mail = Mail()
    for name, value in (headers or {}).items():
        mail[name] = " ".join(str(value).split())
    text = quotations.own_text(body)
    return ReceivedReply(subject, text, auto_replies.auto_reply_reason(mail, text, subject=subject))


def sort(reply: ReceivedReply, *, probabilities: Mapping[str, float] | None = None, by: str = RULES) -> SortedReply:
    """The class of a reply, always one; what nobody decides is `other`, for a person to read.

    Rules decide first: plain wishes to hear no more, absences, other programs. A wish to leave that the miniature alone
    reads may be one, however sure it is: it takes both readers to stop all mails.

    Args:
        probabilities: What a miniature says of each class; None where none was asked.
    """
    own = "" if reply.auto_reason else reply.title
    wish = max(wish_in(reply.words, subject=reply.subject), wish_in(own))
    if decided := _decided(reply, wish):
        return decided
    may_be_wish = wish is Wish.POSSIBLE
    if not probabilities:
        return SortedReply(ReplyClass.OTHER, 0.0, RULES, may_be_wish)
    share = {each: probabilities.get(each.value, 0.0) for each in ReplyClass}
    leaves = 0.0 if wish is Wish.STAYS else share[ReplyClass.UNSUBSCRIBE]
    is_open = {ReplyClass.UNSUBSCRIBE: may_be_wish} | {each: share[each] >= SURE for each in NO_REPLIES}
    best = max((each for each in ReplyClass if is_open.get(each, True)), key=lambda each: share[each])
    is_heeded = best == ReplyClass.UNSUBSCRIBE and leaves >= SURE
    return SortedReply(best, share[best], by, not is_heeded and (may_be_wish or leaves >= POSSIBLE_SHARE))


def _decided(reply: ReceivedReply, wish: Wish) -> SortedReply | None:
    """A plain wish stands, unless a field and the words of a notice both speak for a program: then it may be one."""
    is_notice = bool(reply.auto_reason) and auto_replies.is_notice(reply.text)
    is_certain = is_notice and not auto_replies.is_by_words(reply.auto_reason)
    if wish is Wish.PLAIN and not is_certain:
        return SortedReply(ReplyClass.UNSUBSCRIBE, BY_RULE, RULES)
    if not reply.auto_reason:
        return None
    is_absence = auto_replies.is_absence(reply.subject, reply.text)
    kind = ReplyClass.OUT_OF_OFFICE if is_absence else ReplyClass.MACHINE
    # What programs write is full of words such as `unsubscribe`: beside those of a notice only a plain wish counts.
    return SortedReply(kind, BY_RULE, RULES, wish >= (Wish.PLAIN if is_notice else Wish.POSSIBLE))
