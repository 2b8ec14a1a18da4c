"""Guardrails: a campaign pauses itself when complaints, bounces or unsubscribes pass a limit of the mails it sent.

Looked at in the campaign's tick, every few seconds, so the bound that decides holds at all looks together; see
`stats.share_sequence`. After a lead has lifted one, it counts afresh over the mails sent since.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse
from django.utils import timezone

from audit import trail
from campaigns.events.outcomes import by_people, corrected_since
from campaigns.models import Campaign, Event, GuardrailTrip, Message
from campaigns.sending import lifecycle
from campaigns.states import CampaignState, EventKind, Guardrail, MessageState
from campaigns.writing import orders
from members.models import Member
from review.models import Membership
from review.states import Role
from review.tasks import permissions
from stats import share_sequence
from web.caching import slow_figures
from web.errors import Refusal
from webhooks.deliveries import publish

logger = logging.getLogger(__name__)
ERROR = 0.05
# Mails that left, and of how many each kind of thing was reported.
Counts = tuple[int, dict[str, int]]
MOST_REASON = 300
_EVENTS = {
    Guardrail.COMPLAINTS: EventKind.COMPLAINED,
    Guardrail.BOUNCES: EventKind.BOUNCED,
    Guardrail.UNSUBSCRIBES: EventKind.UNSUBSCRIBED,
}


@dataclass(frozen=True, slots=True)
class GuardrailState:
    """A guardrail of a campaign now: so many of the mails sent since it was last lifted.

    Attributes:
        bound: Lower 95 % bound of the share, valid at every look.
        tripped_at: When it paused the campaign; None unless that still holds.
    """

    guardrail: Guardrail
    count: int
    of: int
    bound: float
    limit: float
    tripped_at: datetime | None
    lifted: GuardrailTrip | None

    @property
    def label(self) -> str:
        return self.guardrail.label

    @property
    def share(self) -> float | None:
        return self.count / self.of if self.of else None


def has_reports() -> Exists:
    """The condition that anything was reported of a campaign that a guardrail counts."""
    return Exists(Event.objects.filter(campaign=OuterRef("pk"), kind__in=_EVENTS.values(), is_machine=False))


def limit_of(campaign: Campaign, guardrail: Guardrail) -> float:
    """The share at which it pauses: the campaign's own, else the installation's."""
    own: float | None = getattr(campaign, f"max_{guardrail}")
    return own if own is not None else float(getattr(settings, f"GUARDRAIL_{guardrail.upper()}"))


def states_of(campaign: Campaign) -> list[GuardrailState]:
    """Every guardrail of a campaign, as its page shows it; counts of a large campaign may be some minutes old."""
    return _states(campaign, _kept_counts)


def _states(campaign: Campaign, count: Callable[[Campaign, datetime | None], Counts]) -> list[GuardrailState]:
    trips = list(campaign.guardrail_trips.select_related("lifted_by").order_by("-tripped_at"))
    lifted = {trip.guardrail: trip for trip in reversed(trips) if trip.lifted_at is not None}
    held = {trip.guardrail: trip.tripped_at for trip in trips if trip.lifted_at is None}
    since = {rail: lifted[rail].lifted_at if rail in lifted else None for rail in Guardrail}
    # Those that were never lifted count the same mails: two queries for all of them.
    counts = {moment: count(campaign, moment) for moment in set(since.values())}
    return [_state(campaign, rail, *counts[since[rail]], held.get(rail), lifted.get(rail)) for rail in Guardrail]


def check(campaign: Campaign) -> int:
    """Pause a campaign whose guardrails tripped, tell its leads, count them. Runs inside the tick's transaction."""
    tripped = [state for state in _states(campaign, _counts) if state.bound > state.limit and state.tripped_at is None]
    for state in tripped:
        _trip(campaign, state)
    if tripped:
        campaign.state = CampaignState.PAUSED
        campaign.save(update_fields=["state"])
        orders.pause(campaign)
    return len(tripped)


