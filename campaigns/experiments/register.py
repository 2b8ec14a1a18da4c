"""Register a campaign's experiment before anything is written or sent. A registered experiment never changes.

Refuses designs that cannot show anything: one arm, no control, an arm without a model, an invalid margin. Too few
contacts are no reason to refuse: the plan states their power. A look
at its result is kept as it was seen; a trigger refuses any change of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit import trail
from campaigns.experiments import design, queries, results
from campaigns.experiments.conclusion import ExperimentStage
from campaigns.experiments.design import ArmPreview, ExperimentRequest, Mistakes
from campaigns.models import Arm, Campaign, Experiment, Look, PipelineVersion, Step
from campaigns.pipelines.queries import stages
from campaigns.planning import forecast
from campaigns.states import WITHOUT_MAIL, CampaignState, Metric, StepCondition, StepWriter
from generation.models import Teacher
from members.models import Member
from review.models import TaskVersion
from review.states import Role
from review.tasks import permissions
from review.tasks.queries import latest_version
from web.errors import Refusal

FEWEST_CLUSTERS = 2


@transaction.atomic
def save_plan(campaign: Campaign, request: ExperimentRequest, *, by: Member) -> Experiment:
    """Keep what is to be registered as a draft; the campaign cannot be launched until it is registered.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `experiment_registered` or `campaign_launched`.
    """
    experiment = _draft_of(_open_campaign(campaign, by=by))
    _write(experiment, request)
    experiment.save()
    return experiment


@transaction.atomic
def register(
    campaign: Campaign, request: ExperimentRequest, *, by: Member, simulated_truth: Mapping[str, Any] | None = None
) -> Experiment:
    """Fix what a campaign is to show. A trigger refuses every change from then on, and the campaign's arms stay too.

    Raced by another registration or a launch, one of them is refused: the campaign's row is locked meanwhile.

    Args:
        campaign: A draft.
        simulated_truth: Of a simulated campaign, what its population was made to do.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: `experiment_invalid` with errors by field; 409 `experiment_registered` or `campaign_launched`.
    """
    campaign = _open_campaign(campaign, by=by)
    hand = queries.arm_preview(campaign)
    if errors := mistakes_in_registration(campaign, request, hand=hand):
        first = next(iter(errors.values()))[0]
        raise Refusal("experiment_invalid", first, hint="Correct these fields; nothing was registered.", errors=errors)
    campaign.task_version = latest_version(campaign.task)
    campaign.save(update_fields=["task_version"])
    experiment = _draft_of(campaign)
    _write(experiment, request)
    experiment.registered_at, experiment.registered_by = timezone.now(), by
    experiment.simulated_truth = dict(simulated_truth or {}) if campaign.is_simulated else {}
    experiment.registration = _registration(experiment, request, hand)
    experiment.registration_sha256 = design.registration_sha256(experiment.registration)
    experiment.save()
    trail.record("experiment_registered", by=by, about=experiment, experiment=experiment.slug)
    return experiment


def mistakes_in_registration(campaign: Campaign, request: ExperimentRequest, *, hand: ArmPreview) -> Mistakes:
    """Everything that keeps an experiment from being registered, by field; `arms` is the campaign's."""
    mistakes = design.mistakes_in(request)
    if wrong := _faults_of_arms(campaign, hand):
        mistakes["arms"] = wrong
    if request.metric not in WITHOUT_MAIL and campaign.arms.filter(is_holdout=True).exists():
        words = ", ".join(f"'{metric.label}'" for metric in Metric if metric in WITHOUT_MAIL)
        mistakes.setdefault("metric", []).append(f"Contacts without mail cannot do this. Count one of {words}.")
    return mistakes


def _faults_of_arms(campaign: Campaign, hand: ArmPreview) -> list[str]:
    arms = list(campaign.arms.select_related("teacher").order_by("position"))
    is_written = Step.objects.filter(campaign=campaign, writer=StepWriter.MODEL).exists()
    if len(arms) < 2:
        return ["An experiment compares arms, and this campaign has one. Add another to the campaign."]
    mistakes = [f"'{arm.name}' has the weight 0 and would get no contacts." for arm in arms if not arm.weight]
    if sum(arm.is_control for arm in arms) != 1:
        mistakes.append("Choose the control: the arm that the others are compared with.")
    if not is_written and not any(arm.is_holdout for arm in arms):
        mistakes.append("No mail is written by a model, so all arms would send the same text.")
    mistakes += [
        f"'{arm.name}' has no model to write its mails."
        for arm in arms
        if is_written and arm.teacher is None and not arm.is_holdout
    ]
    mistakes += [
        f"'{arm.name}' would get {arm.clusters} compan{'y' if arm.clusters == 1 else 'ies'}: "
        f"an arm needs {FEWEST_CLUSTERS} at the very least. Import contacts first."
        for arm, row in zip(hand.arms, arms, strict=True)
        if row.weight and arm.clusters < FEWEST_CLUSTERS
    ]
    return mistakes


def _open_campaign(campaign: Campaign, *, by: Member) -> Campaign:
    permissions.require(by, campaign.task, Role.LEAD)
    rows = Campaign.objects.select_for_update(of=("self",), no_key=True).select_related("task", "task_version")
    campaign = rows.get(pk=campaign.pk)
    if forecast.is_registered(campaign):
        raise Refusal(
            "experiment_registered",
            "The experiment of this campaign is registered, and does not change.",
            hint="For another question make another campaign.",
            status=409,
        )
    if campaign.state != CampaignState.PLANNED:
        raise Refusal(
            "campaign_launched",
            "This campaign is already launched: an experiment is registered before the launch.",
            hint="Make a new campaign, and register its experiment before the launch.",
            status=409,
        )
    return campaign


