"""Grammars of JSON Schemas: which texts they allow, to the byte, and which schemas they refuse by place."""

from __future__ import annotations

import json

import pytest
from llguidance import LLMatcher, LLTokenizer
from llguidance.hf import from_tokenizer

from tests.training.engine.conftest import make_tokenizer
from training.engine.grammar.json_form import SchemaRefusedError, bare_grammar, json_grammar


@pytest.fixture(scope="module")
def tokenizer() -> LLTokenizer:
    return from_tokenizer(make_tokenizer())


@pytest.fixture
def allows(tokenizer):
    """Whether a grammar allows a text from its beginning to its end."""

    def asked(grammar: str, text: str) -> bool:
        matcher = LLMatcher(tokenizer, LLMatcher.grammar_from_lark(grammar))
        assert not matcher.is_error(), matcher.get_error()
        ids = tokenizer.tokenize_str(text)
        return matcher.validate_tokens(ids) == len(ids) and matcher.consume_tokens(ids) and matcher.is_accepting()

    return asked


def canonical(value) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1)


def of(**properties):
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


NESTED = of(
    title={"type": "string", "maxLength": 12},
    parties={
        "type": "array",
        "minItems": 1,
        "maxItems": 2,
        "items": of(name={"type": "string"}, roles={"type": "array", "items": {"enum": ["buyer", "seller"]}}),
    },
    total={"type": "number", "minimum": -1.5, "maximum": 20, "multipleOf": 0.01},
    due={"type": ["string", "null"], "format": "date"},
    is_paid={"type": "boolean"},
)
LABELS = {"type": "array", "uniqueItems": True, "items": {"enum": ["a", "b", "c"]}}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        (
            NESTED,
            {
                "title": 'A "b" \\ é\n\tz',
                "parties": [{"name": "Å & Co/Söhne", "roles": []}, {"name": "x", "roles": ["seller", "buyer"]}],
                "total": -1.05,
                "due": "2024-02-29",
                "is_paid": True,
            },
        ),
        (NESTED, {"title": "", "parties": [{"name": "", "roles": []}], "total": 20, "due": None, "is_paid": False}),
        ({"enum": ['say "hi"', "back\\slash", "naïve – 日本 🙂", "two\nlines", "\x7f\x01"]}, "two\nlines"),
        ({"enum": ['say "hi"', "back\\slash", "naïve – 日本 🙂", "two\nlines", "\x7f\x01"]}, "\x7f\x01"),
        ({"enum": ['say "hi"', "back\\slash", "naïve – 日本 🙂", "two\nlines"]}, "naïve – 日本 🙂"),
        ({"enum": [1, None, True, {"a": [1, {"b": 2}]}]}, {"a": [1, {"b": 2}]}),
        (of(kept={"const": {"a": [1]}}), {"kept": {"a": [1]}}),
        (LABELS, ["a", "c"]),
        (LABELS, []),
        ({"enum": [0.1, 0.25, "a"], "multipleOf": 0.1, "maximum": 0.1}, 0.1),
        ({"enum": [50, "a"], "maximum": 10, "maxLength": 1}, "a"),
        ({**LABELS, "minItems": 2, "maxItems": 2}, ["b", "c"]),
        (
            {"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "required": ["b"]},
            {"b": None},
        ),
        ({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}, {}),
        ({"type": "object", "properties": {"a": {"type": "null"}, "b": {"type": "null"}}}, {"a": None, "b": None}),
        ({"$ref": "#/$defs/pair", "$defs": {"pair": of(x={"$ref": "#/$defs/n"}), "n": {"type": "integer"}}}, {"x": 3}),
        ({"anyOf": [of(a={"type": "integer"}), of(a={"type": "string"}), {"type": "null"}]}, {"a": "1"}),
        ({"oneOf": [{"type": "integer"}, {"type": "string"}]}, 12),
        ({"type": ["number", "null"], "anyOf": [{"type": "integer"}, {"maxItems": 1}]}, 12),
        ({"type": "object", "allOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": of(b={"type": "null"})}}, {"b": None}),
        ({"type": "object", "anyOf": [{"$ref": "#/$defs/a"}], "$defs": {"a": of(b={"type": "null"})}}, {"b": None}),
        ({"type": "string", "oneOf": [{"const": "a", "title": "A"}, {"const": "b", "title": "B"}]}, "b"),
        ({"type": "string", "pattern": "^[A-Z]{2}-[0-9]+$"}, "DE-17"),
        ({"type": "string", "format": "uuid"}, "12345678-1234-1234-1234-123456789abc"),
        ({"type": "object"}, {"a": {"b": [1, "x", {"c": None}]}, "d": -0.5}),
        ({}, [[], {}, "x"]),
        (True, "anything"),
        ({"type": "integer", "exclusiveMinimum": 2, "exclusiveMaximum": 4}, 3),
        ({"type": "number", "exclusiveMinimum": 0, "maximum": 1e-7}, 1e-7),
    ],
)
def test_the_canonical_text_of_an_allowed_value_is_allowed(allows, schema, value):
    text = canonical(value) if not isinstance(value, float) or value > 1e-4 else f"{value:.7f}"

    assert allows(json_grammar(schema), text)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        (of(a={"type": "string"}), '{"a": "b"}'),
        (of(a={"type": "string"}), '{\n  "a": "b"\n}'),
        (of(a={"type": "string"}), '{\n "a": "b"\n}\n'),
        (of(a={"type": "string"}), "{}"),
        (of(a={"type": "string"}), '{\n "a": "b",\n "a": "b"\n}'),
        (of(a={"type": "string", "maxLength": 3}), '{\n "a": "bcde"\n}'),
        (of(a={"type": "string", "minLength": 1}), '{\n "a": ""\n}'),
        (of(a={"type": "string"}), '{\n "a": " b"\n}'),
        (of(a={"type": "string"}), '{\n "a": "\\u0041"\n}'),
        (of(a={"type": "string"}), '{\n "a": "\\/"\n}'),
        ({"type": "integer", "anyOf": [{"minimum": 1, "maximum": 2}, {"minimum": 7}]}, "1.5"),
        ({"type": "integer", "anyOf": [{"type": ["number", "string"]}]}, '"a"'),
        ({"type": ["integer", "null"], "oneOf": [{"$ref": "#/$defs/n"}], "$defs": {"n": {"minimum": 1}}}, "1.5"),
        ({"type": "number", "anyOf": [{"anyOf": [{"enum": ["a", 2]}, True]}]}, '"a"'),
        (LABELS, '[\n "c",\n "a"\n]'),
        (LABELS, '[\n "a",\n "a"\n]'),
        ({**LABELS, "minItems": 1}, "[]"),
        ({**LABELS, "maxItems": 1}, '[\n "a",\n "b"\n]'),
        ({"type": "array", "items": {"type": "integer"}, "maxItems": 1}, "[\n 1,\n 2\n]"),
        ({"type": "integer"}, "1.0"),
        ({"type": "integer", "exclusiveMinimum": 2}, "2"),
        ({"type": "number", "multipleOf": 0.1}, "0.25"),
        ({"type": "string", "format": "date"}, '"2023-02-29"'),
        ({"type": "string", "format": "date"}, '"1900-02-29"'),
        ({"type": "string", "format": "date"}, '"2024-04-31"'),
        ({"type": "string", "format": "date"}, '"0000-01-01"'),
        ({"type": "string", "enum": ["a", 1, None]}, "1"),
        ({"type": "string", "pattern": "^[A-Z]+$"}, '"Ab"'),
        ({"type": "integer", "enum": [1, 2, 50], "maximum": 10}, "50"),
        ({"enum": [1, 2], "exclusiveMinimum": 1}, "1"),
        ({"enum": [0.1, 0.25], "multipleOf": 0.1}, "0.25"),
        ({"enum": ["a", "abc"], "maxLength": 2}, '"abc"'),
        ({"enum": [1, True], "const": 1}, "true"),
        ({"type": "array", "uniqueItems": True, "items": {"enum": ["a", "abc"], "maxLength": 2}}, '[\n "abc"\n]'),
    ],
)
def test_other_texts_are_not(allows, schema, text):
    assert not allows(json_grammar(schema), text)


