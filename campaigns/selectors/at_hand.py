"""Who would fall into which arm of a draft campaign, for planning its experiment. Assigns nobody."""

from __future__ import annotations

from campaigns.assignment import arm_of
from campaigns.experiments.design import AtHand, at_hand
from campaigns.models import Campaign
from campaigns.selectors import audience


def of(campaign: Campaign) -> AtHand:
    """Contacts and companies by arm, by the very hash a launch would use. Two queries."""
    arms = list(campaign.arms.order_by("position"))
    weights = [arm.weight for arm in arms]
    names = [(arm.name, arm.is_control) for arm in arms]
    if not any(weights):
        return at_hand(names, ())
    clusters = audience.matching(campaign).values_list("cluster", flat=True)
    places = ((arm_of(campaign.salt, cluster, weights), cluster.casefold()) for cluster in clusters)
    return at_hand(names, places)
