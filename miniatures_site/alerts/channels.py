"""Tell of alerts by the channels that are set: mail, and a webhook."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from django.conf import settings
from django.core.mail import send_mail

from web.net.pinned_post import post

logger = logging.getLogger(__name__)
RUNBOOK = "docs/runbook.md"
SHOWN_IN_SUBJECT = 120


@dataclass(frozen=True)
class Change:
    """Begin or end of an alert."""

    state: Literal["began", "ended"]
    name: str
    subject: str
    message: str
    hint: str
    since: datetime


class NotTakenError(Exception):
    """A receiver answered, and did not take it."""


def configured() -> list[str]:
    return [
        name for name, is_set in (("mail", settings.ALERT_MAILS), ("webhook", settings.ALERT_WEBHOOK_URL)) if is_set
    ]


def tell(channel: str, changes: Sequence[Change]) -> bool:
    """Tell of changes in one message; returns whether it was taken.

    A receiver that is away is logged, and raises nothing.
    """
    try:
        _SENDERS[channel](changes)
    except Exception as error:  # Providers of mail raise what they like.
        logger.warning("The %s of alerts was not taken: %s: %s", channel, type(error).__name__, error)
        return False
    return True


def text_of(changes: Sequence[Change]) -> str:
    return "\n\n".join(_paragraph(change) for change in changes)


def _paragraph(change: Change) -> str:
    since = f"{change.since:%Y-%m-%d %H:%M} UTC"
    if change.state == "ended":
        return f"Ended: {change.name}, since {since}. It was: {change.message}"
    lines = [f"Began: {change.name}, since {since}. {change.message}", change.hint]
    return "\n".join([*filter(None, lines), f"What to do: {RUNBOOK}, {change.name}."])


def _subject(changes: Sequence[Change]) -> str:
    if len(changes) == 1:
        return f"[Miniatures] {changes[0].state}: {' '.join(changes[0].message.split())[:SHOWN_IN_SUBJECT]}"
    began = sum(change.state == "began" for change in changes)
    return f"[Miniatures] {began} alerts began, {len(changes) - began} ended"


def _mail(changes: Sequence[Change]) -> None:
    text = f"{text_of(changes)}\n\n{settings.SITE_URL}/operations/\n"
    send_mail(_subject(changes), text, settings.NOTICES_FROM or None, settings.ALERT_MAILS)


def _call(changes: Sequence[Change]) -> None:
    alerts = [
        {
            "name": change.name,
            "subject": change.subject,
            "state": change.state,
            "message": change.message,
            "hint": change.hint,
            "since": change.since.isoformat(),
            "runbook": f"{RUNBOOK}, {change.name}",
        }
        for change in changes
    ]
    # Chats show `text`; programs read the rest.
    body = json.dumps({"text": text_of(changes), "site": settings.SITE_URL, "alerts": alerts}).encode()
    headers = {"Content-Type": "application/json", "User-Agent": "miniatures-alerts/1"}
    answer = post(settings.ALERT_WEBHOOK_URL, body, headers=headers, timeout_s=settings.WEBHOOK_TIMEOUT_S)
    if not 200 <= answer.status < 300:
        raise NotTakenError(f"it answered {answer.status}")


_SENDERS: dict[str, Callable[[Sequence[Change]], None]] = {"mail": _mail, "webhook": _call}
