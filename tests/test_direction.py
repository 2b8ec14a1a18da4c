"""Fields that people write in, as templates and scripts make them, take the direction of what is written."""

from __future__ import annotations

import re
from pathlib import Path

from django import forms

ROOT = Path(__file__).parent.parent
_TAG = re.compile(r"<(textarea|input)\b([^<>]*(?:\{\{[^}]*\}\}[^<>]*)*)>")
_TYPE = re.compile(r'\btype="([^"]*)"')
# What scripts make of texts that people wrote, by its class.
_SHOWN = re.compile(r'\{ className: "(comment-text|text-block|code|draft[^"]*)"[^}]*\}')


def test_each_field_of_a_template_has_a_direction_of_its_own() -> None:
    faults = []
    for path in (ROOT / "templates").rglob("*.html"):
        for tag, attributes in _TAG.findall(path.read_text(encoding="utf-8")):
            kind = _TYPE.search(attributes)
            is_written_in = tag == "textarea" or kind is None or kind.group(1) in ("text", "search")
            if is_written_in and 'dir="auto"' not in attributes:
                faults.append(f"{path.name}: <{tag}{attributes}>")
    assert faults == []


def test_each_text_that_a_script_draws_has_a_direction_of_its_own() -> None:
    made = [found for path in (ROOT / "static/js").rglob("*.js") for found in _SHOWN.finditer(path.read_text())]

    assert len(made) >= 4
    assert [found.group() for found in made if 'dir: "auto"' not in found.group()] == []


def test_a_form_field_for_text_has_a_direction_of_its_own() -> None:
    class Form(forms.Form):
        note = forms.CharField()
        body = forms.CharField(widget=forms.Textarea)
        count = forms.IntegerField()

    form = Form()

    assert [str(form[name]).count('dir="auto"') for name in ("note", "body", "count")] == [1, 1, 0]
