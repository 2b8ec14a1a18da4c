"""Events that are sent, and the states of a delivery. Pure but for Django's choices."""

from __future__ import annotations

from django.db.models import TextChoices

# What others may be told, and how pages say it.
EVENTS: dict[str, str] = {
    "acceptance.ended": "A judge accepts drafts of a task no more",
    "budget.warning": "Four fifths of a budget are spent",
    "campaign.paused": "A guardrail paused sending",
    "dataset_version.frozen": "A dataset version is frozen",
    "drafts.recalled": "Drafts were taken out of use in one act",
    "job.finished": "A job has ended, well or badly",
    "sample.revoked": "A sample was taken out of use",
}
# Sent by the button on a hook's page, whatever it listens to.
TEST_EVENT = "hook.tested"


class DeliveryState(TextChoices):
    """State of one event's delivery to one hook."""

    PENDING = "pending", "On its way"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Given up"
