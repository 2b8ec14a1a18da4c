"""The form of a recall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef

from members.models import Member
from review.models import Decision, Task
from web import zones

_DATE = {"type": "date"}


class RecallForm(forms.Form):
    teacher = forms.ChoiceField(required=False, label="Written by the teacher")
    reviewer = forms.ChoiceField(required=False, label="Judged by the reviewer")
    since = forms.DateField(
        required=False,
        label="From",
        widget=forms.DateInput(attrs=_DATE),
        help_text="The day of the verdict where a reviewer is chosen, else of the writing.",
    )
    until = forms.DateField(required=False, label="To", widget=forms.DateInput(attrs=_DATE))
    zone = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)
    order = forms.UUIDField(
        required=False, label="Written by the order", help_text="The order's id; the order's page fills it in."
    )
    rule = forms.UUIDField(
        required=False,
        label="Accepted by a judge under the rule",
        help_text="The rule's id; the page of acceptance without a person fills it in.",
    )
    reason = forms.CharField(
        required=False, max_length=500, label="Why", help_text="Shown wherever one of the drafts was used."
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, task: Task, teachers: Sequence[str], zone: str = zones.UTC_NAME
    ) -> None:
        super().__init__(data, initial={"zone": zone})
        # Asked of each member, by an index: a task may have a million decisions.
        judged = Decision.objects.filter(reviewer=OuterRef("pk"), task=task)
        reviewers = Member.objects.filter(Exists(judged)).order_by("username")
        names = [(member.username, member.name) for member in reviewers]
        self._offer("teacher", [(name, name) for name in teachers])
        self._offer("reviewer", names)

    @property
    def zone_shown(self) -> str:
        """The time zone in which its days are meant."""
        return self["zone"].value() or zones.UTC_NAME

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "any"), *choices]