@transaction.atomic
def lift(campaign: Campaign, *, reason: str, by: Member) -> Campaign:
    """Let a campaign send again that guardrails paused; each counts afresh from here. The audit trail keeps the act.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `reason_missing`; 409 `no_guardrail`, none holds it.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    reason = reason.strip()[:MOST_REASON]
    if not reason:
        message = "Write why it may send again."
        raise Refusal("reason_missing", message, errors={"reason": [message]})
    trips = GuardrailTrip.objects.filter(campaign=campaign, lifted_at__isnull=True)
    lifted = list(trips.values_list("guardrail", flat=True))
    # Of two who lift at once one gets the rows.
    if not trips.update(lifted_at=timezone.now(), lifted_by=by, reason=reason):
        raise Refusal("no_guardrail", "No guardrail holds this campaign.", hint="Reload the page.", status=409)
    trail.record("guardrail_lifted", by=by, about=campaign, campaign=campaign.slug, guardrails=lifted)
    return lifecycle.resume(campaign, by=by)


def sentence(trip: GuardrailTrip) -> str:
    """Say in one sentence what a guardrail saw."""
    return (
        f"{trip.get_guardrail_display()} paused it: {trip.count:,} of {trip.of:,} mails, at least {trip.bound:.2%} "
        f"with 95 % confidence; the limit is {trip.limit:.2%}."
    )


def _kept_counts(campaign: Campaign, since: datetime | None) -> Counts:
    return slow_figures.figures(
        f"guardrails:{campaign.pk}:{since and since.timestamp()}",
        lambda: _counts(campaign, since),
        is_void=partial(corrected_since, [campaign.pk]),
    ).value


def _counts(campaign: Campaign, since: datetime | None) -> Counts:
    left = Q(state=MessageState.SENT) | Q(state=MessageState.FAILED, sending_at__isnull=False)
    if since is not None:
        left &= Q(sent_at__gt=since) | Q(sent_at__isnull=True, sending_at__gt=since)
    mails = Message.objects.filter(left, campaign=campaign).order_by()
    events = by_people(Event.objects.filter(campaign=campaign), *_EVENTS.values())
    reports = events.filter(message__in=mails.values("pk")).order_by()
    return mails.count(), dict(reports.values_list("kind").annotate(mails=Count("message", distinct=True)))


def _state(
    campaign: Campaign,
    rail: Guardrail,
    of: int,
    counts: dict[str, int],
    tripped_at: datetime | None,
    lifted: GuardrailTrip | None,
) -> GuardrailState:
    count, limit = counts.get(_EVENTS[rail], 0), limit_of(campaign, rail)
    bound = share_sequence.lower_bound(count, of, limit=limit, error=ERROR)
    return GuardrailState(rail, count, of, bound, limit, tripped_at, lifted)


def _trip(campaign: Campaign, state: GuardrailState) -> None:
    figures: dict[str, Any] = {"count": state.count, "of": state.of, "bound": state.bound, "limit": state.limit}
    trip = GuardrailTrip.objects.create(campaign=campaign, guardrail=state.guardrail, **figures)
    trail.record(
        "guardrail_tripped", by=None, about=campaign, campaign=campaign.slug, guardrail=str(state.guardrail), **figures
    )
    page = reverse("campaigns:detail", args=[campaign.slug])
    data = {"campaign": campaign.slug, "page": page, "guardrail": str(state.guardrail), **figures}
    publish.publish("campaign.paused", key=str(trip.pk), task_slug=campaign.task.slug, data=data)
    leads = Membership.objects.filter(task=campaign.task, role=Role.LEAD).values("member")
    readers = Member.objects.filter(pk__in=leads, is_active=True).exclude(email="").values_list("email", flat=True)
    transaction.on_commit(partial(_send_notice, campaign.name, sentence(trip), page, list(readers)))


def _send_notice(name: str, text: str, page: str, readers: list[str]) -> None:
    if not readers or not settings.NOTICES_BY_MAIL:
        return
    body = f"{name}: {text}\n\nSee {settings.SITE_URL}{page}\n"
    try:
        send_mail("A guardrail paused a campaign", body, settings.NOTICES_FROM or None, readers)
    except Exception:
        # Providers raise what they like; page, webhook and audit trail say the same.
        logger.exception("The notice about a guardrail was not mailed")
