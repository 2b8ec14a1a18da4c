"""Shapes of money: prices and price maps, the ledger, budgets."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from generation.money.ledger import GROUPINGS
from generation.states import BudgetScope, Provider
from web.http.lists import ListQuery, one_of

USD: dict[str, Any] = {"max_digits": 20, "decimal_places": 6}
_KEPT = "Absent: as in the price that counts on that day"


def order_budget_field(**options: Any) -> serializers.DecimalField:
    """Return the field for the most that an order may cost; null where it may be left out."""
    return serializers.DecimalField(
        max_digits=12, decimal_places=6, min_value=0, required=False, allow_null=True, **options
    )


def _per_million(**more: Any) -> serializers.DecimalField:
    return serializers.DecimalField(max_digits=10, decimal_places=4, **more)


def _cache_write(**more: Any) -> serializers.DecimalField:
    return _per_million(allow_null=True, help_text="Null: priced as plain input", **more)


def _batch_factor(**more: Any) -> serializers.DecimalField:
    help_text = "A call in a batch, as a share of the same call live"
    return serializers.DecimalField(max_digits=4, decimal_places=3, allow_null=True, help_text=help_text, **more)


class PriceFigureOut(serializers.Serializer[Any]):
    input_usd_per_million = _per_million()
    output_usd_per_million = _per_million()


class PriceOut(PriceFigureOut):
    cached_input_usd_per_million = _per_million(allow_null=True, help_text="Null: not known, priced as plain input")
    cache_write_usd_per_million = _cache_write(source="cache_write_price")
    batch_factor = _batch_factor(source="batch_share")
    as_of = serializers.DateField(allow_null=True)
    shutdown_date = serializers.DateField(
        allow_null=True, help_text="When the provider ends the model; null: not announced"
    )
    source_url = serializers.CharField()
    note = serializers.CharField()


class PriceLineOut(PriceOut):
    id = serializers.IntegerField(source="pk")
    provider = serializers.CharField()
    model = serializers.CharField()
    from_date = serializers.DateField(help_text="The first day on which it counts")
    cache_write_usd_per_million = _cache_write()
    batch_factor = _batch_factor()


class PriceQuery(ListQuery):
    provider = serializers.ChoiceField(choices=Provider.choices, required=False)
    model = serializers.CharField(required=False)
    every_row = serializers.BooleanField(
        required=False, help_text="Also rows of the past and to come; by default those that count today"
    )


class PriceIn(serializers.Serializer[Any]):
    """A price from a day on."""

    provider = serializers.ChoiceField(choices=Provider.choices)
    model = serializers.CharField(max_length=120)
    input_usd_per_million = _per_million(min_value=0)
    output_usd_per_million = _per_million(min_value=0)
    cached_input_usd_per_million = _per_million(min_value=0, required=False, allow_null=True)
    cache_write_usd_per_million = _per_million(min_value=0, required=False, allow_null=True)
    batch_factor = serializers.DecimalField(
        max_digits=4,
        decimal_places=3,
        min_value=0,
        max_value=1,
        required=False,
        allow_null=True,
        help_text=f"Null: as the provider does by default. {_KEPT}",
    )
    as_of = serializers.DateField(required=False, help_text="When it was read at its source; today by default")
    from_date = serializers.DateField(required=False, allow_null=True, help_text="Today by default, and no day before")
    shutdown_date = serializers.DateField(required=False, allow_null=True, help_text=_KEPT)
    source_url = serializers.CharField(max_length=300, required=False, allow_blank=True)
    note = serializers.CharField(max_length=200, required=False, allow_blank=True)


class PriceMapIn(serializers.Serializer[Any]):
    """A price map, as LiteLLM publishes one. Without `confirm` nothing is written."""

    map = serializers.DictField(help_text="Models by name, each with input_cost_per_token and output_cost_per_token")
    from_date = serializers.DateField(required=False, allow_null=True)
    skip_refused = serializers.BooleanField(default=False, help_text="Write the others where rows cannot be taken")
    confirm = serializers.BooleanField(default=False)


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
    unchanged = serializers.ListField(child=serializers.CharField(), source="read.unchanged")
    refused = RefusedRowOut(many=True, source="read.refused")


class AmountsOut(serializers.Serializer[Any]):
    """Sums over calls; US dollars, exact to the millionth."""

    calls = serializers.IntegerField()
    input_tokens = serializers.IntegerField()
    cached_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.DecimalField(**USD)
    possible_usd = serializers.DecimalField(
        **USD,
        help_text="Possible cost of calls with an unknown outcome, in addition to cost_usd.",
    )


class LedgerLineOut(serializers.Serializer[Any]):
    key = serializers.CharField()
    name = serializers.CharField(source="label")
    url = serializers.CharField()
    amounts = AmountsOut()


class LedgerOut(serializers.Serializer[Any]):
    by = serializers.CharField()
    month = serializers.CharField()
    total = AmountsOut()
    next = serializers.CharField(allow_null=True, help_text="Value of `after` for the next page; null at the end.")
    results = LedgerLineOut(many=True)


class LedgerPartQuery(ListQuery):
    month = serializers.CharField(required=False, help_text="YYYY-MM, or all; by default the month that lasts.")
    task = serializers.CharField(required=False, help_text="Only of this task.")


class LedgerQuery(LedgerPartQuery):
    by = one_of(GROUPINGS)
    after = serializers.CharField(required=False, help_text="`next` of the page before.")


class LedgerCsvQuery(LedgerPartQuery):
    by = one_of([*GROUPINGS, "call"])


class BudgetOut(serializers.Serializer[Any]):
    """A budget and where it stands."""

    id = serializers.UUIDField(source="budget.pk")
    scope = serializers.ChoiceField(choices=BudgetScope.choices, source="budget.scope")
    task = serializers.CharField(source="budget.task.slug", default=None, allow_null=True)
    limit_usd = serializers.DecimalField(max_digits=12, decimal_places=2, source="budget.limit_usd")
    period = serializers.CharField(help_text="The month as YYYY-MM, or all.")
    spent_usd = serializers.DecimalField(
        **USD,
        help_text="What calls have cost, or may have cost.",
    )
    held_usd = serializers.DecimalField(
        **USD,
        help_text="What orders that have not ended may still spend.",
    )
    left_usd = serializers.DecimalField(**USD)
    warned_at = serializers.DateTimeField(source="budget.warned_at", allow_null=True)


class BudgetIn(serializers.Serializer[Any]):
    scope = serializers.ChoiceField(choices=BudgetScope.choices)
    task = serializers.CharField(required=False, help_text="None for the installation's.")
    limit_usd = serializers.DecimalField(max_digits=12, decimal_places=2)


class BudgetsOut(serializers.Serializer[Any]):
    results = BudgetOut(many=True)
