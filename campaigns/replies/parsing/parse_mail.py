"""An incoming mail as plain values, whatever its bytes are: nothing that arrives may make reading it fail. Pure."""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from email import message_from_string
from email.header import Header, decode_header
from email.message import Message as Mail
from email.utils import parsedate_to_datetime
from hashlib import sha256
from typing import Any, Final, TypeVar, cast
from urllib.parse import unquote

from campaigns.replies.parsing import auto_replies, bodies, charsets, delivery_reports, mailboxes, quotations
from campaigns.replies.parsing.delivery_reports import (
    HEADER_PARTS,
    STATUS_PARTS,
    WHOLE_PARTS,
    Bounce,
    content_of,
    original_id,
)

MAX_BYTES = 5 * 1024 * 1024
MAX_IDS = 50
MAX_HEADER = 10_000
IDS = re.compile(r"<([^<>\s]{3,300})>")
T = TypeVar("T")
# Charsets such as UTF-7 bring halves of a character, header fields zero bytes.
_HALVES: Final = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class IncomingMail:
    """Content of an incoming mail.

    Attributes:
        message_id: Its Message-ID without angle brackets, or a hash of its bytes where it has none.
        sender: Address it claims to come from, lower case; may be empty.
        recipients: Addresses in To, Cc and the fields that servers add about delivery, lower case.
        answers: Message-IDs in In-Reply-To and References, nearest first.
        bounce: The bounce it reports, if it is one; likewise `complaint`.
        marks: What may be tokens or ids of ours in what a report carries back; empty of any other mail.
        problems: Names of the parts that could not be read; they are empty.
    """

    message_id: str
    sender: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    sent_at: datetime | None = None
    answers: tuple[str, ...] = ()
    text: str = ""
    auto_reason: str = ""
    bounce: Bounce | None = None
    complaint: Complaint | None = None
    marks: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()


def parse_mail(raw: bytes) -> IncomingMail:
    """Read a mail of at most 5 MiB (more is cut off). No bytes make this fail."""
    raw = raw[:MAX_BYTES]
    fingerprint = f"{sha256(raw).hexdigest()[:40]}@no-message-id"
    problems: list[str] = []

    def tried(name: str, read_part: Callable[[], T], empty: T) -> T:
        # The standard library's parser has many ways to stumble over hostile bytes; a part that is lost is no disaster.
        try:
            return cast(T, storable(read_part()))
        except (Exception, RecursionError):
            problems.append(name)
            return empty

    mail = tried("structure", lambda: email.message_from_bytes(raw, policy=email.policy.compat32), Mail())
    subject = tried("subject", lambda: decode_words(_header(mail, "Subject"))[:300], "")
    body = tried("text", lambda: bodies.text_of(mail), "")
    text = tried("text", lambda: quotations.own_text(body), "")
    sender = tried("from", lambda: next(iter(_addresses(mail, "From")), ""), "")
    bounce = tried(
        "bounce", lambda: delivery_reports.read_bounce(mail) or _prose_bounce(mail, sender, subject, body), None
    )
    complaint = tried("complaint", lambda: read_complaint(mail, sender=sender, subject=subject), None)
    is_report = bounce is not None or complaint is not None
    return IncomingMail(
        message_id=tried("message-id", lambda: delivery_reports.bare_id(_header(mail, "Message-ID")), "")
        or fingerprint,
        sender=sender,
        recipients=tried("to", lambda: _addresses(mail, "To", "Cc", "Delivered-To", "X-Original-To"), ()),
        subject=subject,
        sent_at=tried("date", lambda: _date(_header(mail, "Date")), None),
        answers=tried("references", lambda: _answers(mail), ()),
        text=text,
        auto_reason=tried("automatic", lambda: auto_replies.auto_reply_reason(mail, text, subject=subject), ""),
        bounce=bounce,
        complaint=complaint,
        marks=tried("marks", lambda: returned_marks(mail), ()) if is_report else (),
        problems=tuple(problems),
    )


def decode_words(header: str) -> str:
    """A header's text with its encoded words (RFC 2047) read; what cannot be read is replaced, and lines are one."""
    parts = [
        charsets.decoded(part, charset) if isinstance(part, bytes) else part for part, charset in decode_header(header)
    ]
    return " ".join("".join(parts).replace("\x00", "").split())


