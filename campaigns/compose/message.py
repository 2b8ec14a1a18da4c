"""Makes the mail of a message: what is read, and every header of it. Sends nothing and writes no row.

Recipient, sender and links come from their own rows alone. The words are made harmless by `campaigns.compose.render`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from email.utils import formataddr
from functools import cache
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

from django.core.mail import EmailMultiAlternatives
from django.urls import reverse

from campaigns.compose import content, link_tokens, render, repeats, threads
from campaigns.compose.farewells import farewell_of
from campaigns.compose.link_tokens import TokenPurpose
from campaigns.models import Campaign, Contact, Message, SenderIdentity
from campaigns.senders import choice, tracking_domains
from campaigns.states import LawfulBasis
from web.errors import Refusal

LOCAL_PART_MAX = 64
_PLACEHOLDER = "token-here"
_ANSWERED = re.compile(r"\A(?:\s*re\s*:\s*)+", re.IGNORECASE)


class MailHeader(NamedTuple):
    name: str
    value: str


@dataclass(frozen=True)
class OutgoingMail:
    """A mail ready for the wire, and what the message's row keeps of it; `message_id` without angle brackets."""

    mail: EmailMultiAlternatives
    subject: str
    text: str
    message_id: str

    @property
    def headers(self) -> list[MailHeader]:
        """Headers as a preview shows them, those that people read first."""
        named = {
            "From": self.mail.extra_headers["From"],
            "To": ", ".join(self.mail.to),
            "Reply-To": ", ".join(self.mail.reply_to),
            "Subject": self.subject,
        }
        return [MailHeader(*pair) for pair in (named | self.mail.extra_headers).items()]


def compose(message: Message, *, links: Mapping[str, UUID]) -> OutgoingMail:
    """Compose the mail of a message as it goes out now.

    Args:
        message: With contact, step, draft and its sender, the enrolment's or the campaign's loaded.
        links: Id by name of the links the campaign may point to.

    Raises:
        Refusal: `no_sender`, when the campaign has nobody to send as; `no_words`, when nothing has been written;
            `repeats_earlier`, when its reader was sent that text, or nearly that text, before.
        UnfilledSlotError: The text has a slot that nothing fills; `UnfilledValueError`: a value has a mark that nothing
            filled.
        ValueError: A header cannot be written.
    """
    sender = choice.sender_of(message)
    if sender is None:
        raise Refusal("no_sender", "The campaign has no sender identity.", hint="Choose one on the campaign's page.")
    fields = content.fields_of(message)
    if not fields["body"].strip():
        raise Refusal("no_words", "This mail has no text.")
    earlier = threads.earlier_mails(message)
    if repeat := repeats.find(fields["body"], [content.fields_of(mail) for mail in earlier]):
        raise Refusal("repeats_earlier", str(repeat), hint="A contact never gets the same text twice.")
    if message.step.same_thread and earlier:
        fields = {**fields, "subject": reply_subject(earlier[0].subject or content.fields_of(earlier[0])["subject"])}
    leave_url = unsubscribe_url(message.pk, sender)
    words = render.render(
        fields,
        slots=content.slots_of(
            message, links={name: click_url(message.pk, link, sender) for name, link in links.items()}
        ),
        footer=footer(message.contact, sender, leave_url),
        plain_names=content.plain_names(message.contact),
        pixel_url=pixel_url(message, sender),
        names=content.names_in_headers(message.contact),
    )
    before = [earlier_mail.message_id or message_id_of(earlier_mail.pk, sender) for earlier_mail in earlier]
    return addressed(message, sender, words, message_id_of(message.pk, sender), leave_url=leave_url, before=before)


def footer(contact: Contact, sender: SenderIdentity, leave_url: str) -> render.Footer:
    """Say who writes, why this reader, and how to leave."""
    farewell = farewell_of(contact.language)
    basis = LawfulBasis(contact.lawful_basis)
    reason = farewell.reason(basis, source=contact.basis_source, on=contact.basis_date)
    return render.Footer(sender.from_name, sender.postal_address, leave_url, reason, farewell.leave)


