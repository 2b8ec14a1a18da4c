"""Take an entry of the suppression list back that colleagues or a bounce made.

The lift is a row beside the entry, so the list only grows.

What a reader said by a link, a button or a complaint, and an erasure, stand for good. A later suppression of the
address is an entry of its own and beats every lift before it.
"""

from __future__ import annotations

from typing import Final

from django.db import transaction

from audit import trail
from campaigns.models import Contact, Event, SuppressionLift
from campaigns.states import EventKind
from campaigns.suppression import queries as selectors
from campaigns.suppression import suppress
from members.models import Member
from web.errors import Refusal

MAX_REASON: Final = 300
# How an unsubscription is told apart that was read from prose and put nobody on the list.
_READ: Final = "reply"


@transaction.atomic
def lift(address_or_hmac: str, *, by: Member, why: str) -> list[SuppressionLift]:
    """Let a person be written to again who stands on the list by mistake. Mails that were stopped stay stopped.

    Args:
        by: Who lifts them: an admin or a lead.
        why: In a few words, without names; it stays for good.

    Raises:
        PermissionDenied: The member keeps no list.
        Refusal: `address_invalid`, `reason_missing`, `not_listed`, or `stays_for_good`.
    """
    selectors.require_list_access(by)
    hmac = suppress.hmac_of_or_refuse(address_or_hmac)
    if not why.strip():
        message = "Write why the entry is a mistake."
        raise Refusal("reason_missing", message, errors={"reason": [message]})
    suppress.lock_list()
    suppress.lock_contacts([hmac])
    entries = list(selectors.standing().filter(address_hmac=hmac))
    if not entries:
        raise Refusal("not_listed", "This address is not on the suppression list.", status=404)
    if not (all(suppress.may_be_lifted(entry) for entry in entries) and not _has_left_for_good(hmac)):
        raise Refusal(
            "stays_for_good",
            "The person left by a link, complained, or was erased: such an entry stays. Write from your own mailbox.",
            status=409,
        )
    lifts = [
        SuppressionLift(suppression=entry, reason=why.strip()[:MAX_REASON], member_name=by.name[:150])
        for entry in entries
    ]
    SuppressionLift.objects.bulk_create(lifts)
    trail.record("suppression_lifted", by=by, about=entries[0], entries=len(entries))
    return lifts


def _has_left_for_good(hmac: str) -> bool:
    """Look past entries that hide an earlier act of the reader, or an erasure."""
    kinds = (EventKind.UNSUBSCRIBED, EventKind.COMPLAINED)
    payloads = Event.objects.filter(message__contact__address_hmac=hmac, kind__in=kinds).values_list(
        "payload", flat=True
    )
    erased = Contact.objects.filter(address_hmac=hmac, erased_at__isnull=False)
    return erased.exists() or any(payload.get("how") != _READ for payload in payloads)
