"""Words that rows and pages of this room can be in. Pure but for Django's choices; knows no model."""

from django.db.models import TextChoices


class Act(TextChoices):
    """What was done with a miniature."""

    PROMOTE = "promote", "Promoted"
    DEMOTE = "demote", "Taken back"


class ServingState(TextChoices):
    """How serving stands, as pages say it."""

    STOPPED = "stopped", "Stopped"
    STARTING = "starting", "Starting"
    RUNNING = "running", "Running"
    RESTARTING = "restarting", "Restarting"
    FAILED = "failed", "Failed"
