"""Make the mail of an answer: what is read, and every header of it. Sends nothing and writes no row.

Recipient, sender and links come from their own rows alone, as with every mail. It bears the tokens of the mail that its
reader answered: who leaves by it, or writes back to it, is found by that mail. It tracks nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from campaigns.compose import content, render
from campaigns.compose import message as compose_message
from campaigns.compose.message import MailHeader, OutgoingMail, problem_of
from campaigns.models import InboxAnswer, Message, Reply, SenderIdentity
from campaigns.senders import choice
from campaigns.states import WENT, AnswerState
from web.errors import Refusal

MOST_NAMED = 20
_MESSAGE_ID = re.compile(r"[!-;=?-~]{1,150}@[!-;=?-~]{1,150}")
# Made up for a mail that bore no Message-ID: no mail program knows it.
_NO_ID = "@no-message-id"
_ANSWER_LEFT = (AnswerState.SENT, AnswerState.UNKNOWN, AnswerState.SENDING)


@dataclass(frozen=True)
class AnswerPreview:
    """A mail as it would go, or why it could not.

    Attributes:
        headers: In the order of the mail.
        problem: Why there is no such mail; empty where there is.
    """

    headers: list[MailHeader] = field(default_factory=list)
    text: str = ""
    problem: str = ""


def compose(answer: InboxAnswer) -> OutgoingMail:
    """Compose the mail of an answer as it goes out now.

    Raises:
        Refusal: `no_sender`, when the campaign has nobody to send as; `no_words`, when nothing has been written.
        UnfilledSlotError: The text has a slot that nothing fills.
        ValueError: A header cannot be written.
    """
    mail, contact, sender = answer.reply.message, answer.reply.message.contact, sender_of(answer.reply)
    if not answer.body.strip():
        raise Refusal("no_words", "This answer has no text.", hint="Write it, and send it then.")
    leave_url = compose_message.unsubscribe_url(mail.pk, sender)
    words = render.render(
        {"subject": subject_of(answer.reply), "body": answer.body},
        slots=content.slots_of(mail, links=content.link_urls(mail.campaign)),
        footer=compose_message.footer(contact, sender, leave_url),
        plain_names=content.plain_names(contact),
        names=content.names_in_headers(contact),
        quoted_subject=True,
    )
    message_id, before = message_id_of(answer.pk, sender), _mails_before(answer.reply, sender)
    made = compose_message.addressed(mail, sender, words, message_id, leave_url=leave_url, before=before)
    made.mail.metadata["answer"] = str(answer.pk)  # type: ignore[attr-defined]
    return made


def preview(answer: InboxAnswer) -> AnswerPreview:
    """Return an answer exactly as it would go, by the function that its sender calls."""
    try:
        made = compose(answer)
    except (Refusal, ValueError) as error:
        return AnswerPreview(problem=problem_of(error))
    return AnswerPreview(made.headers, made.text)


def sender_of(reply: Reply) -> SenderIdentity:
    """Return who sent the mail that a reply answers: the answer comes from the same sender.

    Raises:
        Refusal: `no_sender`.
    """
    sender = choice.sender_of(reply.message)
    if sender is None:
        raise Refusal("no_sender", "The campaign has no sender, so no answer can be sent.")
    return sender


def subject_of(reply: Reply) -> str:
    """Return the subject of an answer: that of the reply, or of our mail where it had none, after one `Re:`."""
    mail = reply.message
    return compose_message.reply_subject(reply.subject or mail.subject or content.fields_of(mail)["subject"])


def message_id_of(answer_pk: UUID, sender: SenderIdentity) -> str:
    """Message-ID of an answer, made from its row alone, so that every attempt at it bears the same."""
    return (
        f"{sha256(b'miniatures.answer.' + answer_pk.bytes).hexdigest()[:32]}@{sender.from_address.rpartition('@')[2]}"
    )


def _mails_before(reply: Reply, sender: SenderIdentity) -> list[str]:
    """Return ids of the mails that were written before in both directions, the reply's own last."""
    enrolment, until = reply.message.enrolment_id, reply.event.occurred_at
    mails = Message.objects.filter(enrolment=enrolment, state__in=WENT)
    written = [
        (
            mail.sent_at or mail.sending_at or mail.created_at,
            0,
            mail.message_id or compose_message.message_id_of(mail.pk, sender),
        )
        for mail in mails
    ]
    replies = Reply.objects.filter(message__enrolment=enrolment, event__occurred_at__lte=until).select_related("event")
    written += [(each.event.occurred_at, 1, known_id(each)) for each in replies if each.pk != reply.pk]
    answers = InboxAnswer.objects.filter(reply__message__enrolment=enrolment, state__in=_ANSWER_LEFT)
    written += [(each.sent_at or each.sending_at or each.updated_at, 2, each.message_id) for each in answers]
    before = [name for at, _, name in sorted(written) if name and at <= until]
    return [*before, *([own] if (own := known_id(reply)) else [])][-MOST_NAMED:]


def known_id(reply: Reply) -> str:
    """Return the Message-ID a reply came with; empty where it had none, or one that cannot stand in a header."""
    message_id = str(reply.event.payload.get("message_id", ""))
    is_usable = _MESSAGE_ID.fullmatch(message_id) and not message_id.endswith(_NO_ID)
    # As long as the event keeps, it may have been cut.
    return message_id if is_usable and len(message_id) < 200 else ""
