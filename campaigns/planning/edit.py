"""Create and change a campaign before its launch: arms, steps, links, sender and limits.

Completeness is checked at launch, so that an unfinished campaign can be saved. Only what could never be valid is
refused here. Sends nothing.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from uuid import UUID
from zoneinfo import ZoneInfo, available_timezones

from django.db import IntegrityError, transaction
from django.utils.text import slugify

from campaigns.models import Arm, Campaign, FurtherSender, Link, Step
from campaigns.pipelines import queries as pipelines
from campaigns.planning import audience as planning_audience
from campaigns.planning import forecast, plans
from campaigns.planning.plans import OF_STEP, OWN, ArmPlan, CampaignPlan, StepPlan
from campaigns.states import CampaignState, StepCondition, StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import Task
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from training.models import Miniature
from web.db.keys import free_slug
from web.errors import Refusal

MOST_LINKS, MOST_SENDERS, MOST_URL = 20, 20, 500
MOST_OF_A_GUARDRAIL = 0.25
LINK_NAME = re.compile(r"[-a-zA-Z0-9_]{1,40}")
# How the teachers of the serving room name where they come from.
MINIATURES = "serving"
Errors = dict[str, list[str]]


def create(task: Task, plan: CampaignPlan, *, slug: str = "", by: Member) -> Campaign:
    """Write down a new campaign, without a slug under a free one of its name; it is launched later.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `campaign_invalid` with errors by field; as for `audiences.settled`; 409 `slug_taken`.
    """
    permissions.require(by, task, Role.LEAD)
    _check(task, plan)
    slug = slug or free_slug(Campaign.objects.all(), slugify(plan.name)[:70] or "campaign")
    try:
        with transaction.atomic():
            campaign = Campaign(task=task, task_version=latest_version(task), slug=slug, created_by=by)
            _write(campaign, plan)
    except IntegrityError:
        message = f"There is a campaign '{slug}' already."
        raise Refusal("slug_taken", message, status=409, errors={"slug": [message]}) from None
    return campaign


@transaction.atomic
def change(campaign: Campaign, plan: CampaignPlan, *, by: Member) -> Campaign:
    """Change a draft campaign; arms, steps and links become what the plan says.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `campaign_invalid`; as for `audiences.settled`; 409 `campaign_launched`, or `experiment_registered`:
            what was registered stays.
    """
    permissions.require(by, campaign.task, Role.LEAD)
    _check(campaign.task, plan)
    campaign = Campaign.objects.select_for_update(no_key=True).get(pk=campaign.pk)
    if campaign.state != CampaignState.PLANNED:
        raise Refusal(
            "campaign_launched",
            "A campaign does not change once it is launched.",
            hint="Make a new one from it.",
            status=409,
        )
    if forecast.is_registered(campaign):
        raise Refusal(
            "experiment_registered",
            "The experiment of this campaign is registered, and names its arms and steps as they are.",
            hint="Make a new campaign with an experiment of its own.",
            status=409,
        )
    campaign.task_version = latest_version(campaign.task)
    campaign.arms.all().delete()
    campaign.steps.all().delete()
    campaign.links.all().delete()
    campaign.further_senders.all().delete()
    _write(campaign, replace(plan, is_simulated=campaign.is_simulated))
    return campaign


def _write(campaign: Campaign, plan: CampaignPlan) -> None:
    for name in OWN:
        setattr(campaign, name, getattr(plan, name))
    campaign.days_off = sorted(set(plan.days_off)) or None
    campaign.audience = planning_audience.validated_choice(campaign.task, plan.audience, place="audience")
    campaign.save()
    Arm.objects.bulk_create(
        Arm(
            campaign=campaign,
            name=arm.name.strip(),
            position=position,
            weight=arm.weight,
            is_control=arm.is_control,
            is_holdout=arm.is_holdout,
            teacher=writer,
            miniature=arm.miniature or miniature_of(writer),
            pipeline=arm.pipeline,
        )
        for position, (arm, writer) in enumerate((arm, _writer_of(arm)) for arm in plan.arms)
    )
    Step.objects.bulk_create(
        Step(
            campaign=campaign,
            number=number,
            **{name: getattr(step, name) for name in OF_STEP} | {"same_thread": _is_answer(step, number)},
            reply_classes=list(step.reply_classes) or None,
        )
        for number, step in enumerate(plan.steps, start=1)
    )
    Link.objects.bulk_create(Link(campaign=campaign, name=name, url=url) for name, url in plan.links.items())
    others = {sender.pk: sender for sender in plan.further_senders if sender != plan.sender}
    FurtherSender.objects.bulk_create(
        FurtherSender(campaign=campaign, sender=sender, position=position)
        for position, sender in enumerate(others.values(), start=1)
    )


def _writer_of(arm: ArmPlan) -> Teacher | None:
    return pipelines.writing_stage(arm.pipeline).teacher if arm.pipeline is not None else arm.teacher


def _is_answer(step: StepPlan, number: int) -> bool:
    by_default = step.writer == StepWriter.MODEL or step.when == StepCondition.REPLIED
    return number > 1 and (by_default if step.same_thread is None else step.same_thread)


def miniature_of(teacher: Teacher | None) -> Miniature | None:
    """Return the miniature behind a teacher; None for any other model."""
    room, _, key = teacher.provided_by.partition(":") if teacher is not None else ("", "", "")
    return Miniature.objects.filter(pk=UUID(key)).first() if room == MINIATURES else None


def _check(task: Task, plan: CampaignPlan) -> None:
    checked = {
        "arms": plans.arm_errors(task, plan.arms),
        "steps": plans.step_errors(plan.steps),
        "days_off": plans.day_off_errors(plan.days_off),
        "reply_teacher": plans.reader_errors(plan.reply_teacher),
    }
    errors: Errors = {place: wrong for place, wrong in checked.items() if wrong}
    _check_numbers(plan, errors)
    if plan.further_senders and plan.sender is None:
        errors["sender"] = ["Choose a first sender too."]
    elif len(plan.further_senders) > MOST_SENDERS:
        errors["further_senders"] = [f"At most {MOST_SENDERS} beside the first."]
    if len(plan.links) > MOST_LINKS:
        errors["links"] = [f"A campaign has at most {MOST_LINKS} links."]
    elif wrong := [name for name, url in plan.links.items() if not LINK_NAME.fullmatch(name) or len(url) > MOST_URL]:
        errors["links"] = [f"'{wrong[0][:40]}': a name has at most 40 letters, digits, - and _, an address {MOST_URL}."]
    if errors:
        raise Refusal("campaign_invalid", "This campaign cannot be saved as it is.", errors=errors)


def _check_numbers(plan: CampaignPlan, errors: Errors) -> None:
    if not plan.name.strip():
        errors["name"] = ["Give the campaign a name."]
    if not 0 <= plan.sample_share <= 1:
        errors["sample_share"] = ["A share between 0 and 1."]
    if not 0 <= plan.max_model_usd < 100_000:
        errors["max_model_usd"] = ["US dollars, from 0."]
    for name, value in (("mails_per_minute", plan.mails_per_minute), ("daily_cap", plan.daily_cap)):
        if not 1 <= value <= 1_000_000:
            errors[name] = ["A whole number from 1."]
    for name in ("max_complaints", "max_bounces", "max_unsubscribes"):
        share = getattr(plan, name)
        if share is not None and not 0 < share <= MOST_OF_A_GUARDRAIL:
            errors[name] = ["A share above 0, at most 0.25."]
    for name, value in (("quiet_from", plan.quiet_from), ("quiet_until", plan.quiet_until)):
        if not 0 <= value <= 23:
            errors[name] = ["An hour between 0 and 23."]
    if not is_time_zone(plan.time_zone):
        errors["time_zone"] = [f"'{plan.time_zone}' is not a time zone; write one such as Europe/Berlin."]


def is_time_zone(name: str) -> bool:
    """Tell whether this host knows a time zone of that name."""
    try:
        return name in time_zones() and bool(ZoneInfo(name))
    except (ValueError, OSError):
        return False


@cache
def time_zones() -> frozenset[str]:
    """All names that this host knows, read from its disk once per process: that walks some 600 files."""
    return frozenset(available_timezones())
