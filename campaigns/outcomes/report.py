"""Write down what came of a mail, or of a contact without one: a meeting, an opportunity, revenue.

Told once or ten times, it counts once.

An outcome is an event of its mail: append-only, and its value is a number that stays when the person is erased.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models.functions import Coalesce
from django.utils import timezone

from campaigns.events import record
from campaigns.models import Enrolment, Event, HoldoutOutcome, Message
from campaigns.states import OUTCOMES, WENT, EventKind, EventSource, StopReason
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal

CENT = Decimal("0.01")
MOST_USD = Decimal(1_000_000_000)
# The teller's clock may be ahead of ours.
CLOCK_SKEW = timedelta(minutes=5)


@transaction.atomic
def report(
    message: Message, kind: EventKind, *, at: datetime, value_usd: Decimal | None = None, by: Member
) -> tuple[Event, bool]:
    """Report an outcome of a mail. A meeting ends its sequence, in the same transaction.

    The mail, the kind and the moment name an outcome: telling it again changes nothing.

    Args:
        message: A mail that has left, with its contact and campaign.
        at: When it happened, to the second.
        value_usd: US dollars; needed for revenue, allowed for an opportunity, and none for a meeting.

    Returns:
        The event, and whether it is new.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `outcome_invalid` with errors by field; 409 `contact_erased`, `mail_not_sent`, or `outcome_differs`: it
            was told with another value before.
    """
    permissions.require(by, message.campaign.task, Role.LEAD)
    # Erasing and stopping hold the contact too: what they did is seen from here on.
    record.lock_contacts(message.contact)
    message = Message.objects.select_related("contact", "campaign__task").get(pk=message.pk)
    _refuse_if_closed(message)
    at = at.astimezone(UTC).replace(microsecond=0)
    _check(kind, at, value_usd, since=message.sent_at, began="The mail went later")
    payload = {} if value_usd is None else {"value_usd": str(value_usd.quantize(CENT))}
    key = f"outcome:{kind}:{message.pk.hex}:{int(at.timestamp())}"
    event = record.record(message, kind, source=EventSource.API, key=key, occurred_at=at, payload=payload)
    if event is not None:
        return event, True
    stored_event = Event.objects.get(key=key)
    if stored_event.payload != payload:
        raise _differs(kind, stored_event.payload.get("value_usd"))
    return stored_event, False


@transaction.atomic
def report_without_mail(
    enrolment: Enrolment, kind: EventKind, *, at: datetime, value_usd: Decimal | None = None, by: Member
) -> tuple[HoldoutOutcome, bool]:
    """Report an outcome of a contact whom no mail of a campaign had reached. The same one told again changes nothing.

    Beside a holdout arm that may be a contact of any arm: all are counted from the launch, so what happens before a
    mail, or to one whose mail never goes, counts as it does of who is kept without mail. A meeting ends the sequence.

    Args:
        enrolment: Of a launched campaign with a holdout arm: in that arm, or with no mail gone by the moment.
        at: When it happened, to the second; not before the launch.

    Returns:
        The outcome, and whether it is new.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `outcome_invalid` with errors by field; 409 `contact_erased`, `not_held_out`, or `outcome_differs`.
    """
    permissions.require(by, enrolment.campaign.task, Role.LEAD)
    record.lock_contacts(enrolment.contact)
    enrolment = Enrolment.objects.select_related("contact", "campaign", "arm").get(pk=enrolment.pk)
    if enrolment.contact.erased_at is not None:
        raise Refusal("contact_erased", "This person was erased: nothing more about them can be recorded.", status=409)
    at = at.astimezone(UTC).replace(microsecond=0)
    if not _is_without_mail(enrolment, at):
        raise Refusal(
            "not_held_out",
            "This contact is mailed by the campaign.",
            hint="Name the mail that led to the outcome, as `message`.",
            status=409,
        )
    _check(kind, at, value_usd, since=enrolment.campaign.launched_at, began="The campaign was launched later")
    value = None if value_usd is None else value_usd.quantize(CENT)
    outcome, is_new = HoldoutOutcome.objects.get_or_create(
        key=f"outcome:{kind}:{enrolment.pk.hex}:{int(at.timestamp())}",
        defaults={
            "campaign": enrolment.campaign,
            "enrolment": enrolment,
            "kind": kind,
            "value_usd": value,
            "occurred_at": at,
        },
    )
    if outcome.value_usd != value:
        raise _differs(kind, outcome.value_usd)
    if is_new and kind == EventKind.MEETING:
        record.stop_contact(enrolment.contact, reason=StopReason.MEETING, campaign=enrolment.campaign)
    return outcome, is_new


def _is_without_mail(enrolment: Enrolment, at: datetime) -> bool:
    if enrolment.arm is None or not enrolment.campaign.arms.filter(is_holdout=True).exists():
        return False
    left = Message.objects.filter(enrolment=enrolment, state__in=WENT)
    # To the second, as the moment is told.
    return not left.annotate(went=Coalesce("sent_at", "sending_at")).filter(went__lt=at + timedelta(seconds=1)).exists()


def _differs(kind: EventKind, value: object) -> Refusal:
    return Refusal(
        "outcome_differs",
        f"This {kind} was already reported, with {'no value' if value is None else f'${value}'}.",
        hint="A reported outcome cannot change. Report another one with its own time.",
        status=409,
    )


def _refuse_if_closed(message: Message) -> None:
    if message.contact.erased_at is not None:
        raise Refusal(
            "contact_erased",
            "The recipient of this mail was erased: nothing more about them can be recorded.",
            status=409,
        )
    if message.state not in WENT:
        raise Refusal(
            "mail_not_sent",
            f"This mail has not been sent: it is {message.get_state_display().lower()}.",
            hint="Name the mail that led to the outcome.",
            status=409,
        )


def _check(kind: EventKind, at: datetime, value_usd: Decimal | None, *, since: datetime | None, began: str) -> None:
    errors: dict[str, list[str]] = {}
    if kind not in OUTCOMES:
        errors["kind"] = [f"'{kind}' is not an outcome; choose one of {', '.join(OUTCOMES)}."]
    if at > timezone.now() + CLOCK_SKEW:
        errors["at"] = ["This is in the future: report an outcome once it has happened."]
    elif since is not None and at < since.replace(microsecond=0):
        errors["at"] = [f"{began}, at {since:%Y-%m-%dT%H:%M:%SZ}."]
    if kind == EventKind.REVENUE and value_usd is None:
        errors["value"] = ["Enter an amount in US dollars."]
    if kind == EventKind.MEETING and value_usd is not None:
        errors["value"] = ["A meeting has no value: report revenue or an opportunity as its own outcome."]
    if value_usd is not None and not 0 <= value_usd < MOST_USD:
        errors["value"] = [f"US dollars, from 0 to below {MOST_USD:,}."]
    if errors:
        raise Refusal("outcome_invalid", "This outcome cannot be recorded.", errors=errors)
