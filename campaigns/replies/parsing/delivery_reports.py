"""Meaning of a refusal: enhanced status codes (RFC 3463), delivery status notifications (RFC 3464, RFC 6533). Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from email import message_from_string
from email.message import Message as Mail

STATUS = re.compile(r"\b([245])\.(\d{1,3})\.(\d{1,3})\b")
# Subjects 1 (addressing) say that there is no such reader. 1.7 and 1.8 are about the sender's address.
NO_SUCH_READER = frozenset({(1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (1, 6), (1, 10), (2, 1)})
# Replies of RFC 5321 that mean the mailbox where no enhanced code says more.
MAILBOX_CODES = frozenset({550, 551, 553})
NO_SUCH_WORDS = re.compile(
    r"(user|recipient|mailbox|address|account)\W+(\w+\W+){0,3}?(unknown|not found|does(n.t| not) exist|invalid|disabled)"
    r"|no such (user|mailbox|recipient|address)|unknown (user|recipient|mailbox)|unrouteable address",
    re.IGNORECASE,
)
# Of 5.4.4, which a server says of its own routes too: the domain of the address is none.
NO_SUCH_DOMAIN = re.compile(
    r"(host|domain)( or domain)?( name)? not found|no such (host|domain)|nxdomain|domain .{0,40}does(n.t| not) exist",
    re.IGNORECASE,
)
POLICY_WORDS = re.compile(r"spam|block|blacklist|policy|reputation|denied|dmarc|spf\b|rate|relay", re.IGNORECASE)

FAILED = re.compile(
    r"undeliver|not (be )?delivered|could not be delivered|couldn.t be delivered|delivery (has |to .{0,80} )?(failed|failure|status)|failure notice|returned mail"
    r"|mail delivery (failed|system)|permanent (fatal )?error|returned to sender|unzustellbar|nicht zugestellt|non remis|no (se )?(ha podido|pudo) entregar"
    r"|non recapitato|mancata consegna|onbestelbaar|niet bezorgd",
    re.IGNORECASE,
)
DELAYED = re.compile(
    r"\bdelayed\b|temporar|will (be )?(retr|keep trying|continue to try)|still (being )?(trying|retried)|not yet been delivered|verzögert|retardé",
    re.IGNORECASE,
)
MESSAGE_ID = re.compile(r"^\W{0,3}Message-ID:\s*<([^<>\s]{3,300})>", re.IGNORECASE | re.MULTILINE)
MAX_PROSE = 20_000
# The second of each is of mails whose addresses are written in any script (RFC 6533).
STATUS_PARTS = frozenset({"message/delivery-status", "message/global-delivery-status"})
WHOLE_PARTS = frozenset({"message/rfc822", "message/global"})
HEADER_PARTS = frozenset({"text/rfc822-headers", "message/rfc822-headers", "message/global-headers"})


@dataclass(frozen=True)
class Bounce:
    """Notice that a mail was not delivered.

    Attributes:
        is_hard: The address does not exist: never write to it again. A full mailbox or a refused text is not hard.
        is_final: The server has given up; otherwise it tries on.
        status: Enhanced status such as `5.1.1`, empty where none was given.
        recipient: The address it is about, empty where the notice does not say.
        text: The server's own words, cut.
        original_message_id: Message-ID of the mail that came back, without angle brackets; may be empty.
    """

    is_hard: bool
    is_final: bool
    status: str
    recipient: str
    text: str
    original_message_id: str = ""


def is_hard(text: str, *, code: int = 0, status: str = "") -> bool:
    """Tell whether a permanent refusal means that there is no such reader.

    Args:
        text: The server's words; an enhanced status in them counts where `status` is empty.
        code: Reply code of SMTP, 0 where there was none.
    """
    match = STATUS.search(status) or STATUS.search(text)
    if match:
        kind, subject, detail = (int(part) for part in match.groups())
        if (subject, detail) != (0, 0):
            is_no_domain = (subject, detail) == (4, 4) and NO_SUCH_DOMAIN.search(text) is not None
            return kind == 5 and ((subject, detail) in NO_SUCH_READER or is_no_domain)
    if POLICY_WORDS.search(text):
        return False
    return bool(NO_SUCH_WORDS.search(text)) or code in MAILBOX_CODES


def read_bounce(mail: Mail) -> Bounce | None:
    """The bounce a mail reports, if it is a delivery status notification about a failure or a delay.

    The notice of a success or a relay is no bounce. Of several recipients the first that failed counts: our mails have
    one each.
    """
    status_part = next((p for p in mail.walk() if p.get_content_type() in STATUS_PARTS), None)
    if status_part is None:
        return None
    for block in _blocks(status_part):
        action = str(block.get("Action", "")).strip().lower()
        status = STATUS.search(str(block.get("Status", "")))
        failed = action == "failed" or (action == "" and status is not None and status[1] == "5")
        if not failed and action != "delayed":
            continue
        diagnostic = " ".join(str(block.get("Diagnostic-Code", "")).split())[:300]
        number = status[0] if status else ""
        return Bounce(
            is_hard=failed and is_hard(diagnostic, code=_code(diagnostic), status=number),
            is_final=failed,
            status=number,
            recipient=_address(block),
            text=diagnostic,
            original_message_id=original_id(mail),
        )
    return None


def read_prose(text: str, *, subject: str, original_message_id: str = "") -> Bounce | None:
    """Return the bounce that a mail server tells in prose, without a delivery status notification; None if it tells none.

    Args:
        text: The whole body, with the mail it quotes.
        original_message_id: Of the mail that came back, if a part carries it; else it is looked for in the text.
    """
    cut = text[:MAX_PROSE]
    quoted = MESSAGE_ID.search(cut)
    own = cut[: quoted.start()] if quoted else cut
    if not FAILED.search(f"{subject}\n{own}"):
        return None
    status = STATUS.search(own)
    is_final = not DELAYED.search(f"{subject}\n{own}") and not (status and status[1] == "4")
    prose = " ".join(own.split())[:300]
    return Bounce(
        is_hard=is_final and is_hard(own, status=status[0] if status else ""),
        is_final=is_final,
        status=status[0] if status else "",
        recipient="",
        text=prose,
        original_message_id=original_message_id or (quoted[1] if quoted else ""),
    )


def original_id(mail: Mail) -> str:
    """Message-ID of the mail a report carries back, whole or by its headers alone."""
    for part in mail.walk():
        kind = part.get_content_type()
        if kind in WHOLE_PARTS | HEADER_PARTS and isinstance(inner := part.get_payload(), list) and inner:
            first = inner[0]
            return bare_id(str(first.get("Message-ID", ""))) if isinstance(first, Mail) else ""
        if kind in HEADER_PARTS:
            return bare_id(_header_in_text(part, "message-id"))
    return ""


def bare_id(text: str) -> str:
    """A Message-ID without angle brackets and white space."""
    match = re.search(r"<([^<>\s]+)>", text)
    return (match[1] if match else text.strip())[:300]


def _header_in_text(part: Mail, name: str) -> str:
    raw = part.get_payload(decode=True)
    text = raw.decode("utf-8", "replace") if isinstance(raw, bytes) else ""
    match = re.search(rf"^{name}:\s*(.+)$", text, re.IGNORECASE | re.MULTILINE)
    return match[1] if match else ""


def _blocks(part: Mail) -> list[Mail]:
    """Groups of fields, one a recipient behind the first; a broken notice may have its text undivided."""
    payload = part.get_payload()
    blocks = [block for block in payload if isinstance(block, Mail)] if isinstance(payload, list) else []
    if part.get_content_type() == "message/delivery-status" or not blocks:
        return blocks
    # Python reads other kinds as one mail, whose text are the fields of the recipients.
    texts = re.split(r"\r?\n\r?\n", str(blocks[0].get_payload()).strip())
    return [blocks[0], *(message_from_string(text) for text in texts)]


def _address(block: Mail) -> str:
    raw = str(block.get("Final-Recipient") or block.get("Original-Recipient") or "")
    return raw.rpartition(";")[2].strip().strip("<>")[:254]


def _code(said: str) -> int:
    match = re.search(r"\b([245]\d\d)\b", said)
    return int(match[1]) if match else 0