def addressed(
    message: Message,
    sender: SenderIdentity,
    words: render.Rendered,
    message_id: str,
    *,
    leave_url: str,
    before: Sequence[str],
) -> OutgoingMail:
    """Return words as a mail to a message's reader, with the message's tokens; a campaign's own mail or an answer.

    Args:
        message_id: Of the mail itself.
        before: Ids of the mails it follows, the one it answers last.
    """
    answer_to = reply_address(message.pk, sender)
    mail = EmailMultiAlternatives(
        subject=words.subject,
        body=words.text,
        # The envelope's sender, to which servers return what they cannot deliver; readers see the header below.
        from_email=answer_to,
        to=[_named(message.contact.name, message.contact.address)],
        reply_to=[_named(sender.from_name, answer_to)],
        headers={
            "From": _named(sender.from_name, sender.from_address),
            "Message-ID": f"<{message_id}>",
            # RFC 8058: one click in the mail program, one POST to us.
            "List-Unsubscribe": f"<{leave_url}>, <mailto:{answer_to}?subject=unsubscribe>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            **_answers(before),
        },
    )
    mail.attach_alternative(words.html, "text/html")
    # Providers by anymail hand this back with every event; SMTP passes it over.
    mail.metadata = {"message": str(message.pk)}  # type: ignore[attr-defined]
    return OutgoingMail(mail, words.subject, words.text, message_id)


def problem_of(error: Refusal | ValueError) -> str:
    """Say why no mail can be made, from what `compose` raised."""
    if isinstance(error, Refusal):
        return f"{error.message} {error.hint}".strip()
    if isinstance(error, render.UnfilledSlotError):
        return f"It cannot be sent as it is: {error}."
    return f"A header cannot be written: {error}"


def reply_subject(subject: str) -> str:
    """Return the subject of an answer to a mail of this subject: one `Re:` before it, however often it was answered."""
    return f"Re: {_ANSWERED.sub('', subject)}"


def _answers(message_ids: Sequence[str]) -> dict[str, str]:
    """Threading headers (RFC 5322, section 3.6.4)."""
    if not message_ids:
        return {}
    named = [f"<{message_id}>" for message_id in message_ids]
    return {"In-Reply-To": named[-1], "References": " ".join(named)}


def message_id_of(message_pk: UUID, sender: SenderIdentity) -> str:
    """Message-ID of a mail, made from its row alone, so that every attempt at it bears the same."""
    return f"{sha256(b'miniatures.mail.' + message_pk.bytes).hexdigest()[:32]}@{sender.from_address.rpartition('@')[2]}"


def reply_address(message_pk: UUID, sender: SenderIdentity) -> str:
    """Return the address for answers to one mail: the sender's with a signed token, where a local part has room."""
    local, _, domain = sender.reply_address.rpartition("@")
    tagged = f"{local}+{link_tokens.sign(TokenPurpose.REPLY, message_pk)}"
    return f"{tagged if len(tagged) <= LOCAL_PART_MAX else local}@{domain}"


def unsubscribe_url(message_pk: UUID, sender: SenderIdentity | None) -> str:
    """The page, and the one-click address, that ends all mails to the reader of a mail."""
    return _absolute("campaigns:unsubscribe", link_tokens.sign(TokenPurpose.UNSUBSCRIBE, message_pk), sender)


def click_url(message_pk: UUID, link_pk: UUID, sender: SenderIdentity | None) -> str:
    return _absolute("campaigns:click", link_tokens.sign(TokenPurpose.CLICK, message_pk, link_pk), sender)


def pixel_url(message: Message, sender: SenderIdentity | None) -> str:
    """Return the URL of the tracking pixel; empty unless the campaign tracks opens and the contact agreed."""
    if not (message.campaign.tracks_opens and message.contact.may_track_opens):
        return ""
    return _absolute("campaigns:open", link_tokens.sign(TokenPurpose.OPEN, message.pk), sender)


def links_of(campaign: Campaign) -> dict[str, UUID]:
    return dict(campaign.links.values_list("name", "pk"))


def _absolute(name: str, token: str, sender: SenderIdentity | None) -> str:
    return tracking_domains.base_url(sender) + _path(name).replace(_PLACEHOLDER, token)


@cache
def _path(name: str) -> str:
    """Cached, since reversing takes longer than signing."""
    return reverse(name, args=[_PLACEHOLDER])


def _named(name: str, address: str) -> str:
    return formataddr((render.one_line(name), address)) if name else address
