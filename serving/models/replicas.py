"""Engines that serve, one a host; the lock under which that changes; who answers for a task while none serves."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from generation.models import Teacher
from jobs.models import Job
from review.models import Task


class Switch(models.Model):
    """Lock of what serves: its one row is held while replicas come and go."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)


class Replica(models.Model):
    """An engine that serves, by the job that runs it."""

    # The host it is meant for; empty: any host whose worker takes jobs of the queue `serving`.
    host_id = models.CharField(max_length=64, blank=True, default="")
    job = models.OneToOneField(Job, null=True, on_delete=models.SET_NULL, related_name="+")
    # Since then it gets no new question, and it ends once it has none left.
    draining_since = models.DateTimeField(null=True)
    # Reported by its engine under `reported_fence`: its unix socket, and where another host reaches it, if anywhere.
    socket = models.CharField(max_length=200, blank=True, default="")
    address = models.CharField(max_length=300, blank=True, default="")
    reported_fence = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return self.host_id or "any host"


class Fallback(models.Model):
    """A task's teacher that answers questions to its miniatures while no replica serves. Off where there is no row."""

    task = models.OneToOneField(Task, primary_key=True, on_delete=models.CASCADE, related_name="+")
    teacher = models.ForeignKey(Teacher, on_delete=models.CASCADE, related_name="+")
    # The lead who turned it on: a paid teacher's answers are ordered in their name.
    by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.teacher} for {self.task}"
