"""Questions about experiments: which there are and which campaigns wait for one. Every one takes the member."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, Prefetch, Q, QuerySet
from django.urls import reverse

from campaigns.experiments.design import ArmPreview, preview_arms
from campaigns.models import Arm, Campaign, Experiment, Look
from campaigns.planning import audience
from campaigns.planning.assignment import arm_of
from campaigns.states import CampaignState
from generation.models import Teacher
from generation.teachers import queries
from members.models import Member
from review.models import Task
from review.tasks.permissions import tasks_for
from training.models import Miniature
from web.http.first_or_404 import first_or_404


def visible(member: Member) -> QuerySet[Experiment]:
    """Experiments of the member's tasks, newest first, each with its campaign, arms and looks."""
    rows = Experiment.objects.filter(campaign__task__in=tasks_for(member))
    related = rows.select_related("campaign__task", "campaign__task_version", "registered_by")
    arms = Arm.objects.select_related("teacher", "miniature").order_by("position")
    looks = Look.objects.select_related("created_by").order_by("-number")
    return related.prefetch_related(Prefetch("campaign__arms", arms), Prefetch("looks", looks)).order_by(
        "-created_at", "-id"
    )


def of_task(member: Member, task: Task) -> QuerySet[Experiment]:
    return visible(member).filter(campaign__task=task)


def get_or_404(member: Member, slug: str) -> Experiment:
    """Return one experiment by its slug, if the member may see its task."""
    return first_or_404(visible(member).filter(slug=slug), f"There is no experiment '{slug}' that you can see.")


def of_campaign(campaign: Campaign) -> Experiment | None:
    return Experiment.objects.filter(campaign=campaign).first()


def waiting_campaigns(member: Member, task: Task) -> QuerySet[Campaign]:
    """Draft campaigns of several arms whose experiment is not registered yet."""
    drafts = Campaign.objects.filter(task=task, task__in=tasks_for(member), state=CampaignState.PLANNED)
    several = drafts.annotate(arms_count=Count("arms")).filter(arms_count__gt=1)
    return several.filter(Q(experiment__isnull=True) | Q(experiment__registered_at__isnull=True)).order_by(
        "-created_at"
    )


def arm_preview(campaign: Campaign) -> ArmPreview:
    """Contacts and companies by arm, by the very hash a launch would use. Two queries."""
    arms = list(campaign.arms.order_by("position"))
    weights = [arm.weight for arm in arms]
    names = [(arm.name, arm.is_control) for arm in arms]
    if not any(weights):
        return preview_arms(names, ())
    clusters = audience.contacts_matching(campaign).values_list("cluster", flat=True)
    places = ((arm_of(campaign.salt, cluster, weights), cluster.casefold()) for cluster in clusters)
    return preview_arms(names, places)


SERVED = "serving:"


def repeat_url(member: Member, experiment: Experiment) -> dict[str, Any]:
    """Address of the form, and whether a promoted miniature of the task stands in its second arm already."""
    campaign = experiment.campaign
    control = next((arm for arm in campaign.arms.all() if arm.is_control), None)
    own = _own_writer(member, experiment)
    query = {
        "name": f"{campaign.name}, with our miniature",
        "sender": campaign.sender.slug if campaign.sender else "",
        "control": "1",
        "arm_1_name": control.name if control else "Teacher",
        "arm_1_teacher": control.teacher.slug if control and control.teacher else "",
        "arm_2_name": own.name[:80] if own else "Miniature",
        "arm_2_teacher": own.slug if own else "",
        "links": "\n".join(f"{link.name} {link.url}" for link in campaign.links.order_by("name")),
    }
    url = f"{reverse('campaigns:new', args=[campaign.task.slug])}?{urlencode(query)}"
    return {"url": url, "has_miniature": own is not None}


def _own_writer(member: Member, experiment: Experiment) -> Teacher | None:
    mine = {str(pk) for pk in Miniature.objects.filter(task=experiment.campaign.task).values_list("pk", flat=True)}
    served = queries.visible(member).filter(provided_by__startswith=SERVED, is_active=True).order_by("-created_at")
    return next((teacher for teacher in served if teacher.provided_by.removeprefix(SERVED) in mine), None)
