"""Whether a mail was sent by a machine: RFC 3834's own field, the older ones, and subjects of absence. Pure."""

from __future__ import annotations

import re
from email.message import Message as Mail

# Fields that only automata set.
MARKS = (
    "X-Autoreply",
    "X-Autorespond",
    "X-Auto-Response-Suppress-Reply",
    "X-Mailer-Autoreply",
    "X-FC-MachineGenerated",
)
PRECEDENCES = frozenset({"bulk", "auto_reply", "junk", "list"})
SUBJECTS = re.compile(
    r"^\s*(auto(matic|mated)?[\s:-]*(reply|response|answer|acknowledg)|auto:|out of( the)? office|ooo\b|away from"
    r"|on (annual |parental |maternity |sick )?(leave|vacation|holiday)|vacation (reply|response|notice)"
    r"|(i am|i.m) (currently )?(away|out of)|abwesenheit|automatische (antwort|reply)|réponse automatique"
    r"|absence du bureau|respuesta automática|fuera de (la )?oficina|risposta automatica|automatisch antwoord)",
    re.IGNORECASE,
)


def reason(mail: Mail) -> str:
    """Why a mail counts as automatic, in a few words; empty if it seems to be a person's."""
    told = str(mail.get("Auto-Submitted", "")).partition(";")[0].strip().lower()
    if told and told != "no":
        return f"Auto-Submitted: {told[:40]}"
    for name in MARKS:
        if str(mail.get(name, "")).strip().lower() not in ("", "no"):
            return name
    precedence = str(mail.get("Precedence", "")).strip().lower()
    if precedence in PRECEDENCES:
        return f"Precedence: {precedence}"
    # An empty return path is how servers themselves write (RFC 5321, 4.5.5).
    if str(mail.get("Return-Path", "-")).strip() == "<>":
        return "an empty return path"
    subject = re.sub(r"^\s*((re|aw|fwd?|sv)\s*:\s*)+", "", str(mail.get("Subject", "")), flags=re.IGNORECASE)
    return "its subject" if SUBJECTS.match(subject) else ""
