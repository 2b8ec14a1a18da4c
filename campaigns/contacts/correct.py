"""Correcting a contact, and removing one that was entered by mistake. Puts nobody on the suppression list."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.db.models import ProtectedError
from django.utils import timezone

from audit import trail
from campaigns.contacts.imports.parse_row import person_value
from campaigns.models import Contact, Enrolment, Message
from campaigns.states import HoldReason, MessageState
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

# What may be corrected. An address is another person's: remove the contact and import the right one.
CORRECTABLE = ("first_name", "last_name", "company", "segment", "time_zone", "language")


@transaction.atomic
def correct(contact: Contact, values: Mapping[str, Any], *, by: Member) -> Contact:
    """Change what is known of a contact; mails that have not gone are filled with the new values.

    Those that were held since a value was never filled in may go.

    Args:
        values: New values of some of `CORRECTABLE`.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `contact_invalid` with errors by field; 409 `contact_erased`.
    """
    permissions.require(by, contact.task, Role.LEAD)
    contact = Contact.objects.select_for_update(no_key=True, of=("self",)).select_related("task").get(pk=contact.pk)
    if contact.erased_at is not None:
        raise Refusal("contact_erased", "This person was erased: nothing about them can be stored again.", status=409)
    new = _checked(values)
    changed = sorted(name for name, value in new.items() if getattr(contact, name) != value)
    for name in changed:
        setattr(contact, name, new[name])
    if changed:
        contact.save(update_fields=changed)
        now, held = timezone.now(), {"state": MessageState.APPROVED, "held_because": HoldReason.VALUE}
        Message.objects.filter(contact=contact, **held).update(due_at=now, held_because="", problem="", updated_at=now)
        trail.record("contact_corrected", by=by, about=contact, fields=changed)
    return contact


@transaction.atomic
def remove(contact: Contact, *, by: Member) -> None:
    """Delete a contact that no campaign has taken in; the facts of its company stay. It may be imported again.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `contact_in_use`, with what to do instead.
    """
    permissions.require(by, contact.task, Role.LEAD)
    # A launch that enrols the contact at this moment either sees it gone, or its row is seen here.
    Contact.objects.select_for_update(of=("self",)).filter(pk=contact.pk).first()
    if contact.erased_at is not None or Enrolment.objects.filter(contact=contact).exists():
        raise _in_use(contact)
    pk = contact.pk
    try:
        contact.delete()
    except ProtectedError:
        raise _in_use(contact) from None
    contact.pk = pk
    trail.record("contact_removed", by=by, about=contact)


def _in_use(contact: Contact) -> Refusal:
    if contact.erased_at is not None:
        message, hint = "This person was erased; the counts stay.", ""
    else:
        message = "A campaign includes this contact, so its mails and counts stay."
        hint = "Put the address on the suppression list, or erase the person under Data requests."
    return Refusal("contact_in_use", message, hint=hint, status=409)


def _checked(values: Mapping[str, Any]) -> dict[str, str]:
    new, errors = dict[str, str](), dict[str, list[str]]()
    for name in CORRECTABLE:
        if name in values:
            try:
                new[name] = person_value(name, values[name])
            except ValueError as error:
                errors[name] = [f"{error}."]
    if errors:
        raise Refusal("contact_invalid", "This contact cannot be saved as it is.", errors=errors)
    return new
