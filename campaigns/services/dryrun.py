"""Every mail as it would go, and what it all costs, before anything is sent. Sends nothing and writes nothing.

The mail is made by the very function the sender calls, so what is shown here is what goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from uuid import UUID

from campaigns.mail_text import UnfilledSlotError
from campaigns.models import Campaign, Message
from campaigns.selectors import mails
from campaigns.services import composing
from campaigns.states import MessageState
from web.errors import Refusal

CHUNK = 200
# Stopped mails go to nobody; what failed has no text.
GONE = (MessageState.STOPPED, MessageState.FAILED)


@dataclass(frozen=True)
class Preview:
    """One mail as it would go, or why it could not.

    Attributes:
        message: The mail.
        headers: Names and values, in the order of the mail.
        subject: Filled.
        text: Its plain text, filled, with tracked links and footer.
        problem: Why there is no such mail; empty when there is.
        marks: What checks object to in its draft.
    """

    message: Message
    headers: list[tuple[str, str]]
    subject: str = ""
    text: str = ""
    problem: str = ""
    marks: list[Mapping[str, str]] | None = None


def preview(message: Message, *, links: Mapping[str, UUID]) -> Preview:
    """A mail as it would go now.

    Args:
        message: From `selectors.mails.with_words`.
        links: Id by name of the campaign's links.
    """
    marks = list(message.candidate.marks) if message.candidate is not None else []
    try:
        made = composing.compose(message, links=links)
    except Refusal as refusal:
        return Preview(message, [], problem=f"{refusal.message} {refusal.hint}".strip(), marks=marks)
    except UnfilledSlotError as error:
        return Preview(message, [], problem=f"It cannot go as it is: {error}.", marks=marks)
    except ValueError as error:
        return Preview(message, [], problem=f"A header cannot be written: {error}", marks=marks)
    extra = {name: value for name, value in made.mail.extra_headers.items() if name != "From"}
    headers = [
        ("From", made.mail.extra_headers.get("From", made.mail.from_email)), ("To", ", ".join(made.mail.to)),
        ("Reply-To", ", ".join(made.mail.reply_to)), ("Subject", made.subject), *extra.items(),
    ]  # fmt: skip
    return Preview(message, headers, made.subject, made.text, marks=marks)


def rows(campaign: Campaign) -> Iterator[dict[str, object]]:
    """Every mail of a campaign as plain data, for a download; reads in chunks, however many there are."""
    links = composing.links_of(campaign)
    wanted = mails.of_campaign(campaign).exclude(state__in=GONE).order_by("step__number", "created_at", "id")
    for message in mails.with_words(wanted).iterator(chunk_size=CHUNK):
        shown = preview(message, links=links)
        yield {
            "id": str(message.pk),
            "step": message.step.number,
            "arm": message.arm.name if message.arm else None,
            "state": message.state,
            "to": message.contact.address,
            "subject": shown.subject,
            "text": shown.text,
            "problem": shown.problem,
            "marks": [f"{mark['field']}: {mark['message']}" for mark in shown.marks or ()],
        }
