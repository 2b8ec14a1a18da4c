"""JSON from outside is read whole or refused in a sentence; nothing of it is a fault."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django import forms
from rest_framework import serializers

from web import strict_json
from web.strict_json import MAX_DEPTH, MAX_DIGITS, InvalidJson, StorableJSONDecoder


def nested(depth: int) -> str:
    return "[" * depth + "]" * depth


@pytest.mark.parametrize(
    "text",
    ["7", '"x"', "null", '{"a": [1, 2.5, -3e2, true]}', nested(MAX_DEPTH), "9" * MAX_DIGITS, '["😀 é"]',
     r'["\ud83d\ude00"]', '["' + "[" * 1000 + '"]', "[" + "[]," * 500 + "[]]"],
    ids=lambda text: text[:20],
)  # fmt: skip
def test_what_is_sound_reads_as_ever(text: str) -> None:
    assert strict_json.loads(text) == json.loads(text)
    assert strict_json.loads(text.encode()) == json.loads(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (nested(MAX_DEPTH + 1), "nested more than 64 deep"),
        (nested(500), "nested more than 64 deep"),
        (nested(100_000), "nested more than 64 deep"),
        ("[" * 100_000, "nested more than 64 deep"),
        ('{"a":' * 100_000, "nested more than 64 deep"),
        ('{"a":' * 65 + "1" + "}" * 65, "nested more than 64 deep"),
        ("9" * 301, "301 digits"),
        ("9" * 5000, "5,000 digits"),
        ("1e999", "too large"),
        ("-1e999", "too large"),
        ("NaN", "NaN is not a JSON number"),
        ("[-Infinity]", "-Infinity is not a JSON number"),
        (r'{"a": ["\u0000"]}', r"^a\[0\]: There is a zero byte"),
        (r'{"a": "\ud800"}', r"^a: There is half a character \(U\+D800\)"),
        (r'{"\udc00": 1}', "half a character"),
    ],
    ids=lambda value: value[:20],
)
def test_what_would_be_a_fault_later_is_refused_in_a_sentence(text: str, said: str) -> None:
    for sent in (text, text.encode()):
        with pytest.raises(InvalidJson, match=said):
            strict_json.loads(sent)


@pytest.mark.parametrize("text", ["", "{", "[1,]", b"\xff\xfe\xfa", b"[\xc3]"])
def test_what_is_no_json_is_a_value_error(text: Any) -> None:
    with pytest.raises(ValueError):
        strict_json.loads(text)


def test_fields_that_hold_json_as_text_refuse_the_same() -> None:
    form = forms.JSONField(decoder=StorableJSONDecoder)
    shape = serializers.JSONField(binary=True, decoder=StorableJSONDecoder)

    for bad in (nested(100_000), "NaN", r'"\u0000"'):
        with pytest.raises(forms.ValidationError):
            form.clean(bad)
        with pytest.raises(serializers.ValidationError):
            shape.run_validation(bad)
    assert form.clean('{"a": 1}') == shape.run_validation('{"a": 1}') == {"a": 1}
