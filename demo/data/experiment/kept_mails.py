"""Mails of the demo's campaign in the local mailbox, written again after its rows were restored from a snapshot."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings

from campaigns.compose import message as composing
from campaigns.models import Campaign, Message
from campaigns.states import MessageState
from demo.data.experiment import pilots, plan
from demo.mail_sink.mail_folder import MailFolder


def write() -> None:
    """Write the mails of the pilots as they would be sent today."""
    campaign = Campaign.objects.filter(slug=plan.SLUG).first()
    if campaign is None:
        return
    folder = MailFolder(Path(settings.MAILBOX_DIR or Path(settings.VAR_DIR) / "mailbox"))
    enrolments = list(pilots.chosen(campaign).values())
    related = (
        "campaign__sender", "contact", "enrolment__sender", "step", "arm", "draft__task_version",
        "draft__gold__decision",
    )  # fmt: skip
    sent = Message.objects.filter(enrolment__in=enrolments, state=MessageState.SENT).select_related(*related)
    links = composing.links_of(campaign)
    for message in sent.order_by("sent_at", "pk"):
        mail = composing.compose(message, links=links).mail
        raw = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
        folder.keep(raw, sender=mail.from_email, recipients=[message.contact.address])
