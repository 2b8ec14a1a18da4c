"""Clicks, openings and unsubscriptions that come through addresses of ours in a mail.

A token says whose; nothing else in a request is believed. Scanners that follow every link are told apart, by what
`campaigns.events.mail_scanners` knows, and their visits are kept and counted for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from campaigns.compose import link_tokens
from campaigns.compose.link_tokens import ForgedTokenError, TokenPurpose
from campaigns.events import mail_scanners, record
from campaigns.events.mail_scanners import LinkVisit
from campaigns.models import Event, Link, Message
from campaigns.replies import record_reply
from campaigns.states import EventKind, EventSource


@dataclass(frozen=True)
class Visitor:
    """Sender of a request; only the verdict and the shortened agent name are kept."""

    method: str
    agent: str = ""
    purpose: str = ""


def click(token: str, visitor: Visitor) -> str:
    """Write a click down, and say where it leads: always to a link of the mail's own campaign.

    Raises:
        Forged: The token was not made here, or what it names is gone.
    """
    message_id, link_id = _ids(TokenPurpose.CLICK, token, 2)
    message = _message(message_id)
    link = Link.objects.filter(pk=link_id, campaign_id=message.campaign_id).first()
    if link is None:
        raise ForgedTokenError("The link is not one of this mail's campaign.")
    now = timezone.now()
    others = _other_links(message, link, now)
    why = mail_scanners.machine_reason(_link_visit(message, visitor, now, others), too_soon_s=settings.CLICK_TOO_SOON_S)
    payload = {"link": link.name, "agent": visitor.agent[:120]}
    if why:
        payload["why"] = why
    # Per second: a click that is repeated by an impatient hand, or by a browser that asks twice, is one. A scanner's is
    # another: some look a link up in the second in which it is followed.
    key = f"{'scan' if why else 'click'}:{message.pk.hex}:{link.pk.hex}:{int(now.timestamp())}"
    record.record(
        message,
        EventKind.CLICKED,
        source=EventSource.LINK,
        key=key,
        occurred_at=now,
        is_machine=bool(why),
        payload=payload,
    )
    return link.url


def opened(token: str, visitor: Visitor) -> None:
    """Write an opening down, if the contact agreed to that and the campaign asks for it; else leave no trace.

    Raises:
        Forged: The token was not made here.
    """
    (message_id,) = _ids(TokenPurpose.OPEN, token, 1)
    message = _message(message_id)
    if not (message.contact.may_track_opens and message.campaign.tracks_opens):
        return
    now = timezone.now()
    why = mail_scanners.machine_reason(_link_visit(message, visitor, now, 0), too_soon_s=settings.CLICK_TOO_SOON_S)
    payload = {"agent": visitor.agent[:120], **({"why": why} if why else {})}
    key = f"{'fetch' if why else 'open'}:{message.pk.hex}:{int(now.timestamp()) // 60}"
    record.record(
        message,
        EventKind.OPENED,
        source=EventSource.LINK,
        key=key,
        occurred_at=now,
        is_machine=bool(why),
        payload=payload,
    )


def unsubscribing_message(token: str) -> Message:
    """The mail whose reader may leave by this token; changes nothing.

    Raises:
        Forged: The token was not made here.
    """
    (message_id,) = _ids(TokenPurpose.UNSUBSCRIBE, token, 1)
    return _message(message_id)


def unsubscribe(token: str, *, is_one_click: bool) -> Message:
    """Never write to the reader of a mail again. Doing it twice changes nothing.

    Raises:
        Forged: The token was not made here.
    """
    message = unsubscribing_message(token)
    record_reply.unsubscribe(message, source=EventSource.LINK, how="one-click" if is_one_click else "")
    return message


def _ids(purpose: TokenPurpose, token: str, count: int) -> tuple[UUID, ...]:
    ids = link_tokens.verify(purpose, token)
    if len(ids) != count:
        raise ForgedTokenError("This token names other things.")
    return ids


def _message(message_id: UUID) -> Message:
    message = (
        Message.objects.select_related("contact", "sender", "enrolment__sender", "campaign__sender")
        .filter(pk=message_id)
        .first()
    )
    if message is None:
        raise ForgedTokenError("The mail is gone.")
    return message


def _other_links(message: Message, link: Link, now: datetime) -> int:
    """Other links of the mail followed within the last second."""
    lately = Event.objects.filter(
        message=message, kind=EventKind.CLICKED, occurred_at__gt=now - timedelta(seconds=mail_scanners.BURST_S)
    )
    return len({payload.get("link") for payload in lately.values_list("payload", flat=True)} - {link.name})


def _link_visit(message: Message, visitor: Visitor, now: datetime, other_links: int) -> LinkVisit:
    went_at = message.sent_at or message.sending_at
    since_s = (now - went_at).total_seconds() if went_at else None
    return LinkVisit(visitor.method, visitor.agent, visitor.purpose, since_s, other_links)
