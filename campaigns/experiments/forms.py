"""The form that registers an experiment. Shares are typed in per cent; it reads input, services decide."""

from __future__ import annotations

from typing import Any

from django import forms

from campaigns.experiments.design import HYPOTHESIS_CHARS, MOST_HORIZON_DAYS, ExperimentRequest
from campaigns.states import Claim, Metric

PERCENT = 100
# Fields that are typed in per cent and registered as shares.
SHARES = ("margin", "baseline", "alpha", "power")


class ExperimentForm(forms.Form):
    """Claim to be shown, and its certainty."""

    hypothesis = forms.CharField(
        label="Hypothesis",
        max_length=HYPOTHESIS_CHARS,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="In a sentence: what you expect, and compared with what.",
    )
    claim = forms.ChoiceField(label="Claim", choices=Claim.choices, initial=Claim.NOT_WORSE, widget=forms.RadioSelect)
    metric = forms.ChoiceField(
        label="Counts, per contact",
        choices=Metric.choices,
        initial=Metric.REPLY,
        help_text="Once per assigned contact, whatever happened to its mails.",
    )
    margin = forms.FloatField(
        label="Margin or effect, points",
        initial=1,
        min_value=0,
        help_text="How much worse is acceptable; or the least gain worth finding.",
    )
    baseline = forms.FloatField(
        label="Expected of the control, per cent",
        initial=5,
        min_value=0,
        max_value=100,
        help_text="From an earlier campaign, or a guess.",
    )
    horizon_days = forms.IntegerField(
        label="Follow-up period, days",
        initial=14,
        min_value=1,
        max_value=MOST_HORIZON_DAYS,
        help_text="Outcomes count for so many days after a contact's first mail.",
    )
    alpha = forms.FloatField(
        label="Error rate, per cent", initial=5, help_text="Two-sided; a margin is tested at half of it."
    )
    power = forms.FloatField(label="Power, per cent", initial=80, help_text="The chance to find a real effect.")
    icc = forms.FloatField(
        label="Correlation within a company",
        initial=0.05,
        help_text="0: colleagues answer independently; 1: all alike. 0.05 is a usual guess.",
    )

    def wishes(self) -> ExperimentRequest:
        cleaned = self.cleaned_data
        return ExperimentRequest(
            hypothesis=cleaned["hypothesis"].strip(),
            claim=Claim(cleaned["claim"]),
            metric=Metric(cleaned["metric"]),
            icc=cleaned["icc"],
            horizon_days=cleaned["horizon_days"],
            **{name: round(cleaned[name] / PERCENT, 10) for name in SHARES},
        )


class GpuPriceForm(forms.Form):
    person = forms.FloatField(label="People, $ an hour", min_value=0, max_value=10_000, required=False)
    gpu = forms.FloatField(label="GPU, $ an hour", min_value=0.0001, max_value=10_000, required=False)


def initial_of(request: ExperimentRequest) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "hypothesis": request.hypothesis,
        "claim": request.claim,
        "metric": request.metric,
        "icc": request.icc,
        "horizon_days": request.horizon_days,
    }
    return shown | {name: round(getattr(request, name) * PERCENT, 8) for name in SHARES}
