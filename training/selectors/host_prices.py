"""Questions about hosts and what they cost."""

from __future__ import annotations

from jobs.services import presence
from training.models import HostPrice, TrainingRun


def table() -> list[HostPrice]:
    """Prices by host, the default one first."""
    return sorted(HostPrice.objects.all(), key=lambda row: (row.host != "default", row.host))


def unpriced() -> list[str]:
    """Hosts that train or have trained and have no line of their own."""
    trained = TrainingRun.objects.exclude(job__host_id="").values_list("job__host_id", flat=True).distinct()
    present = [beat.host for beat in presence.present() if not beat.queues or "training" in beat.queues.split(",")]
    priced = set(HostPrice.objects.values_list("host", flat=True))
    return sorted({*trained, *present} - priced)
