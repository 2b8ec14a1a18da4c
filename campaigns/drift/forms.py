"""The form of a study of drift. Shares are typed in per cent; it reads input, the service decides."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.utils import timezone

from campaigns.drift import series
from campaigns.drift.register import (
    LEAST_ALPHA,
    MOST_ALPHA,
    MOST_HORIZON_DAYS,
    MOST_POINTS,
    QUESTION_CHARS,
    RATES,
    DriftRequest,
)
from campaigns.states import DriftSeries, Metric
from stats.drift import FEWEST_POINTS

PERCENT = 100


def next_month() -> date:
    """The first day of the month after this one: nothing of it has been seen."""
    return series.month_after(timezone.now().date(), 1)


class DriftForm(forms.Form):
    """What is watched, for how long, and what one plans with."""

    metric = forms.ChoiceField(label="Counts, per contact", choices=[(each, each.label) for each in RATES])
    series = forms.ChoiceField(label="Looked at by", choices=DriftSeries.choices)
    first_day = forms.DateField(
        label="Begins on",
        initial=next_month,
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="For months, the first day of one. If it is not in the future, the verdict is exploratory.",
    )
    points = forms.IntegerField(
        label="How many",
        initial=6,
        min_value=FEWEST_POINTS,
        max_value=MOST_POINTS,
        help_text="Months or rounds; then it ends.",
    )
    horizon_days = forms.IntegerField(
        label="Follow-up period, days",
        initial=14,
        min_value=1,
        max_value=MOST_HORIZON_DAYS,
        help_text="Outcomes count for so many days after a contact's first mail.",
    )
    alpha = forms.FloatField(
        label="Error rate, per cent",
        initial=5,
        min_value=PERCENT * LEAST_ALPHA,
        max_value=PERCENT * MOST_ALPHA,
        help_text="The chance, over all looks, of reporting a change that is not there.",
    )
    mails = forms.IntegerField(
        label="First mails in each",
        required=False,
        min_value=1,
        max_value=100_000_000,
        help_text="For planning. If empty, as in the past year.",
    )
    share = forms.FloatField(
        label="Expected share, per cent",
        required=False,
        min_value=0,
        max_value=PERCENT,
        help_text="For planning. If empty, as in the past year.",
    )
    is_simulated = forms.BooleanField(label="Count mails to simulated inboxes instead of real ones", required=False)
    question = forms.CharField(label="Question", required=False, max_length=QUESTION_CHARS)

    def asked(self) -> DriftRequest:
        """What is to be studied; only of a valid form."""
        given: dict[str, Any] = self.cleaned_data
        share = given["share"]
        return DriftRequest(
            **{
                **given,
                "metric": Metric(given["metric"]),
                "series": DriftSeries(given["series"]),
                "alpha": round(given["alpha"] / PERCENT, 10),
                "share": None if share is None else round(share / PERCENT, 10),
            }
        )
