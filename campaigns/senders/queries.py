"""Questions about sender identities.

They are the organisation's own and belong to no task; who uses one may change it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils import timezone

from audit.browse import queries as trail
from audit.models import AuditRow
from campaigns.models import Campaign, FurtherSender, Message, SenderIdentity
from campaigns.senders import capacity
from campaigns.senders.capacity import SenderDay
from campaigns.states import CampaignState, MessageState
from members.accounts.queries import names_of
from members.models import Member
from review.states import Role
from review.tasks.permissions import require_may_create, slugs_with
from web.http.first_or_404 import first_or_404

CHANGED = "sender_changed"


@dataclass(frozen=True)
class SenderChange:
    by: str
    at: datetime


@dataclass(frozen=True)
class SenderShare:
    """One of a campaign's senders: mails of the campaign that left from it, and its day over all campaigns."""

    sender: SenderIdentity
    sent: int
    day: SenderDay


@dataclass(frozen=True)
class SenderLine:
    """One sender for the list: may the member change it, and its last change."""

    sender: SenderIdentity
    may_change: bool
    changed: SenderChange | None


def visible(member: Member) -> QuerySet[SenderIdentity]:
    """Return all sender identities, by name, each with `campaigns_running`; for admins and leads.

    Raises:
        PermissionDenied: The member is neither.
    """
    require_may_create(member)
    running = CampaignState.RUNNING
    first = Count("campaigns", filter=Q(campaigns__state=running), distinct=True)
    # A campaign names a sender once: as its first, or as a further one.
    further = Count("further_campaigns", filter=Q(further_campaigns__campaign__state=running), distinct=True)
    return SenderIdentity.objects.annotate(campaigns_running=first + further).order_by("name", "id")


def shares_of(campaign: Campaign, senders: Sequence[SenderIdentity]) -> list[SenderShare]:
    """Each of a campaign's senders with what left from it."""
    now, sent = timezone.now(), Message.objects.filter(campaign=campaign, state=MessageState.SENT).order_by()
    counts = dict(sent.values_list(Coalesce("sender_id", "campaign__sender_id")).annotate(count=Count("pk")))
    days = capacity.days_of(senders, now)
    return [SenderShare(sender, counts.get(sender.pk, 0), days[sender.pk]) for sender in senders]


def lines(member: Member) -> list[SenderLine]:
    """Return all sender identities with what the list shows of each.

    Raises:
        PermissionDenied: The member is neither admin nor lead.
    """
    senders = list(visible(member))
    theirs, changed = _changeable(member, senders), last_changes(senders)
    return [SenderLine(sender, sender.pk in theirs, changed.get(str(sender.pk))) for sender in senders]


def may_change(member: Member, sender: SenderIdentity) -> bool:
    """Return whether the member may change a sender.

    An admin may. So may who leads all tasks whose campaigns use it and are not ended; one that no campaign uses is
    changed by who made it. Else a lead would change mails of campaigns that they cannot see.
    """
    return sender.pk in _changeable(member, [sender])


def last_changes(senders: Sequence[SenderIdentity]) -> dict[str, SenderChange]:
    """The last change of each sender that was changed, by its id as text. Read off the audit trail."""
    newest: dict[str, AuditRow] = {}
    ids = [str(sender.pk) for sender in senders]
    for row in trail.rows_matching(trail.TrailFilter(act=CHANGED)).filter(subject_id__in=ids):
        newest.setdefault(row.subject_id, row)
    names = names_of({row.actor for row in newest.values() if row.actor})
    return {id: SenderChange(names.get(row.actor, ""), row.at) for id, row in newest.items()}


def changed_after_launch(campaign: Campaign, senders: Sequence[SenderIdentity]) -> SenderChange | None:
    """The last change of any of a campaign's senders, if it came while the campaign was under way."""
    if not senders or campaign.launched_at is None:
        return None
    change = max(last_changes(senders).values(), key=lambda change: change.at, default=None)
    until = campaign.ended_at
    is_within = change is not None and change.at > campaign.launched_at and (until is None or change.at < until)
    return change if is_within else None


def sender_or_404(member: Member, slug: str) -> SenderIdentity:
    """Return one sender identity by its slug.

    Raises:
        Http404: There is none of this name.
        PermissionDenied: The member is neither admin nor lead.
    """
    return first_or_404(visible(member).filter(slug=slug), f"There is no sender '{slug}'.")


def _changeable(member: Member, senders: list[SenderIdentity]) -> set[object]:
    led = slugs_with(member, Role.LEAD)
    if led is None:
        return {sender.pk for sender in senders}
    used = Campaign.objects.filter(sender__in=senders).exclude(state=CampaignState.ENDED)
    shared = FurtherSender.objects.filter(sender__in=senders).exclude(campaign__state=CampaignState.ENDED)
    tasks: dict[object, set[str]] = {}
    for sender, slug in (
        *used.values_list("sender_id", "task__slug").distinct(),
        *shared.values_list("sender_id", "campaign__task__slug").distinct(),
    ):
        tasks.setdefault(sender, set()).add(slug)
    return {
        sender.pk
        for sender in senders
        if (tasks[sender.pk] <= led if sender.pk in tasks else led and sender.created_by_id == member.pk)
    }
