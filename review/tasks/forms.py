"""The form that makes a task: from which starter, under which name and address."""

from __future__ import annotations

from django import forms

from review.spec.starters import STARTERS
from review.tasks.authoring import NAME_CHARS, SLUG_CHARS


class NewTaskForm(forms.Form):
    starter = forms.ChoiceField(
        choices=[(slug, starter.name) for slug, starter in STARTERS.items()],
        widget=forms.RadioSelect,
        label="Start from",
    )
    name = forms.CharField(
        max_length=NAME_CHARS, label="Name", help_text="What people call it, such as “Outreach e-mail”."
    )
    slug = forms.CharField(
        max_length=SLUG_CHARS,
        label="Address",
        required=False,
        help_text="Small letters, digits and hyphens; made from the name if left empty. It cannot be changed later.",
    )
