"""Questions about outcomes that were reported: totals of a campaign, and those of one contact."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from campaigns.models import Campaign, Event
from campaigns.states import OUTCOMES, EventKind


@dataclass(frozen=True, slots=True)
class OutcomeTotal:
    """How many contacts had an outcome, how often it was reported, and its value in US dollars where it has one."""

    kind: str
    label: str
    contacts: int
    count: int
    value_usd: Decimal | None


def totals(campaign: Campaign) -> list[OutcomeTotal]:
    """Outcomes of a campaign by kind, in their order; kinds without any are left out. One query."""
    rows = Event.objects.filter(campaign=campaign, kind__in=OUTCOMES).order_by()
    by_kind: dict[str, list[tuple[UUID, Decimal | None]]] = {}
    for kind, enrolment_id, payload in rows.values_list("kind", "enrolment_id", "payload"):
        value = payload.get("value_usd")
        by_kind.setdefault(kind, []).append((enrolment_id, None if value is None else Decimal(value)))
    return [_total(kind, by_kind[kind]) for kind in OUTCOMES if kind in by_kind]


def _total(kind: EventKind, rows: Sequence[tuple[UUID, Decimal | None]]) -> OutcomeTotal:
    values = [value for _, value in rows if value is not None]
    contacts = len({enrolment_id for enrolment_id, _ in rows})
    return OutcomeTotal(kind, kind.label, contacts, len(rows), sum(values, Decimal(0)) if values else None)


def of_contact(contact_id: UUID) -> list[Event]:
    """Outcomes of the mails to a contact, newest first, with their mails and campaigns."""
    events = Event.objects.filter(message__contact=contact_id, kind__in=OUTCOMES)
    return list(events.select_related("message__step", "campaign").order_by("-occurred_at", "id"))
