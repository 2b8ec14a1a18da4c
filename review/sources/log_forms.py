"""Forms of a task that is made from a log: the files, and what the task and its inputs are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from django import forms

from review.sources.imports.logs.proposal import Proposal
from review.sources.imports.logs.slot_names import field_name
from review.spec.task_spec import TaskSpec
from review.tasks import authoring
from web.errors import Refusal

SLOT = "slot."


class _Files(forms.ClearableFileInput):
    allow_multiple_selected = True


class _FilesField(forms.FileField):
    def clean(self, data: object, initial: object = None) -> list[Any]:
        files = data if isinstance(data, (list, tuple)) else [data]
        return [super(_FilesField, self).clean(file, initial) for file in files or [None]]


class LogFilesForm(forms.Form):
    file = _FilesField(
        label="Log",
        widget=_Files(attrs={"multiple": True}),
        help_text="JSONL or a JSON array, at most 64 MiB. Of a batch choose both files, requests and results.",
        allow_empty_file=True,
    )


class LogTaskForm(forms.Form):
    proposal = forms.TypedChoiceField(coerce=int, widget=forms.RadioSelect)
    name = forms.CharField(max_length=authoring.NAME_CHARS, label="Name", help_text="The task's name for people.")
    slug = forms.CharField(
        max_length=authoring.SLUG_CHARS,
        label="Address",
        required=False,
        help_text="Made from the name when left empty.",
    )

    def __init__(self, *args: Any, count: int, **more: Any) -> None:
        super().__init__(*args, **more)
        choices = self.fields["proposal"]
        assert isinstance(choices, forms.TypedChoiceField)
        choices.choices = [(str(index), f"Template {index + 1}") for index in range(count)]


def chunks_of(files: list[Any]) -> Iterator[bytes]:
    """The bytes of files one behind the other, each beginning on a line of its own."""
    for place, file in enumerate(files):
        if place:
            yield b"\n"
        yield from file.chunks()


def renamed(proposal: Proposal, data: Mapping[str, str], index: int) -> TaskSpec:
    """The proposed version with its inputs called as the form says.

    Raises:
        Refusal: `invalid`, two inputs would have one name, or a name has no letter.
    """
    names: dict[str, str] = {}
    errors: dict[str, list[str]] = {}
    for field in proposal.spec.input_schema:
        typed_name = data.get(f"{SLOT}{index}.{field.name}", field.name)
        name = field_name(typed_name)
        if not name:
            errors[field.name] = [f"'{typed_name}' is not a valid name: begin with a letter."]
        elif name in names.values():
            errors[field.name] = [f"Two inputs would be called '{name}'."]
        names[field.name] = name
    if errors:
        raise Refusal(
            "invalid", "The names of the inputs have mistakes.", hint="Use letters, digits and _.", errors=errors
        )

    def called(template: str) -> str:
        return re.sub(r"\{\{fact\.(\w+)\}\}", lambda match: f"{{{{fact.{names[match[1]]}}}}}", template)

    body = proposal.spec.canonical()
    body["input_schema"] = [{**field, "name": names[field["name"]]} for field in body["input_schema"]]
    body["teacher_template"] = called(body["teacher_template"])
    body["student_template"] = called(body["student_template"])
    return authoring.parse_spec(body)
