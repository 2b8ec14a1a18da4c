"""Forms of money: a price, a price map, a budget."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone

from generation.money import prices
from generation.states import BudgetScope, Provider
from web.http.form_choices import set_choices

if TYPE_CHECKING:
    from generation.models import PriceEntry

LARGEST_MAP = 16 * 1024 * 1024


def _price_field(label: str, *, if_empty: str = "") -> forms.DecimalField:
    return forms.DecimalField(
        label=label,
        min_value=0,
        max_digits=10,
        decimal_places=4,
        required=not if_empty,
        help_text=if_empty,
    )


def order_budget_field(*, help_text: str = "The job stops before it would cost more.") -> forms.DecimalField:
    """Return the field for the most that an order may cost."""
    return forms.DecimalField(
        label="Budget, US dollars",
        min_value=0,
        max_digits=12,
        decimal_places=6,
        required=False,
        help_text=help_text,
    )


def _day(label: str, *, help_text: str, initial: object = None) -> forms.DateField:
    return forms.DateField(
        label=label,
        required=False,
        initial=initial,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=help_text,
    )


class PriceForm(forms.Form):
    provider = forms.ChoiceField(
        label="Provider", choices=[choice for choice in Provider.choices if choice[0] != Provider.OFFLINE]
    )
    model = forms.CharField(label="Model", max_length=120)
    from_date = _day(
        "Counts from", initial=timezone.localdate, help_text="Empty: from today. Past costs do not change."
    )
    input_usd_per_million = _price_field("Input, $ per million tokens")
    output_usd_per_million = _price_field("Output, $ per million tokens")
    cached_input_usd_per_million = _price_field(
        "Cached input (read), $ per million", if_empty="Empty: unknown, priced as plain input."
    )
    cache_write_usd_per_million = _price_field(
        "Cached input (write), $ per million",
        if_empty="Empty: 1.25 times the input at Anthropic and from GPT-5.6 on, else as plain input.",
    )
    batch_factor = forms.DecimalField(
        label="Batch calls, share of the price",
        min_value=0,
        max_value=1,
        max_digits=4,
        decimal_places=3,
        required=False,
        help_text="Empty: half at OpenAI and Anthropic, the whole price elsewhere.",
    )
    as_of = forms.DateField(
        label="Entered on",
        initial=timezone.localdate,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
    )
    shutdown_date = _day("Shut down on", help_text="When the provider ends the model. Warned of 90 days before.")
    source_url = forms.URLField(
        label="Source",
        required=False,
        max_length=300,
        assume_scheme="https",
        help_text="The page you took the price from.",
    )
    note = forms.CharField(
        label="Note", required=False, max_length=200, help_text="What kind of source it is, and what it leaves out."
    )

    def new_price(self) -> PriceEntry:
        return prices.new_price(**self.cleaned_data)


def price_initial(entry: PriceEntry) -> dict[str, Any]:
    """Return a price as the form shows it, to be entered again today."""
    names = [name for name in PriceForm.base_fields if name not in ("as_of", "from_date")]
    return {name: getattr(entry, name) for name in names}


class PriceMapForm(forms.Form):
    """A price map as a file, or as the page before handed it on."""

    file = forms.FileField(
        label="Price map",
        required=False,
        help_text="JSON: models by name with input_cost_per_token and output_cost_per_token, as LiteLLM publishes one.",
    )
    map = forms.CharField(required=False, widget=forms.HiddenInput, strip=False)
    from_date = _day("Counts from", initial=timezone.localdate, help_text="Empty: from today.")
    skip_refused = forms.BooleanField(label="Leave out rows that cannot be imported", required=False)

    def clean(self) -> dict[str, Any]:
        values = super().clean() or {}
        file = values.get("file")
        if file is None and not values.get("map"):
            self.add_error("file", "Choose a file.")
        elif file is not None and file.size > LARGEST_MAP:
            self.add_error("file", "A price map has at most 16 MiB.")
        return values

    def content(self) -> str | bytes:
        file = self.cleaned_data.get("file")
        content: str | bytes = file.read() if file is not None else self.cleaned_data["map"]
        return content

    def day(self) -> date | None:
        day: date | None = self.cleaned_data.get("from_date")
        return day


class BudgetForm(forms.Form):
    scope = forms.ChoiceField(label="Covers", choices=BudgetScope.choices)
    limit_usd = forms.DecimalField(
        label="Limit, US dollars",
        min_value=0.01,
        max_digits=12,
        decimal_places=2,
        help_text="Orders that could exceed it are refused. A warning is sent at 80 %.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, is_of_task: bool) -> None:
        super().__init__(data)
        of_installation = {BudgetScope.INSTALLATION_MONTH.value}
        set_choices(
            self,
            "scope",
            [choice for choice in BudgetScope.choices if (choice[0] not in of_installation) == is_of_task],
        )
