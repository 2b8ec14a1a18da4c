"""Outcomes of the mails sent from drafts, as conditions and counts for a selection.

The room that sends answers through a port; without one, no draft had an outcome.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from review import ports
from review.datasets.dataset_filters import DatasetFilters
from review.datasets.exports import JudgedDraft
from review.models import Draft
from review.states import MailOutcome, Split
from web.db.chunks import chunked

CHUNK = 5_000


def with_any(filters: DatasetFilters) -> Q:
    """The condition that a row's draft had one of the outcomes asked for."""
    return _with(filters.outcomes, filters)


def with_any_left_out(filters: DatasetFilters) -> Q:
    """The condition that a row's draft had one of the outcomes that are left out."""
    return _with(filters.without_outcomes, filters)


def _with(outcomes: Collection[MailOutcome], filters: DatasetFilters) -> Q:
    room = ports.mail_outcomes()
    condition = Q(draft__in=Draft.objects.none())
    if room is None:
        return condition
    for outcome in outcomes:
        condition |= Q(draft__in=room.drafts_with(outcome, until=filters.outcomes_by).order_by().values("pk"))
    return condition


def fixed(filters: DatasetFilters) -> DatasetFilters:
    """The filters with the moment written down until which outcomes count: a later look then finds the same."""
    if not filters.asks_for_outcomes or filters.outcomes_until is not None:
        return filters
    return filters.model_copy(update={"outcomes_until": filters.as_of or timezone.now()})


def of_drafts(drafts: Sequence[UUID], filters: DatasetFilters) -> Mapping[UUID, frozenset[MailOutcome]]:
    """Return outcomes by draft, up to the moment the filters name; drafts that were never sent are absent."""
    room = ports.mail_outcomes()
    return room.of_drafts(drafts, until=filters.outcomes_by) if room and drafts else {}


def counts(drafts: Sequence[UUID], filters: DatasetFilters) -> dict[str, Any]:
    """Count rows by outcome, in the form a version stores; empty where the filters ask for no outcomes.

    Args:
        drafts: Of the rows of the version.
        filters: With the moment written down.
    """
    room = ports.mail_outcomes()
    if room is None or not filters.asks_for_outcomes:
        return {}
    rows: Counter[MailOutcome] = Counter()
    simulated = 0
    for chunk in chunked(drafts, CHUNK):
        by_draft = room.of_drafts(chunk, until=filters.outcomes_by)
        rows.update(outcome for outcomes in by_draft.values() for outcome in outcomes)
        simulated += len(room.from_simulations(chunk))
    until = filters.outcomes_by
    return {
        "until": until.isoformat() if until else None,
        "rows": {outcome.value: rows[outcome] for outcome in MailOutcome if rows[outcome]},
        "simulated": simulated,
    }


def with_outcomes(golds: list[JudgedDraft], filters: DatasetFilters) -> list[JudgedDraft]:
    """Golds with what came of their mails, and how often a training row of each is written.

    The number of queries does not grow with the golds.
    """
    if not filters.asks_for_outcomes:
        return golds
    by_draft = of_drafts([UUID(gold.id) for gold in golds], filters)
    return [_with_outcomes(gold, by_draft.get(UUID(gold.id), frozenset()), filters) for gold in golds]


def _with_outcomes(gold: JudgedDraft, outcomes: Collection[MailOutcome], filters: DatasetFilters) -> JudgedDraft:
    weights = [filters.outcome_weights[outcome] for outcome in outcomes if outcome in filters.outcome_weights]
    copies = max(weights, default=1) if gold.split == Split.TRAIN else 1
    named = tuple(outcome.value for outcome in MailOutcome if outcome in outcomes)
    return replace(gold, outcomes=named, copies=copies)
