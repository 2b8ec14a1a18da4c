"""The form of a record that a miniature writes for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms

from review.spec.task_spec import TaskSpec


class RecordForm(forms.Form):
    """A prospect typed in on the spot: one field for each fact of the task's input."""

    def __init__(self, spec: TaskSpec, data: Mapping[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for field in spec.input_schema:
            kind = "; several by semicolon" if field.type == "list" else ""
            # Types are checked by the service, which says the same to programs.
            self.fields[field.name] = forms.CharField(
                label=field.name.replace("_", " ").capitalize(),
                required=False,
                help_text=f"{field.description}{kind}",
                widget=forms.TextInput(attrs={"autocomplete": "off", **({"required": True} if field.required else {})}),
            )
            self.fields[field.name].required = field.required

    def record(self) -> dict[str, str]:
        return {name: text for name in self.fields if (text := str(self.data.get(name, "")).strip())}
