"""Simulated answers to a sent mail: a reply, an absence, a bounce, a complaint. For the demo and drills.

They have the form of real servers' mails (RFC 3464, 3834, 5965), so that the product's readers are tested in earnest.
"""

from __future__ import annotations

from email.message import EmailMessage, Message
from email.mime.base import MIMEBase
from email.mime.message import MIMEMessage
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.parser import BytesParser
from email.policy import default
from email.utils import formatdate, make_msgid, parseaddr


def answer_to(raw: bytes, kind: str, text: str = "") -> Message:
    """Build an answer of a kind: `reply` with a text, `absence`, `bounce`, `complaint`, or `leave`."""
    if kind == "reply":
        return reply(raw, text)
    if kind == "absence":
        return out_of_office(raw)
    if kind == "leave":
        return unsubscribe(raw)
    return complaint(raw) if kind == "complaint" else bounce(raw)


def reply(raw: bytes, text: str) -> EmailMessage:
    """Build the reader's answer to a mail, with the mail quoted below."""
    sent = _parsed(raw)
    answer = _answer(sent, text + "\n\n" + _quoted(sent))
    answer["In-Reply-To"] = answer["References"] = str(sent["Message-ID"])
    return answer


def out_of_office(raw: bytes) -> EmailMessage:
    """Build the automatic answer of the reader's program."""
    answer = reply(raw, "I am out of the office and read mails again next week.")
    answer["Auto-Submitted"] = "auto-replied"
    answer.replace_header("Subject", f"Out of office: {_parsed(raw)['Subject']}")
    return answer


def bounce(raw: bytes, *, status: str = "5.1.1", reason: str = "There is no such mailbox here") -> MIMEMultipart:
    """Build the report of a server that cannot deliver."""
    sent = _parsed(raw)
    report = _report("delivery-status", sent, "Undelivered mail returned to sender", "Your mail was not delivered.")
    _, reader = parseaddr(str(sent["To"]))
    code = "550" if status.startswith("5") else "450"
    action = "failed" if status.startswith("5") else "delayed"
    about = Message()
    about["Reporting-MTA"] = "dns; sink.localhost"
    recipient = Message()
    recipient["Final-Recipient"] = f"rfc822; {reader}"
    recipient["Action"], recipient["Status"] = action, status
    recipient["Diagnostic-Code"] = f"smtp; {code} {status} {reason}"
    _attach(report, "delivery-status", [about, recipient])
    report.attach(MIMEMessage(sent))
    return report


def complaint(raw: bytes) -> MIMEMultipart:
    """Build the report of a mail provider whose user marked a mail as unwanted."""
    sent = _parsed(raw)
    report = _report("feedback-report", sent, "Complaint about a mail", "A user called this mail unwanted.")
    about = Message()
    about["Feedback-Type"], about["User-Agent"], about["Version"] = "abuse", "Sink/1.0", "1"
    _attach(report, "feedback-report", [about])
    report.attach(MIMEMessage(sent))
    return report


def unsubscribe(raw: bytes) -> EmailMessage:
    """Build a mail program's message to the address of `List-Unsubscribe`."""
    mail = reply(raw, "")
    mail.replace_header("Subject", "unsubscribe")
    mail.set_content("")
    return mail


def return_address(raw: bytes) -> str:
    """Return the address for undeliverable mail: the envelope's sender, stored by the sink."""
    sent = _parsed(raw)
    return str(sent["Return-Path"] or "").strip("<> ") or parseaddr(str(sent["Reply-To"] or sent["From"]))[1]


def _parsed(raw: bytes) -> EmailMessage:
    return BytesParser(policy=default).parsebytes(raw)


def _answer(sent: EmailMessage, text: str) -> EmailMessage:
    answer = EmailMessage()
    answer["From"], answer["To"] = str(sent["To"]), str(sent["Reply-To"] or sent["From"])
    answer["Subject"], answer["Date"] = f"Re: {sent['Subject']}", formatdate()
    answer["Message-ID"] = make_msgid(domain="reader.invalid")
    answer.set_content(text)
    return answer


def _quoted(sent: EmailMessage) -> str:
    body = sent.get_body(("plain",))
    lines = str(body.get_content()).splitlines() if body else []
    return "\n".join([f"On {sent['Date']}, {sent['From']} wrote:", *(f"> {line}" for line in lines)])


def _report(kind: str, sent: EmailMessage, subject: str, words: str) -> MIMEMultipart:
    report = MIMEMultipart("report", None, None, report_type=kind)
    report["From"], report["To"] = "Mail server <mailer-daemon@reader.invalid>", str(sent["Return-Path"] or "")
    report["Subject"], report["Date"] = subject, formatdate()
    report["Message-ID"], report["Auto-Submitted"] = make_msgid(domain="reader.invalid"), "auto-replied"
    report.attach(MIMEText(words))
    return report


def _attach(report: MIMEMultipart, kind: str, blocks: list[Message | str]) -> None:
    part = MIMEBase("message", kind)
    part.set_payload(blocks)
    report.attach(part)
