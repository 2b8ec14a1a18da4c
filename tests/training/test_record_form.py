"""A record's facts pass through the form as they are: nothing is glued, cut or written as a program says it."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest

from review.spec.schema import InputField, Label
from review.spec.task_spec import TaskSpec
from tests.review import factories
from training.miniatures import writing
from training.miniatures.forms import RecordForm
from training.miniatures.written_text import facts_as_text

TURNS = [{"role": "user", "content": "Größe?\nBitte"}, {"role": "assistant", "content": 'It\'s "M"'}]
LABELS = (Label(name="a"), Label(name="b"))
FACTS = [
    ("text", "Dear Ada,\n\nwe open in Rotterdam."),
    ("document", "\fPage 2\nline\fPage 3"),
    ("conversation", TURNS),
    ("object", {"size": {"cm": 4.5}, "is_new": True, "note": None}),
    ("object", [{"sku": "A-1"}, {"sku": "B;2"}]),
    ("list", ["red", "blue"]),
    ("list", ["red; dark", "blue"]),
    ("list", ["[1] red", "two\nlines"]),
    ("choices", ["a", "b"]),
    ("boolean", True),
    ("number", 4.5),
    ("integer", 0),
    ("date", "2026-05-03"),
    ("url", "https://example.com/a"),
]


def of_browser(form: RecordForm) -> dict[str, str]:
    """What a browser sends of a form: a line without line breaks, an area's with a carriage return."""
    sent = {}
    for field in form:
        html = str(field)
        area = re.search(r"<textarea[^>]*>\r?\n?(.*)</textarea>", html, re.DOTALL)
        line = re.search(r'value="([^"]*)"', html)
        text = unescape(area[1] if area else line[1] if line else "")
        is_hidden = 'type="hidden"' in html
        sent[field.html_name] = text.replace("\n", "\r\n" if area or is_hidden else "")
    return sent


def spec_of(kind: str) -> TaskSpec:
    labels = LABELS if kind in ("choice", "choices") else ()
    return factories.plain_spec().model_copy(
        update={"input_schema": (InputField(name="it", type=kind, labels=labels),)}
    )


@pytest.mark.parametrize("own", [set(), {"another"}])
@pytest.mark.parametrize(("kind", "fact"), FACTS)
def test_a_fact_comes_back_from_the_form_as_it_went(kind: str, fact: Any, own: set[str]) -> None:
    spec = spec_of(kind)
    sent = of_browser(RecordForm(spec, initial=facts_as_text({"it": fact}), own=own))

    assert writing.read_facts(spec, RecordForm(spec, sent).record()) == {"it": fact}
