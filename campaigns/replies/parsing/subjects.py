"""Subjects of mails, without what answers and gateways put before them. Pure."""

from __future__ import annotations

import re
from typing import Final

ANSWER: Final = re.compile(
    r"\s*(?:re|aw|antw|r|sv|vs|ref|rif|fwd?|tr|wg|rv|odp|vá|ynt|ilt|odg|ats|atb|bls|răsp|απ|отв|trả lời|השב|رد|پاسخ"
    r"|ตอบกลับ|回复|回覆|答复|答覆|返信|转发|轉寄|転送|답장|회신|전달)\s*[:\uff1a]\s*",
    re.IGNORECASE,
)
_TAG: Final = re.compile(
    r"\s*(?:[\[({<*]+\s*(?:ext(?:ern\w*)?|outside|caution|warning|spam|bulk)\b[^\])}>*\d]{0,30}[\])}>*]+|ext(?:ern\w*)?\s*[:|-])\s*",
    re.IGNORECASE,
)
# A ticket system's tag before an answer of its owner's.
_TICKET: Final = re.compile(r"\s*[\[(][^\])\d]{0,30}#[\w-]*\d[\])]\s*")


def is_answer(subject: str) -> bool:
    """Tell a subject that answers another mail."""
    plain = _untagged(subject)
    ticket = _TICKET.match(plain)
    return ANSWER.match(plain, ticket.end() if ticket else 0) is not None


def bare_subject(subject: str) -> str:
    """Return a subject without what answers and gateways put before it."""
    while (rest := _untagged(ANSWER.sub("", subject, count=1) if ANSWER.match(subject) else subject)) != subject:
        subject = rest
    return subject


def _untagged(subject: str) -> str:
    match = _TAG.match(subject)
    return subject[match.end() :] if match else subject
