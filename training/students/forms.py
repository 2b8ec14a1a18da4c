"""The form that registers a student."""

from __future__ import annotations

from django import forms

from training.states import StudentSource


class StudentForm(forms.Form):
    """A base model to register: a folder, or a hub id with its commit."""

    source = forms.ChoiceField(
        label="Where from",
        choices=[(s.value, s.label) for s in (StudentSource.FOLDER, StudentSource.HUB)],
        initial=StudentSource.FOLDER,
    )
    path = forms.CharField(label="Folder", required=False, max_length=500)
    hub_id = forms.CharField(
        label="Hub id", required=False, max_length=200, help_text="Owner and name, such as Qwen/Qwen3-0.6B."
    )
    revision = forms.CharField(
        label="Commit",
        required=False,
        max_length=64,
        help_text="40 hex digits, from the model's page under Files and versions, History.",
    )
    name = forms.CharField(
        label="Name", required=False, max_length=120, help_text="Empty: the folder's or the model's own."
    )
    licence = forms.CharField(label="Licence", required=False, max_length=120, help_text="As its model card names it.")
    thinks = forms.BooleanField(
        label="Let it think before it answers",
        required=False,
        help_text="For students that can, such as Qwen3. Thinking is never shown; off, it costs no tokens.",
    )
