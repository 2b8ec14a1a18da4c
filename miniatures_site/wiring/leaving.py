"""Before somebody is shut out: what hangs on them, and handing it over in one act."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from audit import trail
from campaigns.models import Campaign, SenderIdentity
from campaigns.states import CampaignState
from jobs.models import Job
from jobs.states import FINISHED
from members.models import ApiToken, Member
from review.models import Assignment, Draft, Membership, Task
from review.states import AssignmentState, DraftState, Role
from review.tasks import team
from web.errors import Refusal
from webhooks.models import Hook

LIVE = (CampaignState.RUNNING, CampaignState.PAUSED)


@dataclass(frozen=True, slots=True)
class Leaving:
    """Objects that depend on a member.

    Attributes:
        tasks: Those they alone lead.
        tokens: Programs that are refused once they are shut out.
        campaigns: Live ones that run in their name.
        senders: Those they made.
        hooks: Those they made.
        jobs: How many jobs of theirs are under way; they go on.
        cards: How many cards they hold or that wait for them alone; they go back to the others.
    """

    tasks: list[Task]
    tokens: list[ApiToken]
    campaigns: list[Campaign]
    senders: list[SenderIdentity]
    hooks: list[Hook]
    jobs: int
    cards: int

    @property
    def is_to_hand_over(self) -> bool:
        return bool(self.tasks or self.campaigns or self.senders or self.hooks)


def read(member: Member) -> Leaving:
    others = Membership.objects.filter(
        task=OuterRef("pk"), role=Role.LEAD, member__is_active=True, member__is_service=False
    ).exclude(member=member)
    led = Task.objects.filter(memberships__member=member, memberships__role=Role.LEAD, archived_at__isnull=True)
    live = Q(expiry__isnull=True) | Q(expiry__gt=timezone.now())
    held_cards = Assignment.objects.filter(reviewer=member, state=AssignmentState.ACTIVE).count()
    waiting = Draft.objects.filter(for_reviewer=member, state=DraftState.PENDING).count()
    return Leaving(
        tasks=list(led.filter(~Exists(others)).order_by("name")),
        tokens=list(ApiToken.objects.filter(live, user=member).order_by("-last_used_at")),
        campaigns=list(Campaign.objects.filter(launched_by=member, state__in=LIVE).order_by("name")),
        senders=list(SenderIdentity.objects.filter(created_by=member).order_by("name")),
        hooks=list(Hook.objects.filter(created_by=member).order_by("name")),
        jobs=Job.objects.filter(created_by=member).exclude(state__in=FINISHED).count(),
        cards=held_cards + waiting,
    )


def hand_over(member: Member, *, to: str, by: Member) -> Member:
    """Make another member lead of a member's tasks, and owner of the member's live campaigns, senders and webhooks.

    An admin becomes lead only of tasks without another lead, and not of archived ones.

    Args:
        to: User name of who takes over.
        by: An admin; the page that calls this asks for one.

    Returns:
        Who took over.

    Raises:
        Refusal: 422 where there is nobody of that name, or it is the one who leaves, or somebody shut out.
    """
    taker = Member.objects.filter(username__iexact=to.strip(), is_active=True, is_service=False).first()
    if taker is None or taker == member:
        words = f"There is no other active member '{to.strip()}'."
        raise Refusal("unknown_member", words, hint="Name an active member.", errors={"to": [words]})
    with transaction.atomic():
        what = read(member)
        # All that they lead, archived ones too: campaigns and what they ask run by the rights of who launched them.
        led = Task.objects.filter(memberships__member=member, memberships__role=Role.LEAD)
        for task in led if not taker.is_admin else what.tasks:
            team.give_role(taker, task, role=Role.LEAD, by=by)
        Campaign.objects.filter(pk__in=[each.pk for each in what.campaigns]).update(launched_by=taker)
        SenderIdentity.objects.filter(pk__in=[each.pk for each in what.senders]).update(created_by=taker)
        Hook.objects.filter(pk__in=[each.pk for each in what.hooks]).update(created_by=taker)
        trail.record(
            "work_handed_over",
            by=by,
            about=member,
            to=str(taker.pk),
            tasks=[task.slug for task in what.tasks],
            campaigns=len(what.campaigns),
            senders=len(what.senders),
            webhooks=len(what.hooks),
        )
    return taker