def _draft_of(campaign: Campaign) -> Experiment:
    return Experiment.objects.filter(campaign=campaign).first() or Experiment(campaign=campaign, slug=campaign.slug)


def _write(experiment: Experiment, request: ExperimentRequest) -> None:
    for name, value in asdict(request).items():
        setattr(experiment, name, value)


def _registration(experiment: Experiment, request: ExperimentRequest, hand: ArmPreview) -> dict[str, Any]:
    campaign = experiment.campaign
    plan = design.plan_of(request, hand)
    return {
        "format": design.REGISTRATION_FORMAT,
        "experiment": experiment.slug,
        "campaign": campaign.slug,
        "task": campaign.task.slug,
        "task_version": _version(campaign.task_version),
        **asdict(request),
        "unit": "contact",
        "cluster": "company: the mail domain, or the lone address at a public provider",
        "assignment": {"method": design.ASSIGNMENT, "salt": campaign.salt},
        "population": design.POPULATION,
        "rule": design.rule_of(request, has_holdout=campaign.arms.filter(is_holdout=True).exists()),
        "arms": [_arm(arm) for arm in campaign.arms.select_related("teacher", "miniature").order_by("position")],
        "steps": _steps(campaign.steps.order_by("number")),
        "links": dict(campaign.links.order_by("name").values_list("name", "url")),
        "audience": campaign.audience,
        "at_hand": {
            "contacts": hand.contacts,
            "clusters": hand.clusters,
            "n_per_arm": hand.n_per_arm,
            "needed_per_arm": plan.needed_n,
            "detectable": plan.detectable,
            "power": plan.power,
        },
        "is_simulated": campaign.is_simulated,
        "simulated_truth": experiment.simulated_truth,
        "registered_at": experiment.registered_at.isoformat() if experiment.registered_at else None,
    }


def _arm(arm: Arm) -> dict[str, Any]:
    miniature = arm.miniature
    return {
        "name": arm.name,
        "weight": arm.weight,
        "is_control": arm.is_control,
        "writer": _writer(arm.teacher),
        "miniature": miniature and {"id": str(miniature.pk), "manifest_sha256": miniature.manifest_sha256},
        **({"is_holdout": True, "held_out_of": _held_out_of(arm.campaign)} if arm.is_holdout else {}),
        **({"pipeline": _pipeline(arm.pipeline)} if arm.pipeline else {}),
    }


def _writer(teacher: Teacher | None) -> dict[str, Any] | None:
    if teacher is None:
        return None
    return {
        "slug": teacher.slug,
        "provider": teacher.provider,
        "model": teacher.model,
        "parameters": teacher.parameters,
    }


def _version(version: TaskVersion) -> dict[str, Any]:
    return {"number": version.number, "content_hash": version.content_hash}


def _pipeline(version: PipelineVersion) -> dict[str, Any]:
    return {
        "slug": version.pipeline.slug,
        "version": version.number,
        "stages": [
            {
                "name": stage.name,
                "kind": stage.kind,
                "task": stage.task_version and {"slug": stage.task_version.task.slug, **_version(stage.task_version)},
                "writer": _writer(stage.teacher),
                "router": stage.router and {"slug": stage.router.router.slug, "version": stage.router.number},
                "inputs": stage.inputs,
                "condition": stage.condition,
            }
            for stage in stages().filter(version=version)
        ],
    }


def _held_out_of(campaign: Campaign) -> str:
    return "every campaign of the task until this one ends" if campaign.holds_out_everywhere else "this campaign"


def _steps(steps: Sequence[Step] | Any) -> list[dict[str, Any]]:
    return [
        {
            "number": step.number,
            "writer": step.writer,
            "wait_s": step.wait_s,
            "subject": step.subject,
            "body": step.body,
            **(
                {"when": step.when, "reply_classes": step.reply_classes} if step.when != StepCondition.NO_ANSWER else {}
            ),
        }
        for step in steps
    ]


def record_look(experiment: Experiment, *, by: Member) -> Look:
    """Keep what the experiment shows now. The first look at which every contact is at its horizon is the final one.

    Two at once get numbers of their own, and one of them at most is final: the experiment's row is locked meanwhile.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 `nothing_to_see`, it is not registered or its campaign not launched.
    """
    permissions.require(by, experiment.campaign.task, Role.LEAD)
    if experiment.registered_at is None or experiment.campaign.state == CampaignState.PLANNED:
        raise Refusal(
            "nothing_to_see",
            "There is no result before the campaign is launched.",
            hint="Register the experiment and launch its campaign.",
            status=409,
        )
    result = results.result(experiment)
    with transaction.atomic():
        Experiment.objects.select_for_update(of=("self",)).get(pk=experiment.pk)
        there = Look.objects.filter(experiment=experiment)
        is_final = result["stage"] == ExperimentStage.COMPLETE and not there.filter(is_final=True).exists()
        number = (there.aggregate(last=Max("number"))["last"] or 0) + 1
        return Look.objects.create(
            experiment=experiment, number=number, is_final=is_final, result=result, created_by=by
        )
