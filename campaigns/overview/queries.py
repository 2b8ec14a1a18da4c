"""Questions about campaigns: which there are, and how far each is in a list. Every one takes the member."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet
from django.urls import reverse

from campaigns.events.outcomes import corrected_since
from campaigns.models import Arm, Campaign, Enrolment, Message
from campaigns.overview.figures import counts_by, human_events
from campaigns.planning import forecast, launch_checks
from campaigns.planning.forecast import LaunchForecast
from campaigns.planning.launch_checks import LaunchProblem
from campaigns.planning.plans import OWN
from campaigns.states import BEFORE_THE_WIRE, CampaignState, EventKind, MessageState
from campaigns.suppression import email_addresses
from generation.models import Teacher
from members.models import Member
from review.models import Draft, Task
from review.ports import Dependent
from review.states import Role
from review.tasks.permissions import may, tasks_for
from web.caching import slow_figures
from web.http.first_or_404 import first_or_404

M = MessageState


def visible(member: Member) -> QuerySet[Campaign]:
    """Campaigns of the member's tasks, newest first."""
    rows = Campaign.objects.filter(task__in=tasks_for(member))
    return rows.select_related("task", "task_version", "sender", "launched_by").order_by("-created_at", "-id")


def settings_of(campaign: Campaign) -> dict[str, Any]:
    """Return what a plan set, as a request names it."""
    return {name: getattr(campaign, name) for name in (*OWN, "audience")} | {
        "links": dict(campaign.links.values_list("name", "url")),
        "reply_teacher": campaign.reply_teacher and campaign.reply_teacher.slug,
        "further_senders": list(campaign.further_senders.values_list("sender__slug", flat=True)),
    }


def teachers_of(subject: object) -> list[Teacher]:
    """Return the teachers of a campaign's arms, and the one that reads replies; see `shutdowns.teachers_named`."""
    if not isinstance(subject, Campaign):
        return []
    arms = Arm.objects.filter(campaign=subject, teacher__isnull=False).select_related("teacher")
    teachers = [arm.teacher for arm in arms if arm.teacher]
    return [*teachers, *([subject.reply_teacher] if subject.reply_teacher else [])]


def of_task(member: Member, task: Task) -> QuerySet[Campaign]:
    return visible(member).filter(task=task)


def get_or_404(member: Member, slug: str) -> Campaign:
    """Return one campaign by its slug, if the member may see its task; a draft with the wording of its launch."""
    campaign = first_or_404(visible(member).filter(slug=slug), f"There is no campaign '{slug}' that you can see.")
    if campaign.state == CampaignState.PLANNED:
        campaign.task_version = forecast.version_at_launch(campaign)
    return campaign


def launch_problems(
    member: Member, campaign: Campaign, *, expected: LaunchForecast | None = None
) -> list[LaunchProblem]:
    """Return what keeps a draft from its launch; leads alone read contacts' addresses in it. Nothing after a launch."""
    if campaign.state != CampaignState.PLANNED:
        return []
    problems = launch_checks.launch_problems(campaign, expected=expected)
    if may(member, campaign.task, Role.LEAD):
        return problems
    return [replace(problem, message=email_addresses.hidden_in(problem.message)) for problem in problems]


@dataclass(frozen=True)
class CampaignRow:
    """A campaign in a list: contacts, mails that wait for a person, mails that went, people who replied.

    `counted_at` is when, of a list that takes long to count; None where that was just now.
    """

    campaign: Campaign
    contacts: int
    awaiting: int
    sent: int
    replied: int
    counted_at: datetime | None = None


def lines(campaigns: Sequence[Campaign]) -> list[CampaignRow]:
    """Campaigns with their figures; three queries however many there are.

    Of large ones as they were counted a while ago.
    """
    key = "campaigns:" + ",".join(f"{campaign.pk}{campaign.state}" for campaign in campaigns)
    ids = [campaign.pk for campaign in campaigns]
    counted = slow_figures.figures(key, lambda: _lines(campaigns), is_void=partial(corrected_since, ids))
    rows = zip(counted.value, campaigns, strict=True)
    return [replace(line, campaign=campaign, counted_at=counted.at) for line, campaign in rows]


def _lines(campaigns: Sequence[Campaign]) -> list[CampaignRow]:
    ids = [campaign.pk for campaign in campaigns]
    contacts = counts_by(Enrolment.objects.filter(campaign__in=ids), "campaign_id")
    states: dict[UUID, Counter[str]] = defaultdict(Counter)
    rows = Message.objects.filter(campaign__in=ids, state__in=(M.AWAITING, M.SENT)).order_by()
    for pk, state, count in rows.values_list("campaign_id", "state").annotate(count=Count("pk")):
        states[pk][state] = count
    replied = dict(
        human_events(ids, (EventKind.REPLIED,))
        .values_list("campaign_id")
        .annotate(people=Count("enrolment", distinct=True))
    )
    return [
        CampaignRow(c, contacts.get(c.pk, 0), states[c.pk][M.AWAITING], states[c.pk][M.SENT], replied.get(c.pk, 0))
        for c in campaigns
    ]


def resting_on(drafts: QuerySet[Draft], version_ids: Sequence[UUID], by: Member) -> list[Dependent]:
    """Campaigns under way whose unsent mails come from these drafts, or whose arms a miniature tuned on these writes.

    See `review.ports.dependents`.
    """
    unsent = Message.objects.filter(draft__in=drafts.order_by().values("pk"), state__in=BEFORE_THE_WIRE)
    written_by = Arm.objects.filter(miniature__run__dataset_version__in=list(version_ids))
    under_way = visible(by).filter(state__in=(CampaignState.RUNNING, CampaignState.PAUSED))
    resting = under_way.filter(Q(pk__in=unsent.values("campaign")) | Q(pk__in=written_by.values("campaign")))
    counts = counts_by(unsent, "campaign_id")
    return [
        Dependent(
            kind="Campaign",
            name=campaign.name,
            url=reverse("campaigns:detail", args=[campaign.slug]),
            status=_unsent_words(campaign, counts.get(campaign.pk, 0)),
        )
        for campaign in resting
    ]


def _unsent_words(campaign: Campaign, unsent: int) -> str:
    state = CampaignState(campaign.state).label.lower()
    mails = f"{unsent:,} {'mail' if unsent == 1 else 'mails'} not sent yet"
    return f"{state}; {mails}" if unsent else f"{state}; a miniature of these versions writes for it"
