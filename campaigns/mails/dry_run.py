"""Every mail as it would go, and what it all costs, before anything is sent. Sends nothing and writes nothing.

The mail is made by the very function the sender calls, so what is shown here is what goes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from uuid import UUID

from campaigns.compose import message as compose_message
from campaigns.compose.content import with_words
from campaigns.compose.message import MailHeader
from campaigns.mails import queries
from campaigns.models import Campaign, Message, Step
from campaigns.states import MessageState, StepWriter
from web.errors import Refusal

CHUNK = 200
NOT_YET = "The model writes it when it is due, from the facts and mail {before}; contacts who reply get none."
# Stopped mails are not sent; failed ones have no text.
ALREADY_SENT = (MessageState.STOPPED, MessageState.FAILED)


@dataclass(frozen=True)
class MailPreview:
    """One mail as it would go, or why it could not.

    Attributes:
        text: Its plain text, filled, with tracked links and footer.
        problem: Why there is no such mail; empty when there is.
        marks: What checks object to in its draft.
        is_coming: Whether its mail is not planned yet: it follows one that has not gone, if that gets no reply.
    """

    message: Message
    headers: list[MailHeader]
    subject: str = ""
    text: str = ""
    problem: str = ""
    marks: list[Mapping[str, str]] | None = None
    is_coming: bool = False


def preview(message: Message, *, links: Mapping[str, UUID]) -> MailPreview:
    """A mail as it would go now.

    Args:
        message: From `compose.content.with_words`.
    """
    marks = list(message.draft.marks) if message.draft is not None else []
    try:
        made = compose_message.compose(message, links=links)
    except (Refusal, ValueError) as error:
        return MailPreview(message, [], problem=compose_message.problem_of(error), marks=marks)
    return MailPreview(message, made.headers, made.subject, made.text, marks=marks)


def with_follow_ups(messages: Sequence[Message], *, links: Mapping[str, UUID]) -> list[MailPreview]:
    """Return the mails as they would be sent now, each followed by unplanned mails of its sequence.

    Args:
        messages: Of one campaign, from `compose.content.with_words`.
    """
    if not messages:
        return []
    steps = list(Step.objects.filter(campaign=messages[0].campaign_id).order_by("number"))
    ahead = _last_steps(messages) if len(steps) > 1 else {}
    shown = []
    for message in messages:
        shown.append(preview(message, links=links))
        if ahead.get(message.contact_id) == message.step.number:
            shown += [_follow_up(message, step, links) for step in steps if step.number > message.step.number]
    return shown


def _last_steps(messages: Sequence[Message]) -> dict[UUID, int]:
    planned = Message.objects.filter(
        campaign=messages[0].campaign_id, contact__in={message.contact_id for message in messages}
    )
    return dict(planned.order_by("step__number").values_list("contact_id", "step__number"))


def _follow_up(first: Message, step: Step, links: Mapping[str, UUID]) -> MailPreview:
    message = Message(
        campaign=first.campaign, contact=first.contact, enrolment_id=first.enrolment_id, arm=first.arm, step=step
    )
    if step.writer == StepWriter.MODEL:
        return MailPreview(message, [], problem=NOT_YET.format(before=step.number - 1), is_coming=True)
    return replace(preview(message, links=links), is_coming=True)


def rows(campaign: Campaign) -> Iterator[dict[str, object]]:
    """Every mail of a campaign as plain data, for a download; reads in chunks, however many there are."""
    links = compose_message.links_of(campaign)
    mails = queries.of_campaign(campaign).exclude(state__in=ALREADY_SENT).order_by("step__number", "created_at", "id")
    messages = with_words(mails).iterator(chunk_size=CHUNK)
    while block := list(islice(messages, CHUNK)):
        yield from (_row(preview) for preview in with_follow_ups(block, links=links))


def _row(preview: MailPreview) -> dict[str, object]:
    message = preview.message
    return {
        "id": None if preview.is_coming else str(message.pk),
        "step": message.step.number,
        "arm": message.arm.name if message.arm else None,
        "state": "coming" if preview.is_coming else message.state,
        "to": message.contact.address,
        "subject": preview.subject,
        "text": preview.text,
        "problem": preview.problem,
        "marks": [f"{mark['field']}: {mark['message']}" for mark in preview.marks or ()],
    }
