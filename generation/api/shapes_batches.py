"""Shapes of batches that lie at a provider, and of the one order that shows them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.api.shapes import OrderOut
from generation.states import BatchState


class BatchOut(serializers.Serializer[Any]):
    """Calls that lie, or lay, at a provider as one batch."""

    batch_id = serializers.CharField(help_text="The provider's own name of it; empty until it has answered")
    state = serializers.ChoiceField(choices=BatchState.choices)
    requests = serializers.IntegerField()
    done = serializers.IntegerField()
    possible_cost_usd = serializers.DecimalField(max_digits=12, decimal_places=6, help_text="What it may still cost")
    note = serializers.CharField()
    prepared_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class OrderDetailOut(OrderOut):
    """An order with its batches."""

    batches = BatchOut(many=True, source="batches.all")
