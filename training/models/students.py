"""Base models that are tuned."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from training.states import StudentSource


class Student(models.Model):
    """A base model to tune: a folder, or a hub id pinned to a commit."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    source = models.CharField(max_length=10, choices=StudentSource.choices)
    # The demo's folders come with the code, so their rows keep no path of one machine.
    path = models.CharField(max_length=500, blank=True)
    hub_id = models.CharField(max_length=200, blank=True)
    revision = models.CharField(max_length=64, blank=True)
    # SHA-256 over the names and hashes of the files; empty for a hub id, which its commit pins.
    manifest_sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.BigIntegerField(default=0)
    licence = models.CharField(max_length=120, blank=True)
    model_type = models.CharField(max_length=60, blank=True)
    parameters = models.BigIntegerField(null=True, blank=True)
    context_length = models.PositiveIntegerField(null=True, blank=True)
    # Whether one that can think before it answers does; fixed once registered, since miniatures are tuned on it.
    thinks = models.BooleanField(default=False, db_default=False)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def is_demo(self) -> bool:
        """Return whether it comes with the product: the small student, or the small encoder."""
        return self.source == StudentSource.DEMO
