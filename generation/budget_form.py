"""The form of a budget. It reads input; the service decides."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from generation.states import BudgetScope


class BudgetForm(forms.Form):
    """How much, and what it covers."""

    scope = forms.ChoiceField(label="Covers", choices=BudgetScope.choices)
    limit_usd = forms.DecimalField(
        label="Limit, US dollars",
        min_value=0.01,
        max_digits=12,
        decimal_places=2,
        help_text="Orders are refused that could pass it. A warning comes at 80 %.",
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, is_of_task: bool) -> None:
        super().__init__(data)
        of_installation = {BudgetScope.INSTALLATION_MONTH.value}
        self.fields["scope"].choices = [  # type: ignore[attr-defined]
            choice for choice in BudgetScope.choices if (choice[0] not in of_installation) == is_of_task
        ]
