"""Complaints: feedback reports in the abuse reporting format (RFC 5965). Pure; knows no rows."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import Message as Mail

from campaigns.incoming.bounces import original_id

# `not-spam` takes a complaint back, `virus` and `auth-failure` are no reader's wish.
WISHES = frozenset({"abuse", "fraud", "opt-out", "other", ""})


@dataclass(frozen=True)
class Complaint:
    """That a reader called a mail unwanted; `feedback_type` as reported."""

    feedback_type: str
    original_message_id: str


def read(mail: Mail) -> Complaint | None:
    """The complaint a mail reports, if it is a feedback report about an unwanted mail."""
    part = next((p for p in mail.walk() if p.get_content_type() == "message/feedback-report"), None)
    if part is None:
        return None
    payload = part.get_payload()
    fields = payload[0] if isinstance(payload, list) and payload else None
    kind = str(fields.get("Feedback-Type", "")) if isinstance(fields, Mail) else _line(payload)
    kind = kind.strip().lower()
    return Complaint(kind, original_id(mail)) if kind in WISHES else None


def _line(payload: object) -> str:
    for line in str(payload).splitlines():
        name, _, value = line.partition(":")
        if name.strip().lower() == "feedback-type":
            return value
    return ""
