"""Shapes of prices as they are written, of a price map, and of what a change moves."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.states import Provider
from generation.teachers.serializers import PriceLineOut
from web.http.lists import ListQuery

USD: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}


class PriceQuery(ListQuery):
    provider = serializers.ChoiceField(choices=Provider.choices, required=False)
    model = serializers.CharField(required=False)
    every_row = serializers.BooleanField(
        required=False, help_text="Also rows of the past and to come; by default those that count today"
    )


def _per_million(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=10, decimal_places=4, min_value=0, **more)


class PriceIn(serializers.Serializer[Any]):
    """A price from a day on. It is written with `confirm`, or at once where nothing moves with it."""

    provider = serializers.ChoiceField(choices=Provider.choices)
    model = serializers.CharField(max_length=120)
    input_usd_per_million = _per_million()
    output_usd_per_million = _per_million()
    cached_input_usd_per_million = _per_million(required=False, allow_null=True)
    cache_write_usd_per_million = _per_million(required=False, allow_null=True)
    batch_factor = serializers.DecimalField(
        max_digits=4, decimal_places=3, min_value=0, max_value=1, required=False, allow_null=True
    )
    as_of = serializers.DateField(required=False, help_text="When it was read at its source; today by default")
    from_date = serializers.DateField(required=False, allow_null=True, help_text="Today by default, and no day before")
    shutdown_date = serializers.DateField(required=False, allow_null=True)
    source_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)
    confirm = serializers.BooleanField(default=False, help_text="Write it though orders, budgets or break-evens move")


class PriceMapIn(serializers.Serializer[Any]):
    """A price map, as LiteLLM publishes one. Without `confirm` nothing is written."""

    map = serializers.DictField(help_text="Models by name, each with input_cost_per_token and output_cost_per_token")
    from_date = serializers.DateField(required=False, allow_null=True)
    skip_refused = serializers.BooleanField(default=False, help_text="Write the others where rows cannot be taken")
    confirm = serializers.BooleanField(default=False)


class PriceFigureOut(serializers.Serializer[Any]):
    input_usd_per_million = serializers.DecimalField(max_digits=10, decimal_places=4)
    output_usd_per_million = serializers.DecimalField(max_digits=10, decimal_places=4)


class PriceChangeOut(serializers.Serializer[Any]):
    provider = serializers.CharField()
    model = serializers.CharField()
    old = PriceFigureOut(allow_null=True)
    new = PriceFigureOut()


class OrderEffectOut(serializers.Serializer[Any]):
    order = serializers.UUIDField(source="order.pk")
    url = serializers.CharField()
    calls_left = serializers.IntegerField()
    old_usd = serializers.DecimalField(**USD, help_text="What is left of it, as it was launched and is booked")
    new_usd = serializers.DecimalField(**USD, help_text="The same at the new price")
    passes_its_budget = serializers.BooleanField()


class BudgetEffectOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    url = serializers.CharField()
    old_left_usd = serializers.DecimalField(**USD)
    new_left_usd = serializers.DecimalField(**USD)


class BreakEvenEffectOut(serializers.Serializer[Any]):
    label: Any = serializers.CharField()  # the base class has an attribute of this name
    url = serializers.CharField()
    old = serializers.IntegerField(allow_null=True, help_text="Outputs a month; null: never, or not known")
    new = serializers.IntegerField(allow_null=True)


class PriceEffectsOut(serializers.Serializer[Any]):
    changes = PriceChangeOut(many=True)
    orders = OrderEffectOut(many=True)
    budgets = BudgetEffectOut(many=True)
    break_evens = BreakEvenEffectOut(many=True)


class PriceOutcomeOut(serializers.Serializer[Any]):
    is_saved = serializers.BooleanField()
    effects = PriceEffectsOut()
    saved = PriceLineOut(many=True)


class RefusedRowOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    reason = serializers.CharField()
    is_foreign = serializers.BooleanField(help_text="Of another provider or kind: no mistake")


class PriceImportOut(PriceOutcomeOut):
    unchanged = serializers.ListField(child=serializers.CharField())
    refused = RefusedRowOut(many=True)
