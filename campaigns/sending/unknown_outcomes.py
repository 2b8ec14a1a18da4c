"""A person settles the fate of a mail that is in doubt, having asked its reader or read the mail server's log.

Nothing is sent again here: a mail that is found not to have left stays unsent, and a new one is a person's to write.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from campaigns.models import Event, Message
from campaigns.states import EventKind, EventSource, MessageState
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal


@transaction.atomic
def settle_unknown(message: Message, *, arrived: bool, by: Member) -> None:
    """Say of a mail of unknown fate whether it arrived. Raced by an event that proves it, the first counts.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409, the mail's fate is not in doubt.
    """
    permissions.require(by, message.campaign.task, Role.LEAD)
    doubtful = Message.objects.filter(pk=message.pk, state=MessageState.UNKNOWN)
    now = timezone.now()
    if arrived:
        moved = doubtful.update(state=MessageState.SENT, sent_at=F("sending_at"), problem="", updated_at=now)
    else:
        problem = f"Recorded as not delivered by {by.name}."[:300]
        moved = doubtful.update(state=MessageState.FAILED, problem=problem, updated_at=now)
    if not moved:
        raise Refusal("not_in_doubt", "The outcome of this mail is already known.", hint="Reload the page.", status=409)
    if arrived:
        Event.objects.get_or_create(
            key=f"sent:{message.pk.hex}",
            defaults={
                "campaign_id": message.campaign_id,
                "enrolment_id": message.enrolment_id,
                "message": message,
                "kind": EventKind.SENT,
                "source": EventSource.PAGE,
                "occurred_at": message.sending_at or now,
                "payload": {"by": by.name},
            },
        )
