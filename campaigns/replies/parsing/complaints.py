"""Complaints about unwanted mails: feedback reports (RFC 5965), and what providers send in their place. Pure.

Hotmail's JMRP attaches the whole mail, its recipient taken out, and reports nothing: who sent it, its subject, or fields
that the provider put on the mail say that it is a complaint.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.message import Message as Mail
from typing import Final

from campaigns.replies.parsing.delivery_reports import HEADER_PARTS, STATUS_PARTS, WHOLE_PARTS, original_id

# `not-spam` takes a complaint back, `virus` and `auth-failure` are no reader's wish.
COMPLAINT_TYPES: Final = frozenset({"abuse", "fraud", "opt-out", "other", ""})
_REPORT: Final = "message/feedback-report"
# Addresses that send nothing but complaints of readers, and subjects that nothing but such a mail bears.
_SENDERS: Final = re.compile(
    r"\A(?:staff@(?:hotmail|outlook|live|msn)\.\w+|(?:abuse-?reports?|feedback-?loops?|fbl(?:-\w+)?|scomp)@)",
    re.IGNORECASE,
)
_SUBJECTS: Final = re.compile(
    r"\A\W*(?:complaint about (?:a )?message from\b|e-?mail (?:feedback|abuse) report\b|(?:spam|abuse) (?:complaint|report)\b"
    r"|feedback loop\b)",
    re.IGNORECASE,
)
_FIELDS: Final = re.compile(r"\Ax-(?:hmxmr|jmrp|fbl|feedback-loop|spam-?complaint)", re.IGNORECASE)


@dataclass(frozen=True)
class Complaint:
    """Complaint of a reader that a mail was unwanted; `feedback_type` as reported."""

    feedback_type: str
    original_message_id: str


def read_complaint(mail: Mail, *, sender: str = "", subject: str = "") -> Complaint | None:
    """The complaint a mail reports: in a feedback report, or by handing back a mail as feedback loops do."""
    part = next((p for p in mail.walk() if p.get_content_type() == _REPORT), None)
    if part is None:
        return Complaint("", original_id(mail)) if _is_handed_back(mail, sender, subject) else None
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload else None
    kind = str(fields.get("Feedback-Type", "")) if isinstance(fields, Mail) else _report_line(payload)
    kind = kind.strip().lower()
    return Complaint(kind, original_id(mail)) if kind in COMPLAINT_TYPES else None


def _is_handed_back(mail: Mail, sender: str, subject: str) -> bool:
    """Recognize a mail that carries another one, whole or by its headers, as a feedback loop hands it back."""
    parts = list(mail.walk())
    kinds = {part.get_content_type() for part in parts}
    # A mail server's report on a delivery may be called an abuse report in its subject, and is none.
    if kinds & STATUS_PARTS or not kinds & (WHOLE_PARTS | HEADER_PARTS):
        return False
    has_field = any(_FIELDS.match(name) for part in parts for name in part)
    return bool(has_field or _SENDERS.match(sender) or _SUBJECTS.match(subject))


def _report_line(payload: object) -> str:
    for line in str(payload).splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "feedback-type":
            return value
    return ""
