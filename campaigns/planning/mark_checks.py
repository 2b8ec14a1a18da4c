"""Marks of a mail merge that nothing filled, looked for before a launch: in contacts, senders and fixed texts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import reduce
from operator import or_

from django.db.models import Q

from campaigns.compose import content, merge_marks
from campaigns.models import Campaign, Contact, SenderIdentity, Step
from campaigns.planning import audience
from campaigns.states import StepWriter

# What a mail says of its reader in its headers and its footer, whatever its text does.
_ALWAYS = ("first_name", "last_name", "basis_source")
_COMPANY = "contact.company"
# One of these signs stands in every mark; the database finds them, and the few rows are looked at one by one.
_SIGNS = ("{", "}", "[", "<", "%", "*|", "\u00ab", "@@")
NAMED = 3


def in_contacts(campaign: Campaign) -> str:
    """Say which contacts hold a mark in what a mail may say of them; empty where none does. One query."""
    columns = _columns(campaign)
    has_sign = reduce(or_, (Q(**{f"{column}__contains": sign}) for column in columns for sign in _SIGNS))
    chosen = Contact.objects.filter(has_sign, pk__in=audience.contacts_matching(campaign).values("pk"))
    places = [
        f"{name} of {contact.address} holds {mark}"
        for contact in chosen.order_by("created_at", "id").only("address", *columns).iterator()
        for name, mark in merge_marks.unfilled({column: getattr(contact, column) for column in columns}).items()
    ]
    rest = f"; so do {len(places) - NAMED:,} more" if len(places) > NAMED else ""
    return f"{'; '.join(places[:NAMED])}{rest}, which was never filled in." if places else ""


def in_sender(sender: SenderIdentity) -> str:
    """Say what of a sender holds a mark; empty where nothing does."""
    values = {"from name": sender.from_name, "postal address": sender.postal_address}
    places = [f"the {name} holds {mark}" for name, mark in merge_marks.unfilled(values).items()]
    return f"Of {sender.name} {' and '.join(places)}, which has no value." if places else ""


def in_texts(steps: Sequence[Step]) -> Iterator[str]:
    """Yield, for each fixed text with marks of another tool, what they are."""
    for step in steps:
        if step.writer == StepWriter.TEMPLATE:
            for mark in content.foreign_marks_in(step):
                yield f"Mail {step.number} holds {mark}, which has no value here."


def slots_named(slots: Sequence[str]) -> str:
    """Return slots as a text may hold them, in one line."""
    return ", ".join(f"{{{{{name}}}}}" for name in slots)


def _columns(campaign: Campaign) -> tuple[str, ...]:
    steps = list(campaign.steps.all())
    is_named = any(_COMPANY in content.slots_in(step) for step in steps if step.writer == StepWriter.TEMPLATE)
    may_be = any(step.writer == StepWriter.MODEL for step in steps) and _COMPANY in campaign.task_version.spec.slots
    return (*_ALWAYS, "company") if is_named or may_be else _ALWAYS
