"""Promote the pipeline that won a concluded experiment, so that its task's next campaign begins with it."""

from __future__ import annotations

from campaigns.experiments import next_round
from campaigns.models import Experiment, PipelinePromotion
from campaigns.pipelines import promotion
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal


def promote_winner(experiment: Experiment, *, by: Member) -> PipelinePromotion:
    """Make the winning version its task's default pipeline.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 409 as for `next_round.concluded_winner`; `no_pipeline_won`; as for `promotion.promote`.
    """
    permissions.require(by, experiment.campaign.task, Role.LEAD)
    arm = next_round.concluded_winner(experiment).arm
    if arm.pipeline is None:
        raise Refusal(
            "no_pipeline_won",
            f"{arm.name} won, and no pipeline wrote its mails.",
            hint="A miniature is promoted on its own page; a teacher or a fixed text is chosen in the form of a campaign.",
            status=409,
        )
    return promotion.promote(arm.pipeline, by=by, experiment=experiment)
