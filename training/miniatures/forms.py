"""The form of a record that a miniature writes for."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from django import forms

from review.spec.task_spec import TaskSpec


class RecordForm(forms.Form):
    """A prospect typed in on the spot: one field for each fact of the task's input.

    Args:
        own: Facts to write anew, each in a text area. The others keep their initial values, hidden; with none named,
            all are shown.
    """

    def __init__(
        self, spec: TaskSpec, data: Mapping[str, Any] | None = None, *, own: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        for field in spec.input_schema:
            kind = "; several by semicolon" if field.type == "list" else ""
            attrs = {"autocomplete": "off", **({"required": True} if field.required else {})}
            text = forms.Textarea({**attrs, "rows": 1}) if own else forms.TextInput(attrs)
            # Types are checked by the service, which says the same to programs.
            self.fields[field.name] = forms.CharField(
                label=field.name.replace("_", " ").capitalize(),
                required=False,
                help_text=f"{field.description}{kind}",
                widget=forms.HiddenInput() if own and field.name not in own else text,
            )
            self.fields[field.name].required = field.required

    def record(self) -> dict[str, str]:
        return {name: text for name in self.fields if (text := str(self.data.get(name, "")).strip())}
