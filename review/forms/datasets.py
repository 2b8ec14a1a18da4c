"""Forms of the dataset pages."""

from __future__ import annotations

from typing import Any

from django import forms

from review.selectors import datasets as selectors

VERDICTS = [("accept", "Accepted as written"), ("edit", "Edited"), ("reject", "Rejected (in raw only)")]
MANY = ("task_versions", "teachers", "origins", "reviewers")


class DatasetForm(forms.Form):
    name = forms.CharField(max_length=120, label="Name", help_text="Such as: Outreach gold.")


class FilterForm(forms.Form):
    """Which golds a version takes. Boxes left empty mean all."""

    verdicts = forms.MultipleChoiceField(choices=VERDICTS, widget=forms.CheckboxSelectMultiple, label="Verdicts")
    task_versions = forms.MultipleChoiceField(
        required=False, widget=forms.CheckboxSelectMultiple, label="Task versions"
    )
    teachers = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Teachers")
    origins = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Origins")
    reviewers = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple, label="Reviewers")
    without_marks = forms.BooleanField(required=False, label="Only drafts in which no check marked anything")
    note = forms.CharField(required=False, max_length=200, label="Note", help_text="What is new in this version.")

    def __init__(self, data: Any = None, *, dataset: Any) -> None:
        super().__init__(data, initial=dataset.filters)
        for name, values in selectors.choices_for_filters(dataset.task).items():
            field = self.fields[name]
            assert isinstance(field, forms.MultipleChoiceField)
            field.choices = [(str(value), f"v{value}" if name == "task_versions" else value) for value in values]

    def filters(self) -> dict[str, Any]:
        """The selection as the API would send it."""
        chosen = {name: self.cleaned_data[name] for name in ("verdicts", *MANY, "without_marks")}
        return {**chosen, "task_versions": [int(number) for number in chosen["task_versions"]]}
