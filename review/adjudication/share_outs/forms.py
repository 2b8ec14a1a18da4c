"""The form of a share-out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from members.models import Member
from review.adjudication.share_outs.plan import AT_MOST
from web.http.form_choices import set_choices


class ShareOutForm(forms.Form):
    count = forms.IntegerField(label="Cards", min_value=1, max_value=AT_MOST)
    members = forms.MultipleChoiceField(label="Among these reviewers", widget=forms.CheckboxSelectMultiple)
    until = forms.DateField(
        label="Until the end of",
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text="UTC. What is not judged by then waits for everybody again.",
    )

    def __init__(
        self, data: Mapping[str, Any] | None = None, *, reviewers: Sequence[Member], initial: dict[str, Any]
    ) -> None:
        super().__init__(data, initial=initial)
        set_choices(self, "members", [(member.username, member.name) for member in reviewers])