@pytest.mark.parametrize(
    ("schema", "texts", "others"),
    [
        ({"enum": ["not", "not now", 'a "b"']}, ["not", "not now", 'a "b"'], ["no", '"not"', "not n", ""]),
        ({"type": "boolean"}, ["true", "false"], ["True", "yes"]),
        ({"type": "integer", "minimum": 1, "maximum": 12}, ["1", "12"], ["0", "13", "1.0"]),
        ({"type": "string", "format": "date"}, ["2026-11-21"], ['"2026-11-21"', "2026-11-31"]),
    ],
)
def test_a_bare_value_stands_without_json(allows, schema, texts, others):
    grammar = bare_grammar(schema)

    assert [allows(grammar, text) for text in texts] == [True] * len(texts)
    assert not any(allows(grammar, text) for text in others)


@pytest.mark.parametrize(
    ("schema", "said"),
    [
        (of(a={"type": "string", "contentEncoding": "base64"}), "schema.properties.a.contentEncoding is not supported"),
        (of(a=of(b={"type": "array", "items": {"not": {}}})), "schema.properties.a.properties.b.items.not is not"),
        (of(a={"type": "number", "multipleOf": 3}), "schema.properties.a.multipleOf may be 1, 0.1"),
        (of(a={"type": "integer", "multipleOf": 0.1}), "schema.properties.a.multipleOf may be 1 alone"),
        (of(a={"type": "integer", "minimum": 3, "maximum": 2}), "schema.properties.a.minimum leaves nothing"),
        (of(a={"type": "number", "minimum": 1e300}), "schema.properties.a.minimum lies too far"),
        (of(a={"type": "string", "minLength": 3, "maxLength": 2}), "schema.properties.a.minLength 3 is above"),
        (of(a={"type": "string", "format": "iri"}), "schema.properties.a.format 'iri' is not known"),
        (of(a={"type": "text"}), "schema.properties.a.type must be one of"),
        (of(a={"$ref": "#/$defs/b"}), "schema.properties.a.$ref '#/$defs/b' points at nothing"),
        (of(a={"$ref": "https://example.com/s"}), "schema.properties.a.$ref may point into the schema itself alone"),
        ({**of(a={"$ref": "#"})}, "schema.properties.a.$ref '#' holds itself"),
        (of(a={"anyOf": [{"type": "null"}], "minLength": 2}), "schema.properties.a.anyOf cannot be combined with"),
        (of(a={"oneOf": [{"type": "number"}, {"type": "integer"}]}), "schema.properties.a.oneOf is supported where"),
        (of(a={"allOf": [{"type": "number"}, {"type": "integer"}]}), "schema.properties.a.allOf is not supported"),
        ({"type": "array", "uniqueItems": True, "items": {"type": "string"}}, "schema.uniqueItems can be held to"),
        ({**LABELS, "minItems": 4}, "schema.minItems asks for 4 of 3 labels"),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "schema.additionalProperties must be"),
        ({"type": "object", "properties": {"a": {}}, "required": ["b"]}, "schema.required names 'b'"),
        (of(a={"type": "object", "required": ["b"]}), "schema.properties.a.required names 'b'"),
        ({"required": ["b"], "additionalProperties": False}, "schema.required names 'b'"),
        ({"type": "array", "anyOf": [{"type": "string"}]}, "schema.anyOf.0.type is none of those beside it: array"),
        ({"type": "string", "oneOf": [{"const": "a"}, {"const": 1}]}, "schema.oneOf.1.enum holds no value of its type"),
        ({"enum": []}, "schema.enum must be a list with"),
        ({"enum": [1], "type": "string"}, "schema.enum holds no value of its type"),
        ({"const": 1, "minimum": 5}, "schema.const holds no value that the limits beside it allow"),
        ({"enum": ["a", "b"], "const": "c"}, "schema.enum holds no value that the limits beside it allow"),
        ({"enum": ["a"], "pattern": "b"}, "schema.pattern cannot be combined with 'enum'"),
        ({"type": "string", "format": "date", "maxLength": 8}, "schema.format 'date' has 10 characters"),
        (of(a=[1]), "schema.properties.a must be a JSON Schema object"),
        ({"enum": list(range(5000))}, "schema holds more than 4000 values"),
    ],
)
def test_what_cannot_be_held_to_is_refused_by_its_place(schema, said):
    with pytest.raises(SchemaRefusedError) as refused:
        json_grammar(schema)

    assert str(refused.value).startswith(said)


def test_a_schema_that_nests_without_end_is_refused():
    schema = {"type": "string"}
    for _ in range(40):
        schema = of(a=schema)

    with pytest.raises(SchemaRefusedError, match="more than 12 levels"):
        json_grammar(schema)
