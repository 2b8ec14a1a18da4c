"""Sealed registrations of experiments in which a miniature writes for an arm, for its evidence file."""

from __future__ import annotations

import hashlib

from campaigns.experiments import design
from campaigns.models import Experiment
from review.spec.prompting import canonical_json
from serving.evidence.ports import SealedRegistration
from training.models import Miniature


def of_miniature(miniature: Miniature) -> list[SealedRegistration]:
    """Return the registrations, the oldest first. See `serving.evidence.ports.registrations`."""
    mine = Experiment.objects.filter(campaign__arms__miniature=miniature, registered_at__isnull=False).distinct()
    return [_sealed(experiment) for experiment in mine.prefetch_related("looks").order_by("registered_at", "id")]


def _sealed(experiment: Experiment) -> SealedRegistration:
    looks = sorted(experiment.looks.all(), key=lambda look: look.number)
    return SealedRegistration(
        kind="experiment",
        id=str(experiment.pk),
        name=experiment.slug,
        text=design.registration_text(experiment.registration),
        sha256=experiment.registration_sha256,
        at=experiment.registered_at.isoformat() if experiment.registered_at else "",
        looks=tuple(
            {
                "number": look.number,
                "is_final": look.is_final,
                "at": look.created_at.isoformat(),
                "result_sha256": hashlib.sha256(canonical_json(look.result).encode()).hexdigest(),
            }
            for look in looks
        ),
    )
