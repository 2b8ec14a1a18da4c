"""Shapes of prices as they are written, and of a price map."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.states import Provider
from generation.teachers.serializers import PriceLineOut
from web.http.lists import ListQuery


class PriceQuery(ListQuery):
    provider = serializers.ChoiceField(choices=Provider.choices, required=False)
    model = serializers.CharField(required=False)
    every_row = serializers.BooleanField(
        required=False, help_text="Also rows of the past and to come; by default those that count today"
    )


def _per_million(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=10, decimal_places=4, min_value=0, **more)


class PriceIn(serializers.Serializer[Any]):
    """A price from a day on."""

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
    provider = serializers.CharField(source="new.provider")
    model = serializers.CharField(source="new.model")
    old = PriceFigureOut(allow_null=True)
    new = PriceFigureOut()


class RefusedRowOut(serializers.Serializer[Any]):
    name = serializers.CharField()
    reason = serializers.CharField()
    is_foreign = serializers.BooleanField(help_text="Of another provider or kind: no mistake")


class PriceImportOut(serializers.Serializer[Any]):
    is_saved = serializers.BooleanField()
    changes = PriceChangeOut(many=True)
    saved = PriceLineOut(many=True)
    unchanged = serializers.ListField(child=serializers.CharField())
    refused = RefusedRowOut(many=True)
