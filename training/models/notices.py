"""Who wants to hear how a job ends, and the mails on their way to them."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from jobs.models import Job


class Watcher(models.Model):
    """A member who follows a run or a sweep that somebody else launched."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["job", "member"], name="one_watch_per_member")]


class Notice(models.Model):
    """A mail about a job that ended: written with the end, sent after it, tried again until it is gone or given up."""

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="+")
    member = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    subject = models.CharField(max_length=200)
    text = models.TextField()
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=models.Q(sent_at__isnull=True), name="notices_to_send"),
        ]
