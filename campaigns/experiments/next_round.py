"""Continue from the winner of a concluded experiment: a draft campaign for those not mailed yet, or a default pipeline.

The winner is the control of the draft; a pipeline that won may be promoted, so that its task's next campaign
begins with it.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from django.db import transaction

from audit import trail
from campaigns.experiments import results
from campaigns.experiments.design import ExperimentRequest
from campaigns.experiments.winner import ExperimentWinner, winner_of
from campaigns.models import Campaign, Experiment, PipelinePromotion
from campaigns.pipelines import promotion
from campaigns.planning import edit, plans
from campaigns.planning.plans import ArmPlan, CampaignPlan, StepPlan
from campaigns.senders import choice
from campaigns.states import CampaignState
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.db.keys import free_slug
from web.errors import Refusal

NAME_CHARS, SLUG_CHARS = 120, 70
_ROUND = re.compile(r"[ ,-]+round[ -](\d+)$")


@transaction.atomic
def start_next_round(experiment: Experiment, *, by: Member) -> Campaign:
    """Make the draft campaign of the next round; a draft that was made before and is not launched is that draft.

    Its control is the winner, alone: what it is to be compared with is for a lead to add. Sender, mails, links and
    limits are those of the round before, and so is the audience, but for contacts whom this campaign or a round before
    it mailed.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 as for `concluded_winner`; as for `edit.create`.
    """
    campaign = experiment.campaign
    permissions.require(by, campaign.task, Role.LEAD)
    # Two at once make one draft: the second waits here, and finds the first one's.
    Campaign.objects.select_for_update(of=("self",), no_key=True).get(pk=campaign.pk)
    existing = draft_after(campaign)
    if existing is not None:
        return existing
    winner = concluded_winner(experiment)
    name = _next_name(campaign.name)
    made = edit.create(campaign.task, plan_after(campaign, winner, name=name), slug=_slug(campaign.slug), by=by)
    Campaign.objects.filter(pk=made.pk).update(follows=campaign)
    trail.record("next_round_started", by=by, about=made, campaign=made.slug, follows=campaign.slug)
    made.refresh_from_db()
    return made


def promote_winner(experiment: Experiment, *, by: Member) -> PipelinePromotion:
    """Make the winning version its task's default pipeline.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 as for `concluded_winner`; `no_pipeline_won`; as for `promotion.promote`.
    """
    permissions.require(by, experiment.campaign.task, Role.LEAD)
    arm = concluded_winner(experiment).arm
    if arm.pipeline is None:
        raise Refusal(
            "no_pipeline_won",
            f"{arm.name} won, and no pipeline wrote its mails.",
            hint="A miniature is promoted on its own page; a teacher or a fixed text is chosen in the form of a "
            "campaign.",
            status=409,
        )
    return promotion.promote(arm.pipeline, by=by, experiment=experiment)


def concluded_winner(experiment: Experiment) -> ExperimentWinner:
    """Return the winner of a concluded experiment.

    Raises:
        Refusal: 409 `not_concluded`, or `nothing_to_go_on_with`: no mail at all did as well.
    """
    is_launched = experiment.registered_at is not None and experiment.campaign.state != CampaignState.PLANNED
    winner = winner_of(experiment, results.result(experiment)) if is_launched else None
    if winner is None:
        raise Refusal(
            "not_concluded",
            "This experiment has no result to continue from yet.",
            hint="Wait until every contact has completed its follow-up, or end the campaign; arms that did not get "
            "their planned shares have no winner.",
            status=409,
        )
    if winner.kind == "holdout":
        raise Refusal(
            "nothing_to_go_on_with",
            winner.sentence,
            hint="Change the texts or the audience, and make another campaign.",
            status=409,
        )
    return winner


def draft_after(campaign: Campaign) -> Campaign | None:
    """The draft of a campaign's next round, where one was made and not launched."""
    return Campaign.objects.filter(follows=campaign, state=CampaignState.PLANNED).order_by("-created_at").first()


def plan_after(campaign: Campaign, winner: ExperimentWinner, *, name: str) -> CampaignPlan:
    own: dict[str, Any] = {field: getattr(campaign, field) for field in plans.OWN}
    arm = winner.arm
    before = [*campaign.audience.get("except_mailed_by", ()), campaign.slug]
    return CampaignPlan(
        **{**own, "name": name},
        arms=[ArmPlan(arm.name, teacher=arm.teacher, miniature=arm.miniature, pipeline=arm.pipeline, is_control=True)],
        further_senders=choice.senders_of(campaign)[1:],
        steps=[
            StepPlan(**{name: getattr(step, name) for name in plans.OF_STEP}, reply_classes=step.reply_classes or ())
            for step in campaign.steps.order_by("number")
        ],
        links=dict(campaign.links.order_by("name").values_list("name", "url")),
        days_off=campaign.days_off or (),
        audience={**campaign.audience, "except_mailed_by": before},
    )


def request_after(campaign: Campaign) -> ExperimentRequest | None:
    """Return the request of the next round, as its form begins: as before, with the control at the winner's share.

    None for a campaign that follows no experiment.
    """
    before = Experiment.objects.filter(campaign=campaign.follows_id, registered_at__isnull=False).first()
    if campaign.follows_id is None or before is None:
        return None
    earlier_request = results.request_of(before)
    result = results.result(before)
    winner = winner_of(before, result)
    shares = {arm["name"]: arm["mean"] for arm in (result["analysis"] or {}).get("arms", [])}
    share = shares.get(winner.arm.name) if winner else None
    # A share without successes, or of all, is none to plan with.
    return replace(earlier_request, baseline=round(share, 4)) if share and 0 < round(share, 4) < 1 else earlier_request


def _next_name(name: str) -> str:
    written = _ROUND.search(name)
    ending = f", round {int(written[1]) + 1 if written else 2}"
    return f"{_ROUND.sub('', name)[: NAME_CHARS - len(ending)]}{ending}"


def _slug(slug: str) -> str:
    written = _ROUND.search(slug)
    stem = f"{_ROUND.sub('', slug)[:SLUG_CHARS].rstrip('-')}-round-{int(written[1]) + 1 if written else 2}"
    return free_slug(Campaign.objects.all(), stem)
