"""Mails stored by the local mail sink, for the mailbox page. The sink exists only in development and the demo."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import Http404

from campaigns.models import InboxAnswer, Message
from campaigns.replies.parsing import parse_mail
from demo.mail_sink.mail_folder import KeptMail, MailFolder, digest_of
from members.models import Member
from review.tasks.permissions import led_by, may_create, tasks_for

PAGE = 50
_TRACKED_LINK = re.compile(r"https?://\S+/(?:t/c|u)/[a-z2-7]+")
_HEADERS_SHOWN = (
    "From", "To", "Reply-To", "Subject", "Date", "Message-ID", "Return-Path", "List-Unsubscribe",
    "List-Unsubscribe-Post", "In-Reply-To", "Auto-Submitted",
)  # fmt: skip


@dataclass(frozen=True)
class MailView:
    """Stored mail for the page."""

    name: str
    headers: list[tuple[str, str]]
    text: str
    raw: str
    links: list[str]
    leave_url: str
    message: Message | None


def require_reader(member: Member) -> None:
    """Refuse where there is no sink, and members who make no campaigns.

    Raises:
        Http404: There is no sink here.
        PermissionDenied: The member is neither admin nor lead of a task.
    """
    if settings.MAILBOX_DIR is None:
        raise Http404("There is no local mailbox here.")
    if not may_create(member):
        raise PermissionDenied("Only admins and leads can use the mailbox.")


def newest(member: Member, *, query: str = "", before: str = "") -> tuple[list[KeptMail], str]:
    """Return a page of mails, the newest first, and the name that continues with the next page, empty at the end."""
    require_reader(member)
    rows = list(islice(_mailbox().newest(query=query, before=before, may_see=_may_see(member)), PAGE + 1))
    return rows[:PAGE], rows[PAGE - 1].name if len(rows) > PAGE else ""


def raw(member: Member, name: str) -> bytes:
    """Return a mail's bytes.

    Raises:
        Http404: There is no mail of that name, or the member may not see it.
    """
    require_reader(member)
    content = _mailbox().read(name) if _may_see(member)(name) else None
    if content is None:
        raise Http404("The mailbox no longer has this mail.")
    return content


def show(member: Member, name: str) -> MailView:
    """Return a mail for the page.

    Raises:
        Http404: There is no mail of that name.
    """
    source = raw(member, name)
    mail = message_from_bytes(source)
    part = next((each for each in mail.walk() if each.get_content_type() == "text/plain"), mail)
    payload = part.get_payload(decode=True)
    text = payload.decode(part.get_content_charset() or "utf-8", "replace") if isinstance(payload, bytes) else ""
    ours = list(dict.fromkeys(_TRACKED_LINK.findall(text)))
    message_id = parse_mail.parse_mail(source).message_id
    return MailView(
        name=name,
        headers=[(key, parse_mail.decode_words(str(mail[key]))) for key in _HEADERS_SHOWN if mail[key]],
        text=text,
        raw=source.decode("utf-8", "replace"),
        links=[url for url in ours if "/t/c/" in url],
        leave_url=next((url for url in ours if "/u/" in url), ""),
        # Archived tasks have no campaign pages.
        message=Message.objects.select_related("campaign")
        .filter(message_id=message_id, campaign__task__in=tasks_for(member))
        .first(),
    )


def kept_name(message: Message) -> str:
    """Return the name of a message's stored mail, empty without one or without a sink."""
    if settings.MAILBOX_DIR is None or not message.message_id:
        return ""
    return _mailbox().of_message_id(message.message_id)


def empty_mailbox(message_ids: Sequence[str]) -> None:
    """Delete mails from the local mailbox, if there is one."""
    if settings.MAILBOX_DIR is None:
        return
    mailbox = _mailbox()
    for message_id in message_ids:
        while name := mailbox.of_message_id(message_id):
            (Path(settings.MAILBOX_DIR) / f"{name}.eml").unlink(missing_ok=True)


def _may_see(member: Member) -> Callable[[str], bool]:
    """Return a test by name: an admin sees all mails, a lead those of the tasks they lead."""
    if member.is_admin:
        return lambda name: True
    kept = {name.rpartition("-")[2] for name in _mailbox().names()}
    led = [slug for slug, _ in led_by(member)]
    ids = [
        sent.values_list("message_id", flat=True)
        for sent in (
            Message.objects.filter(campaign__task__slug__in=led).exclude(message_id=""),
            InboxAnswer.objects.filter(reply__message__campaign__task__slug__in=led).exclude(message_id=""),
        )
    ]
    mine = {ending for each in ids for message_id in each.iterator() if (ending := digest_of(message_id)) in kept}
    return lambda name: name.rpartition("-")[2] in mine


def _mailbox() -> MailFolder:
    assert settings.MAILBOX_DIR is not None
    return MailFolder(settings.MAILBOX_DIR)
