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
            all are shown, and only values stand in lines, which lose the line breaks of a text.
    """

    def __init__(
        self, spec: TaskSpec, data: Mapping[str, Any] | None = None, *, own: Collection[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(data, **kwargs)
        for field in spec.input_schema:
            kind = "; several by semicolon" if field.type == "list" else ""
            attrs = {"autocomplete": "off", **({"required": True} if field.required else {})}
            is_line = field.value_type.is_value and not own
            text = forms.TextInput(attrs) if is_line else forms.Textarea({**attrs, "rows": 1})
            # Types are checked by the service, which says the same to programs.
            self.fields[field.name] = forms.CharField(
                label=field.name.replace("_", " ").capitalize(),
                required=False,
                help_text=f"{field.description}{kind}",
                widget=forms.HiddenInput() if own and field.name not in own else text,
            )
            self.fields[field.name].required = field.required

    def record(self) -> dict[str, str]:
        texts = {name: str(self.data.get(self.add_prefix(name), "")) for name in self.fields}
        return {name: text for name, text in texts.items() if text.strip()}
