"""Caps across campaigns: how often people and companies get a first mail, and who is in a conversation already.

Asked at the claim, under the lock on the contacts of the address (or the company), so that of two campaigns at once the
second sees the first one's mail.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from campaigns.events.outcomes import by_people
from campaigns.models import Campaign, Contact, Event, Message
from campaigns.planning import audience
from campaigns.planning.assignment import arm_of
from campaigns.states import STILL_TO_GO, WENT, CampaignState, EventKind, HoldReason, MessageState
from campaigns.suppression import suppress
from web.db.chunks import chunked
from web.db.compiled_query import CompiledQuery

# When to ask again while the mail that stands in the way is on the wire.
IN_FLIGHT = timedelta(minutes=10)
# When to ask again whether the campaign that keeps a contact without mail has ended.
HOLDOUT_CHECKED = timedelta(days=1)
# Values of one question to the database.
MOST_AT_ONCE = 5_000


@dataclass(frozen=True, slots=True)
class Hold:
    """Why a first mail may not go yet, and from when on it may."""

    reason: HoldReason
    until: datetime


def contact_cap(campaign: Campaign) -> int:
    """At most how many first mails a person gets in the installation's days; 0: any number.

    A campaign's own may be lower.
    """
    return _lower(settings.FIRST_MAILS_PER_CONTACT, campaign.contact_cap)


def company_cap(campaign: Campaign) -> int:
    """The same of a company."""
    return _lower(settings.FIRST_MAILS_PER_COMPANY, campaign.company_cap)


def lock(message: Message, campaign: Campaign) -> Contact:
    """Lock the contacts of a mail's address, and of its company where that has a cap, until the transaction ends.

    Raises:
        TransactionManagementError: Outside a transaction.
    """
    contact = message.contact
    if not company_cap(campaign):
        return suppress.lock_contact(contact)
    # One statement in one order: what suppresses waits for the same rows in that order.
    rows = Contact.objects.select_for_update(no_key=True)
    locked = rows.filter(Q(address_hmac=contact.address_hmac) | Q(cluster=contact.cluster)).order_by("pk")
    return next((row for row in list(locked) if row.pk == contact.pk), contact)


def hold_of(message: Message, campaign: Campaign, *, now: datetime) -> Hold | None:
    """Why a mail may not go yet; None where it may.

    Caps and conversations hold the first mail of a sequence alone; that another campaign keeps the contact without mail
    holds each.

    Args:
        message: With its step and its contact, who is locked.
    """
    if audience.is_held_out_elsewhere(campaign, message.contact.address_hmac):
        return Hold(HoldReason.HOLDOUT, now + HOLDOUT_CHECKED)
    if message.step.number != 1:
        return None
    contact, others = message.contact, {"besides": message.pk, "since": _since(now)}
    same_contact, same_company = ("contact__address_hmac", contact.address_hmac), ("contact__cluster", contact.cluster)
    holds = [
        _capped(same_contact, others, contact_cap(campaign), now, HoldReason.CONTACT),
        _capped(same_company, others, company_cap(campaign), now, HoldReason.COMPANY),
        _in_conversation(contact, campaign, now),
    ]
    return max((hold for hold in holds if hold), key=lambda hold: hold.until, default=None)


def caps_of(campaign: Campaign) -> tuple[str, ...]:
    """Columns of mails whose equals a cap counts, for `may_hold`."""
    caps = {"contact__address_hmac": contact_cap(campaign), "contact__cluster": company_cap(campaign)}
    return tuple(column for column, cap in caps.items() if cap)


def may_hold(
    capped: tuple[str, ...], *, campaign: UUID, task: UUID, since: datetime | None, talked_since: datetime | None
) -> Q:
    """Match mails beside which anything stands that `hold_of` looks at; where nothing does, `hold_of` holds nothing.

    Args:
        since: Of a first mail under a cap, from when on other first mails count.
        talked_since: Of a first mail, from when on answers to other campaigns count; None: never.
    """
    address = "contact__address_hmac"
    conflicts = Q(Exists(audience.held_out(task=task, campaign=campaign).filter(**{address: OuterRef(address)})))
    if since is not None:
        others = _first_mails(since).exclude(pk=OuterRef("pk"))
        for column in capped:
            conflicts |= Q(Exists(others.filter(**{column: OuterRef(column)})))
    if talked_since is not None:
        talked = _replies_to_others(address_hmac=OuterRef(address), campaign=campaign, since=talked_since)
        conflicts |= Q(Exists(talked))
    return conflicts


def looks_back(message: Message, capped: tuple[str, ...], *, now: datetime) -> tuple[datetime | None, datetime | None]:
    """`since` and `talked_since` of a mail, for `may_hold`."""
    if message.step.number != 1:
        return None, None
    days = settings.CONVERSATION_DAYS
    return _since(now) if capped else None, now - timedelta(days=days) if days else None


@dataclass(frozen=True, slots=True)
class ExpectedHold:
    """First mails of a campaign that one cap would hold if all were sent now."""

    reason: HoldReason
    contacts: int
    message: str


def expected_holds(campaign: Campaign, *, now: datetime) -> list[ExpectedHold]:
    """Foretell which first mails the caps would hold, before anybody approves them.

    Of a draft, all contacts of its audience count in their order, and of a launched campaign those whose first mail has
    not gone. Each takes a place under the cap of its company. Other campaigns' mails that have not gone yet are not
    counted.
    """
    people = list(_ahead(campaign))
    if not people:
        return []
    hmacs, clusters = {hmac for hmac, _ in people}, {cluster for _, cluster in people}
    caps = {HoldReason.CONTACT: contact_cap(campaign), HoldReason.COMPANY: company_cap(campaign)}
    went = {
        HoldReason.CONTACT: _went_by("contact__address_hmac", hmacs, now) if caps[HoldReason.CONTACT] else Counter(),
        HoldReason.COMPANY: _went_by("contact__cluster", clusters, now) if caps[HoldReason.COMPANY] else Counter(),
    }
    talking = _in_conversations(campaign, now)
    held: Counter[HoldReason] = Counter()
    for hmac, cluster in people:
        places = {HoldReason.CONTACT: hmac, HoldReason.COMPANY: cluster}
        full = (reason for reason, key in places.items() if caps[reason] and went[reason][key] >= caps[reason])
        if reason := next(full, HoldReason.CONVERSATION if hmac in talking else None):
            held[reason] += 1
            continue
        for capped, key in places.items():
            went[capped][key] += 1
    return [ExpectedHold(reason, count, _hold_message(reason, count, caps)) for reason, count in held.items()]


def _hold_message(reason: HoldReason, count: int, caps: Mapping[HoldReason, int]) -> str:
    people = f"{count:,} contact{'' if count == 1 else 's'}"
    if reason == HoldReason.CONVERSATION:
        days = settings.CONVERSATION_DAYS
        return (
            f"{people} answered another campaign in the last {days:g} days: "
            "their first mails wait until those are over."
        )
    whose = "A contact" if reason == HoldReason.CONTACT else "A company"
    mails = f"{caps[reason]:,} first mail{'' if caps[reason] == 1 else 's'}"
    return (
        f"{whose} gets {mails} in {settings.FIRST_MAIL_DAYS:g} days, all campaigns together: "
        f"those to {people} would wait."
    )


def _ahead(campaign: Campaign) -> Iterable[tuple[str, str]]:
    """Address and company of each contact whose first mail is still to go."""
    if campaign.state != CampaignState.PLANNED:
        unsent = Message.objects.filter(campaign=campaign, step__number=1, state__in=STILL_TO_GO)
        return unsent.order_by("created_at", "id").values_list("contact__address_hmac", "contact__cluster")
    arms = list(campaign.arms.order_by("position"))
    weights = [arm.weight for arm in arms]
    chosen = audience.contacts_matching(campaign).values_list("address_hmac", "cluster")
    if not any(weights):
        return chosen
    return [row for row in chosen if not arms[arm_of(campaign.salt, row[1], weights)].is_holdout]


def _went_by(column: str, values: Iterable[str], now: datetime) -> Counter[str]:
    """Count the first mails that went to each value of a column lately."""
    rows = _first_mails(_since(now)).order_by()
    counts: Counter[str] = Counter()
    for some in chunked(values, MOST_AT_ONCE):
        counts.update(dict(rows.filter(**{f"{column}__in": some}).values_list(column).annotate(count=Count("pk"))))
    return counts


def _in_conversations(campaign: Campaign, now: datetime) -> set[str]:
    """Addresses that answered other campaigns lately."""
    if not settings.CONVERSATION_DAYS:
        return set()
    lately = Event.objects.filter(occurred_at__gt=now - timedelta(days=settings.CONVERSATION_DAYS))
    replies = by_people(lately, EventKind.REPLIED).exclude(campaign=campaign).order_by()
    return set(replies.values_list("message__contact__address_hmac", flat=True).distinct())


def _lower(installation: int, own: int | None) -> int:
    caps = [cap for cap in (installation, own) if cap]
    return min(caps, default=0)


def _since(now: datetime) -> datetime:
    return now - timedelta(days=settings.FIRST_MAIL_DAYS)


def _first_mails(since: datetime) -> QuerySet[Message]:
    recent = Q(sending_at__gt=since) | Q(sending_at__isnull=True, sent_at__gt=since)
    return Message.objects.filter(recent, step__number=1, state__in=WENT)


def _newest_of(column: str, cap: int, *, same: str, besides: UUID, since: datetime) -> QuerySet[Message]:
    mails = _first_mails(since).exclude(pk=besides).filter(**{column: same})
    newest = mails.annotate(went=Coalesce("sending_at", "sent_at")).order_by(F("went").desc())
    return newest.only("state")[:cap]


def _replies_to_others(*, address_hmac: Any, campaign: UUID, since: datetime) -> QuerySet[Event]:
    lately = Event.objects.filter(message__contact__address_hmac=address_hmac, occurred_at__gt=since)
    replies = by_people(lately, EventKind.REPLIED)
    return replies.exclude(campaign=campaign).order_by("-occurred_at").only("occurred_at")[:1]


# Asked of each first mail, so they are compiled once.
_NEWEST, _LAST_REPLY = CompiledQuery(_newest_of), CompiledQuery(_replies_to_others)


def _capped(
    same: tuple[str, str], others: Mapping[str, Any], cap: int, now: datetime, reason: HoldReason
) -> Hold | None:
    if not cap:
        return None
    column, value = same
    newest: list[Any] = _NEWEST(column, cap, same=value, **others)
    if len(newest) < cap:
        return None
    if any(mail.state == MessageState.SENDING for mail in newest):
        return Hold(reason, now + IN_FLIGHT)
    return Hold(reason, newest[-1].went + timedelta(days=settings.FIRST_MAIL_DAYS))


def _in_conversation(contact: Contact, campaign: Campaign, now: datetime) -> Hold | None:
    days = timedelta(days=settings.CONVERSATION_DAYS)
    if not days:
        return None
    last = _LAST_REPLY(address_hmac=contact.address_hmac, campaign=campaign.pk, since=now - days)
    return Hold(HoldReason.CONVERSATION, last[0].occurred_at + days) if last else None
