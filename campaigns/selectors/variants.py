"""The same experiment once more, with a miniature of one's own: what a new campaign's form is filled with."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from django.urls import reverse

from campaigns.models import Experiment
from generation.models import Teacher
from generation.selectors import teachers
from members.models import Member
from training.models import Miniature

SERVED = "serving:"


def again(member: Member, experiment: Experiment) -> dict[str, Any]:
    """Address of the form, and whether a promoted miniature of the task stands in its second arm already."""
    campaign = experiment.campaign
    control = next((arm for arm in campaign.arms.all() if arm.is_control), None)
    own = _own_writer(member, experiment)
    said = {
        "name": f"{campaign.name}, with our miniature",
        "sender": campaign.sender.slug if campaign.sender else "",
        "control": "1",
        "arm_1_name": control.name if control else "Teacher",
        "arm_1_teacher": control.teacher.slug if control and control.teacher else "",
        "arm_2_name": own.name[:80] if own else "Miniature",
        "arm_2_teacher": own.slug if own else "",
        "links": "\n".join(f"{link.name} {link.url}" for link in campaign.links.order_by("name")),
    }
    url = f"{reverse('campaigns:new', args=[campaign.task.slug])}?{urlencode(said)}"
    return {"url": url, "has_miniature": own is not None}


def _own_writer(member: Member, experiment: Experiment) -> Teacher | None:
    """The newest promoted miniature of the task, as the teacher it is asked as."""
    mine = {str(pk) for pk in Miniature.objects.filter(task=experiment.campaign.task).values_list("pk", flat=True)}
    served = teachers.visible(member).filter(provided_by__startswith=SERVED, is_active=True).order_by("-created_at")
    return next((one for one in served if one.provided_by.removeprefix(SERVED) in mine), None)
