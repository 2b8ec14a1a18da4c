"""The form of a recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from members.models import Member
from review.models import Task

_DATE = {"type": "date"}


class RecallForm(forms.Form):
    """Which drafts, and why. What is left empty does not narrow."""

    teacher = forms.ChoiceField(required=False, label="Written by the teacher")
    reviewer = forms.ChoiceField(required=False, label="Judged by the reviewer")
    since = forms.DateField(
        required=False,
        label="From",
        widget=forms.DateInput(attrs=_DATE),
        help_text="The day of the verdict where a reviewer is chosen, else of the writing (UTC).",
    )
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs=_DATE))
    order = forms.UUIDField(
        required=False, label="Written by the order", help_text="Its id; an order's own page leads here with it."
    )
    rule = forms.UUIDField(
        required=False,
        label="Accepted by a judge under the rule",
        help_text="Its id; the page of acceptance without a person leads here with it.",
    )
    reason = forms.CharField(
        required=False, max_length=500, label="Why", help_text="Shown wherever one of the drafts was used."
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, task: Task, teachers: Sequence[str]) -> None:
        super().__init__(data)
        reviewers = Member.objects.filter(decisions__task=task).order_by("username").distinct()
        names = [(member.username, member.name) for member in reviewers]
        self._offer("teacher", [(name, name) for name in teachers])
        self._offer("reviewer", names)

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "any"), *choices]
