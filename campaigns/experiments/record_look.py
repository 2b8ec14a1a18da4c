"""Records a look at an experiment: what its page showed, kept as it was. A trigger refuses any change of it."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max

from campaigns.experiments import results
from campaigns.experiments.conclusion import ExperimentStage
from campaigns.models import Experiment, Look
from campaigns.states import CampaignState
from members.models import Member
from review.states import Role
from review.tasks import permissions
from web.errors import Refusal


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