def _prose_bounce(mail: Mail, sender: str, subject: str, body: str) -> Bounce | None:
    """Recognize bounces told in prose alone, as by older servers."""
    if any(part.get_content_type() in delivery_reports.STATUS_PARTS for part in mail.walk()):
        return None
    is_from_server = auto_replies.is_mail_server(sender)
    if not is_from_server and str(mail.get("Return-Path", "-")).strip() != "<>":
        return None
    original_id = delivery_reports.original_id(mail)
    return delivery_reports.read_prose(
        body, subject=subject, original_message_id=original_id, is_from_server=is_from_server
    )


def _header(mail: Mail, name: str) -> str:
    value: object = mail.get(name, "")
    # Bytes that no charset names come as a Header (RFC 6532: they are UTF-8).
    return (value.encode() if isinstance(value, Header) else str(value))[:MAX_HEADER]


def _addresses(mail: Mail, *names: str) -> tuple[str, ...]:
    values = [str(value)[:MAX_HEADER] for name in names for value in mail.get_all(name, [])]
    return tuple(dict.fromkeys(address.strip().lower()[:254] for address in mailboxes.addresses(values)))[:MAX_IDS]


def _date(text: str) -> datetime | None:
    moment = parsedate_to_datetime(text) if text else None
    if moment is None:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _answers(mail: Mail) -> tuple[str, ...]:
    nearest = IDS.findall(_header(mail, "In-Reply-To"))
    older = IDS.findall(_header(mail, "References"))
    return tuple(dict.fromkeys([*nearest, *reversed(older)]))[:MAX_IDS]


# `not-spam` takes a complaint back, `virus` and `auth-failure` are no reader's wish.
COMPLAINT_TYPES: Final = frozenset({"abuse", "fraud", "opt-out", "other", ""})
_REPORT: Final = "message/feedback-report"
# Addresses that send nothing but complaints of readers, and subjects that nothing but such a mail bears.
_SENDERS: Final = re.compile(
    r"\A(?:staff@(?:hotmail|outlook|live|msn)\.\w+|(?:abuse-?reports?|feedback-?loops?|fbl(?:-\w+)?|scomp)@)",
    re.IGNORECASE,
)
_SUBJECTS: Final = re.compile(
    r"\A\W*(?:complaint about (?:a )?message from\b|e-?mail (?:feedback|abuse) report\b"
    r"|(?:spam|abuse) (?:complaint|report)\b"
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
    part = next((p for p in delivery_reports.own_parts(mail) if p.get_content_type() == _REPORT), None)
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


# In base32 a token of one id has 42 signs, a token of two 68.
_TOKEN = re.compile(r"(?<![a-z2-7])[a-z2-7]{42}(?:[a-z2-7]{26})?(?![a-z2-7])", re.IGNORECASE)
_ID = re.compile(r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b", re.IGNORECASE)
_FOLD = re.compile(r"\r?\n[ \t]+")
MAX_MARKS = 50
MAX_CHARS = 400_000


def returned_marks(mail: Mail) -> tuple[str, ...]:
    """Return what may be tokens or ids of ours below a report's own header.

    Headers come before texts, each mark once, at most 50.
    """
    marks = (mark for text in _texts(mail) for pattern in (_TOKEN, _ID) for mark in pattern.findall(text))
    return tuple(dict.fromkeys(mark.lower() for mark in marks))[:MAX_MARKS]


def _texts(mail: Mail) -> Iterator[str]:
    """Header fields of all parts, then their texts, as they stand and percent-decoded."""
    left = MAX_CHARS
    parts = [part for part in mail.walk() if part is not mail]
    for text in (
        *_headers(parts),
        *(content_of(part) for part in [mail, *parts] if part.get_content_maintype() == "text"),
    ):
        cut = text[:left]
        left -= len(cut)
        yield cut
        if "%" in cut:
            yield unquote(cut)
        if left <= 0:
            return


def _headers(parts: list[Mail]) -> Iterator[str]:
    for part in parts:
        # Headers that are handed back alone come as a text.
        own = message_from_string(content_of(part)) if part.get_content_type() in HEADER_PARTS else part
        for value in map(str, own.values()):
            # A field is folded where a blank stands; some servers fold within a word too.
            yield value
            if "\n" in value:
                yield _FOLD.sub("", value)


def storable(value: Any) -> Any:
    """Return a text, or a tuple or dataclass of texts, as every database keeps it; anything else as it is."""
    if isinstance(value, str):
        return _HALVES.sub("\ufffd", value.replace("\x00", ""))
    if isinstance(value, tuple):
        return tuple(storable(each) for each in value)
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{each.name: storable(getattr(value, each.name)) for each in fields(value)})
    return value
