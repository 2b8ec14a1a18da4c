"""Forms of the webhook pages."""

from __future__ import annotations

from typing import Any

from django import forms

from webhooks.states import EVENTS

ALL_TASKS = ("", "All tasks")


class HookForm(forms.Form):
    name = forms.CharField(label="What it is for", max_length=80, help_text="Such as: start nightly training.")
    url = forms.CharField(
        label="Address",
        max_length=500,
        help_text="Called by POST. Addresses in private networks must stand in ALLOWED_PRIVATE_HOSTS.",
    )
    events = forms.MultipleChoiceField(
        label="Tell it when", choices=tuple(EVENTS.items()), widget=forms.CheckboxSelectMultiple
    )


class NewHookForm(HookForm):
    field_order = ("name", "url", "task", "events")

    task = forms.ChoiceField(label="Of", required=False)

    def __init__(self, *args: Any, tasks: list[tuple[str, str]], may_all: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].choices = [*([ALL_TASKS] if may_all else []), *tasks]  # type: ignore[attr-defined]


class ReplayForm(forms.Form):
    since = forms.DateTimeField(
        label="From", widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M")
    )
    until = forms.DateTimeField(
        label="To",
        required=False,
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Empty: until now.",
    )
