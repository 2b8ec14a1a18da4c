"""Costs of hosts."""

from __future__ import annotations

from django.db import models


class HostPrice(models.Model):
    """Price of an hour of a training host. The host `default` stands for every host without a line of its own."""

    host = models.CharField(max_length=64, unique=True)
    usd_per_hour = models.DecimalField(max_digits=10, decimal_places=4)
    note = models.CharField(max_length=200, blank=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["host"]

    def __str__(self) -> str:
        return self.host
