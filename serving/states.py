"""Words that rows and pages of this room can be in. Pure but for Django's choices; knows no model."""

from typing import Final

from django.db.models import TextChoices

# Characters of why a miniature was promoted over its gate.
LONGEST_REASON: Final = 500


class Act(TextChoices):
    PROMOTE = "promote", "Promoted"
    DEMOTE = "demote", "Taken back"


class ServingState(TextChoices):
    """State of serving, as pages say it."""

    STOPPED = "stopped", "Stopped"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    RESTARTING = "restarting", "Restarting"
    UNREACHABLE = "unreachable", "Out of reach"
    FAILED = "failed", "Failed"


class RouteFeature(TextChoices):
    """Feature that a router decides by."""

    CHECKS = "checks", "Marks of the checks on the miniature's text"
    CONFIDENCE = "confidence", "How sure the miniature was of its text"
    FACT = "fact", "A number of the record"
