"""Which break-evens of experiments a change of prices moves, for the preview of prices: see `generation.pricing.effects.break_evens`."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

from django.conf import settings
from django.urls import reverse

from campaigns.experiments import spending
from campaigns.models import Arm, Experiment
from generation.pricing.effects import BreakEvenEffect, PriceChange
from generation.teachers.queries import Price

MILLION: Final = 1_000_000
HOURS_PER_MONTH: Final = 730
# The newest; older experiments are concluded, and nobody decides by them any more.
MOST_EXPERIMENTS: Final = 20


def break_even_effects(changes: Sequence[PriceChange]) -> list[BreakEvenEffect]:
    """What the page of each registered experiment says of a GPU against drafts of the control's length by one of these models."""
    known = [change for change in changes if change.old is not None]
    if not known:
        return []
    registered = Experiment.objects.filter(registered_at__isnull=False).select_related("campaign")
    experiments = registered.order_by("-registered_at")[:MOST_EXPERIMENTS]
    return [effect for experiment in experiments for effect in _of(experiment, known) if effect.old != effect.new]


def _of(experiment: Experiment, changes: Sequence[PriceChange]) -> Iterator[BreakEvenEffect]:
    control = Arm.objects.filter(campaign=experiment.campaign).order_by("-is_control", "position").first()
    tokens = spending.mean_tokens(experiment.campaign).get(control.name) if control else None
    if tokens is None:
        return
    for change in changes:
        yield BreakEvenEffect(
            f"{experiment.campaign.name}: a GPU of your own against drafts by {change.model}",
            reverse("campaigns:experiment", args=[experiment.slug]),
            _per_month(change.old, tokens) if change.old else None,
            _per_month(change.new, tokens),
        )


def _per_month(price: Price, tokens: tuple[float, float]) -> int | None:
    """Mails a month, at list price; None for a model that costs nothing."""
    given, answered = tokens
    usd = given * float(price.input_usd_per_million) + answered * float(price.output_usd_per_million)
    return math.ceil(round(settings.GPU_USD_PER_HOUR * HOURS_PER_MONTH * MILLION / usd, 6)) if usd else None
