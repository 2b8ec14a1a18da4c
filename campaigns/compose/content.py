"""Sources of a mail's words: its step's fixed text, or its draft as the decision on it ends; and its slots' values.

Reads rows and returns plain text; sends nothing. What a model wrote reaches neither recipient, sender nor links: those
come from their own rows.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db.models import QuerySet

from campaigns.compose import merge_marks, render
from campaigns.models import Campaign, Contact, Link, Message, SenderIdentity, Step
from campaigns.senders import choice
from campaigns.states import StepWriter
from review.models import Gold
from review.spec.schema import SLOT
from review.spec.task_spec import TaskSpec

CONTACT_SLOTS = ("contact.first_name", "contact.last_name", "contact.name", "contact.company")
SENDER_SLOTS = ("sender.name", "sender.postal_address")


def fields_of(message: Message) -> dict[str, str]:
    """`subject` and `body` as they stand now, slots unfilled: of the decision that counts, else of the draft.

    A message without a draft whose step is written by a model has no words yet: both are empty.
    """
    step = message.step
    if step.writer == StepWriter.TEMPLATE:
        return {"subject": step.subject, "body": step.body}
    if message.draft_id is None or message.draft is None:
        return {"subject": "", "body": ""}
    # A caller with many mails brings the gold along; without it, this asks.
    gold: Gold | None = getattr(message.draft, "gold", None)
    fields = gold.decision.fields if gold is not None and gold.decision.fields else message.draft.fields
    return as_subject_and_body(message.draft.task_version.spec, fields)


def as_subject_and_body(spec: TaskSpec, fields: Mapping[str, Any]) -> dict[str, str]:
    """A draft's fields under the names `subject` and `body`, whatever the task calls them."""
    by_role = {field.role: field.name for field in spec.output_schema}
    return {role: str(fields.get(by_role.get(role, "")) or "") for role in ("subject", "body")}


def slots_of(message: Message, *, links: Mapping[str, str]) -> dict[str, str]:
    """Value of every slot a mail of this campaign may use.

    Args:
        message: The mail; its contact and who sends it are read.
        links: Address by link name: tracked ones for the mail itself, plain ones for a look at it.
    """
    return {
        **slots_of_contact(message.contact),
        **slots_of_sender(choice.sender_of(message)),
        **{f"link.{name}": url for name, url in links.items()},
    }


def slots_of_contact(contact: Contact) -> dict[str, str]:
    """Return the facts about a reader; filled at sending, so that no model and no dataset sees them."""
    return {
        "contact.first_name": contact.first_name,
        "contact.last_name": contact.last_name,
        "contact.name": contact.name,
        "contact.company": contact.company,
    }


def names_in_headers(contact: Contact) -> dict[str, str]:
    """Return the facts about a reader that the address line tells, in the text or not."""
    return {"contact.first_name": contact.first_name, "contact.last_name": contact.last_name}


def slots_of_sender(sender: SenderIdentity | None) -> dict[str, str]:
    return {
        "sender.name": sender.from_name if sender else "",
        "sender.postal_address": sender.postal_address if sender else "",
    }


def plain_names(contact: Contact) -> list[str]:
    """Names that may look like a web address and are none: a company may be called Booking.com."""
    return [contact.company] if contact.company else []


def link_urls(campaign: Campaign) -> dict[str, str]:
    return dict(Link.objects.filter(campaign=campaign).order_by("name").values_list("name", "url"))


def known_slots(campaign: Campaign) -> list[str]:
    """Names of all slots that something fills in mails of this campaign."""
    return [*CONTACT_SLOTS, *SENDER_SLOTS, *(f"link.{name}" for name in link_urls(campaign))]


def slots_in(step: Step) -> list[str]:
    """Names of the slots a step's fixed text uses, each once."""
    return list(dict.fromkeys(render.slot_name(match) for match in SLOT.finditer(f"{step.subject}\n{step.body}")))


def foreign_marks_in(step: Step) -> list[str]:
    """Marks of other mail merges in a step's fixed text, each once."""
    text = SLOT.sub(" ", f"{step.subject}\n{step.body}")
    return list(dict.fromkeys(mark.group() for mark in merge_marks.marks_in(text)))


def with_words(mails: QuerySet[Message]) -> QuerySet[Message]:
    """The same with everything their words are read from, in one query."""
    related = (
        "contact",
        "step",
        "arm",
        "sender",
        "enrolment__sender",
        "campaign__sender",
        "draft__task_version",
        "draft__gold__decision",
    )
    return mails.select_related(*related).defer("draft__messages", "draft__parameters")
