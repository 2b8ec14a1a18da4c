"""Everyone an experiment assigned, as columns: which arm, which company, what came of it and from when that is certain.

Reads enrolments, mails and events; three queries for what happened, one for those who were not mailed.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import numpy as np
from django.db.models import Exists, OuterRef

from campaigns.experiments.units import Units
from campaigns.models import Campaign, Experiment, Message
from campaigns.selectors import outcomes
from campaigns.selectors.outcomes import Outcome
from campaigns.states import BEFORE_THE_WIRE, MessageState, Metric

# A mail in one of these may still go.
MAY_GO = BEFORE_THE_WIRE - {MessageState.REJECTED} | {MessageState.SENDING}
NEVER = float("inf")


def of(experiment: Experiment) -> Units:
    """Units of an experiment, in the order of assignment; empty before the launch."""
    return columns(experiment, rows(experiment))


def rows(experiment: Experiment) -> list[Outcome]:
    """One row for each contact that was assigned to an arm."""
    found = outcomes.of_contacts(
        experiment.campaign, metric=Metric(experiment.metric), horizon_days=experiment.horizon_days
    )
    return [row for row in found if row.arm_id is not None]


def columns(experiment: Experiment, rows: list[Outcome]) -> Units:
    """The same as arrays."""
    arms = list(experiment.campaign.arms.all())
    places = {arm.pk: index for index, arm in enumerate(arms)}
    segments = sorted({row.segment for row in rows})
    at_segment = {name: index for index, name in enumerate(segments)}
    return Units(
        arms=tuple(arm.name for arm in arms),
        segments=tuple(segments),
        arm=np.array([places[row.arm_id] for row in rows if row.arm_id], dtype=np.int64),
        cluster=np.array(list(cluster_numbers(rows)), dtype=np.int64),
        segment=np.array([at_segment[row.segment] for row in rows], dtype=np.int64),
        ripe_at=np.array(list(_ripe(experiment, rows)), dtype=np.float64),
        outcome=np.array([row.outcome for row in rows], dtype=np.float64),
    )


def cluster_numbers(rows: list[Outcome]) -> Iterator[int]:
    """A number for each company, by its first contact. Its name stays here: it may be a person's address."""
    numbers: dict[tuple[UUID | None, str], int] = {}
    for row in rows:
        yield numbers.setdefault((row.arm_id, row.cluster.casefold()), len(numbers))


def _ripe(experiment: Experiment, rows: list[Outcome]) -> Iterator[float]:
    """When each outcome is complete.

    A horizon begins with the first mail. Of a mail of unknown fate it begins when it was on the wire. Who will get none
    is ripe with the first that could be: what never comes cannot be waited for, and leaving them out would be a choice.
    """
    horizon = timedelta(days=experiment.horizon_days)
    launched = experiment.campaign.launched_at
    unsent = _without_mail(experiment.campaign)
    for row in rows:
        begins = row.sent_at
        if begins is None and row.enrolment_id in unsent:
            begins = unsent[row.enrolment_id]
        elif begins is None:
            begins = launched
        yield NEVER if begins is None else (begins + horizon).timestamp()


def _without_mail(campaign: Campaign) -> dict[UUID, datetime | None]:
    """Of contacts to whom nothing went: None while something may still go, or when a mail of unknown fate left."""
    sent = Message.objects.filter(enrolment=OuterRef("enrolment"), sent_at__isnull=False)
    open_states = (*MAY_GO, MessageState.UNKNOWN)
    mails = Message.objects.filter(~Exists(sent), campaign=campaign, state__in=open_states).order_by()
    found: dict[UUID, datetime | None] = {}
    told: Any = mails.values_list("enrolment_id", "state", "sending_at")
    for enrolment, state, sending_at in told:
        if state != MessageState.UNKNOWN:
            found[enrolment] = None
        elif enrolment not in found:
            found[enrolment] = sending_at
    return found
