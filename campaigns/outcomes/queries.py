"""Questions about outcomes that were reported: totals of a campaign, and those of one contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from campaigns.models import Campaign, Enrolment, Event, HoldoutOutcome
from campaigns.states import OUTCOMES, EventKind
from members.models import Member
from review.tasks.permissions import tasks_for
from web.http.first_or_404 import first_or_404

# The contact's enrolment, the value where there is one, and whether the contact got no mail.
ReportedValue = tuple[UUID, Decimal | None, bool]


@dataclass(frozen=True, slots=True)
class OutcomeTotal:
    """Number of contacts with an outcome, how often it was reported, and its value in US dollars where it has one.

    `held_out` are those of the contacts who got no mail.
    """

    kind: str
    label: str
    contacts: int
    count: int
    value_usd: Decimal | None
    held_out: int = 0


def value_usd(outcome: Event | HoldoutOutcome) -> Decimal | None:
    """The value of an outcome in US dollars; None where it has none."""
    value = outcome.value_usd if isinstance(outcome, HoldoutOutcome) else outcome.payload.get("value_usd")
    return None if value is None else Decimal(value)


def totals(campaign: Campaign, *, has_holdout: bool = True) -> list[OutcomeTotal]:
    """Outcomes of a campaign by kind, in their order, those that occurred. A query, and one for a holdout arm."""
    by_kind: dict[str, list[ReportedValue]] = {}
    rows = Event.objects.filter(campaign=campaign, kind__in=OUTCOMES).order_by()
    for kind, enrolment_id, payload in rows.values_list("kind", "enrolment_id", "payload"):
        value = payload.get("value_usd")
        by_kind.setdefault(kind, []).append((enrolment_id, None if value is None else Decimal(value), False))
    silent = HoldoutOutcome.objects.filter(campaign=campaign).order_by()
    for kind, enrolment_id, value in silent.values_list("kind", "enrolment_id", "value_usd") if has_holdout else ():
        by_kind.setdefault(kind, []).append((enrolment_id, value, True))
    return [_total(kind, by_kind[kind]) for kind in OUTCOMES if kind in by_kind]


def _total(kind: EventKind, rows: Sequence[ReportedValue]) -> OutcomeTotal:
    values = [value for _, value, _ in rows if value is not None]
    contacts = len({enrolment_id for enrolment_id, _, _ in rows})
    held_out = len({enrolment_id for enrolment_id, _, is_held_out in rows if is_held_out})
    total = sum(values, Decimal(0)) if values else None
    return OutcomeTotal(kind, kind.label, contacts, len(rows), total, held_out)


def enrolment_or_404(member: Member, campaign: str, contact_id: UUID) -> Enrolment:
    """A contact in a campaign, if the member may see it."""
    rows = Enrolment.objects.filter(campaign__slug=campaign, contact=contact_id, campaign__task__in=tasks_for(member))
    return first_or_404(
        rows.select_related("campaign__task", "contact", "arm"),
        "There is no such contact in a campaign that you can see.",
    )


def without_mail(contact_id: UUID) -> list[HoldoutOutcome]:
    """Outcomes of a contact in campaigns that keep it without mail, newest first."""
    rows = HoldoutOutcome.objects.filter(enrolment__contact=contact_id)
    return list(rows.select_related("campaign").order_by("-occurred_at", "id"))


def told(outcome: HoldoutOutcome) -> dict[str, Any]:
    """An outcome as the person's exported data tell it."""
    return {
        "campaign": outcome.campaign.name,
        "kind": outcome.get_kind_display(),
        "value_usd": outcome.value_usd,
        "at": outcome.occurred_at,
    }


def of_contact(contact_id: UUID) -> list[Event]:
    """Return outcomes of the mails to a contact, newest first, with their mails and campaigns."""
    events = Event.objects.filter(message__contact=contact_id, kind__in=OUTCOMES)
    return list(events.select_related("message__step", "campaign").order_by("-occurred_at", "id"))
