"""Questions about experiments: which there are and which campaigns wait for one. Every one takes the member."""

from __future__ import annotations

from django.db.models import Count, Prefetch, Q, QuerySet
from django.http import Http404

from campaigns.experiments import record
from campaigns.models import Arm, Campaign, Experiment, Look
from campaigns.states import CampaignState
from members.models import Member
from review.models import Task
from review.permissions import tasks_for


def visible(member: Member) -> QuerySet[Experiment]:
    """Experiments of the member's tasks, newest first, each with its campaign, arms and looks."""
    found = Experiment.objects.filter(campaign__task__in=tasks_for(member))
    related = found.select_related("campaign__task", "campaign__task_version", "registered_by")
    arms = Arm.objects.select_related("teacher", "miniature").order_by("position")
    looks = Look.objects.select_related("created_by").order_by("-number")
    return related.prefetch_related(Prefetch("campaign__arms", arms), Prefetch("looks", looks)).order_by(
        "-created_at", "-id"
    )


def of_task(member: Member, task: Task) -> QuerySet[Experiment]:
    """Experiments of one task."""
    return visible(member).filter(campaign__task=task)


def get_or_404(member: Member, slug: str) -> Experiment:
    """One experiment.

    Raises:
        Http404: No such experiment, or of a task the member may not see.
    """
    experiment = visible(member).filter(slug=slug).first()
    if experiment is None:
        raise Http404(f"There is no experiment '{slug}' that you can see.")
    return experiment


def of_campaign(campaign: Campaign) -> Experiment | None:
    """The experiment of a campaign, registered or not."""
    return Experiment.objects.filter(campaign=campaign).first()


def waiting_campaigns(member: Member, task: Task) -> QuerySet[Campaign]:
    """Draft campaigns of several arms whose experiment is not registered yet."""
    drafts = Campaign.objects.filter(task=task, task__in=tasks_for(member), state=CampaignState.PLANNED)
    several = drafts.annotate(arms_count=Count("arms")).filter(arms_count__gt=1)
    return several.filter(Q(experiment__isnull=True) | Q(experiment__registered_at__isnull=True)).order_by(
        "-created_at"
    )


def is_intact(experiment: Experiment) -> bool:
    """Whether the registration still has the hash it was registered with."""
    return record.sha256_of(experiment.registration) == experiment.registration_sha256
