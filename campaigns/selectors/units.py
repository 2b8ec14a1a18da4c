"""Everyone an experiment assigned, as columns: which arm, which company, what came of it and from when that is certain.

Reads no events itself: `enrolled` does; one query more is for those who were not mailed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db.models import Exists, OuterRef

from campaigns.experiments.units import Units
from campaigns.models import Campaign, Experiment, Message
from campaigns.selectors import enrolled
from campaigns.selectors.enrolled import Enrolled
from campaigns.states import BEFORE_THE_WIRE, MessageState

# A mail in one of these may still go.
MAY_GO = BEFORE_THE_WIRE - {MessageState.REJECTED} | {MessageState.SENDING}
NEVER = float("inf")


def columns(experiment: Experiment, people: Enrolled) -> Units:
    """The units of an experiment, in the order of assignment; empty before the launch."""
    arms = list(experiment.campaign.arms.all())
    places = {enrolled.text_of(arm.pk): index for index, arm in enumerate(arms)}
    segments = sorted(set(people.segments))
    at_segment = {name: index for index, name in enumerate(segments)}
    return Units(
        arms=tuple(arm.name for arm in arms),
        segments=tuple(segments),
        arm=np.array([places[whose] for whose in people.arms], dtype=np.int64),
        cluster=np.array(list(_cluster_numbers(people)), dtype=np.int64),
        segment=np.array([at_segment[name] for name in people.segments], dtype=np.int64),
        ripe_at=np.array(list(_ripe(experiment, people)), dtype=np.float64),
        outcome=np.array(list(_counted(experiment, people)), dtype=np.float64),
    )


def _cluster_numbers(people: Enrolled) -> Iterator[int]:
    """A number for each company, by its first contact. Its name stays here: it may be a person's address."""
    numbers: dict[tuple[str, str], int] = {}
    for arm, cluster in zip(people.arms, people.clusters, strict=True):
        yield numbers.setdefault((arm, cluster.casefold()), len(numbers))


def _counted(experiment: Experiment, people: Enrolled) -> Iterator[bool]:
    """Whether what counts happened within the horizon after the first mail."""
    horizon = timedelta(days=experiment.horizon_days)
    for pk in people.ids:
        happened = people.happened.get(pk)
        yield happened is not None and pk in people.sent and happened <= people.sent[pk].first_at + horizon


def _ripe(experiment: Experiment, people: Enrolled) -> Iterator[float]:
    """When each outcome is complete, seconds of the epoch.

    A horizon begins with the first mail. Of a mail of unknown fate it begins when it was on the wire. Who will get none
    is ripe with the first that could be: what never comes cannot be waited for, and leaving them out would be a choice.
    """
    horizon_s = timedelta(days=experiment.horizon_days).total_seconds()
    launched = experiment.campaign.launched_at
    unsent = _without_mail(experiment.campaign)
    for pk in people.ids:
        went = people.sent.get(pk)
        begins = went.first_at if went is not None else unsent.get(pk, launched)
        yield NEVER if begins is None else begins.timestamp() + horizon_s


def _without_mail(campaign: Campaign) -> dict[str, datetime | None]:
    """Of contacts to whom nothing went: None while something may still go, or when a mail of unknown fate left."""
    sent = Message.objects.filter(enrolment=OuterRef("enrolment"), sent_at__isnull=False)
    open_states = (*MAY_GO, MessageState.UNKNOWN)
    mails = Message.objects.filter(~Exists(sent), campaign=campaign, state__in=open_states).order_by()
    found: dict[str, datetime | None] = {}
    told: Any = mails.annotate(key=enrolled.key("enrolment_id")).values_list("key", "state", "sending_at")
    for pk, state, sending_at in told:
        if state != MessageState.UNKNOWN:
            found[pk] = None
        else:
            found.setdefault(pk, sending_at)
    return found
