"""Compile a JSON Schema to a grammar of the one text that `json.dumps(indent=1)` makes of each value that it allows.

The grammar is in llguidance's dialect of Lark. It allows what the schema allows or less of it, never more: properties
come in the schema's order, unique labels in the order they are listed, numbers and texts in their shortest form. What
cannot be held to is refused by its keyword and place. Pure; knows no tokenizer.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from training.engine.grammar import sequences
from training.engine.grammar.number_patterns import number_pattern
from training.engine.grammar.schema_reading import Place, SchemaRefusedError, options_of, types_of
from training.engine.grammar.text_patterns import DATE, DATE_LENGTH, text_pattern

# Decimals of a number whose schema does not say how many; those of its bounds are kept as well.
DECIMALS: Final = 6
MOST_DECIMALS: Final = 12
DEEPEST: Final = 12
# How deep a value goes that the schema leaves open.
OPEN_DEPTH: Final = 5
MOST_VALUES: Final = 4000
# Formats that llguidance knows beside dates.
FORMATS: Final = frozenset({"date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uuid", "uri"})
# Escapes that `json.dumps(ensure_ascii=False)` writes.
_CANONICAL_ESCAPES: Final = {"json_allowed_escapes": 'nrbtf\\"', "whitespace_flexible": False}


def json_grammar(schema: object) -> str:
    """The grammar of a schema's canonical JSON.

    Raises:
        SchemaRefusedError: With the keyword and its place.
    """
    return _JsonForm(schema).grammar()


def bare_grammar(schema: object) -> str:
    """Grammar of a single value that stands alone, its text without quotes: a label, a date, a number, true or false.

    Raises:
        SchemaRefusedError: The value is of no such type.
    """
    return _JsonForm(schema, is_bare=True).grammar()


class _JsonForm:
    """Rules of one grammar, collected while its schema is read."""

    def __init__(self, schema: object, *, is_bare: bool = False) -> None:
        self._root, self._is_bare = schema, is_bare
        self._names: dict[str, str] = {}
        self._left = MOST_VALUES

    def grammar(self) -> str:
        start = self._value(self._root, Place(self._root), 0)
        rules = [f"{name}: {body}" for body, name in self._names.items()]
        return "\n".join([f"start: {start}", *rules, ""])

    def rule(self, body: str) -> str:
        return self._names.setdefault(body, f"r{len(self._names)}")

    def _terminal(self, pattern: str) -> str:
        return self._names.setdefault("/" + pattern.replace("/", "\\/") + "/", f"T{len(self._names)}")

    def _count(self, values: int, place: Place) -> None:
        self._left -= values
        if self._left < 0:
            raise place.refusal("", f"holds more than {MOST_VALUES} values, too many to compile")

    def _value(self, schema: object, place: Place, depth: int) -> str:
        """Expression of a schema's values; inner lines are indented by `depth + 1` blanks."""
        self._count(1, place)
        if depth > DEEPEST:
            raise place.refusal("", f"has more than {DEEPEST} levels")
        if schema is True or schema == {}:
            return self._open(min(OPEN_DEPTH, DEEPEST - depth), depth)
        if not isinstance(schema, dict):
            raise place.refusal("", "must be a JSON Schema object")
        place.check_keywords(schema)
        if "$ref" in schema:
            target, at = place.resolved(schema["$ref"])
            return self._value(target, at, depth)
        if options := options_of(schema, place):
            return self.rule(" | ".join(self._value(option, at, depth) for option, at in options))
        if "enum" in schema or "const" in schema:
            return self._fixed(schema, place, depth)
        kinds = [self._of_type(kind, schema, place, depth) for kind in types_of(schema, place)]
        return kinds[0] if len(kinds) == 1 else self.rule(" | ".join(kinds))

    def _of_type(self, kind: str, schema: Mapping[str, Any], place: Place, depth: int) -> str:
        makers: dict[str, Callable[[], str]] = {
            "null": lambda: '"null"',
            "boolean": lambda: self.rule('"true" | "false"'),
            "integer": lambda: self._number(schema, place, decimals=0),
            "number": lambda: self._number(schema, place, decimals=None),
            "string": lambda: self._text(schema, place),
            "array": lambda: self._array(schema, place, depth),
            "object": lambda: self._object(schema, place, depth),
        }
        if self._is_bare and kind in ("array", "object", "null"):
            raise place.refusal("type", f"is {kind}, which needs JSON around it")
        return makers[kind]()

    def _fixed(self, schema: Mapping[str, Any], place: Place, depth: int) -> str:
        values = place.fixed_values(schema)
        self._count(len(values), place)
        if self._is_bare:
            texts = [value if isinstance(value, str) else json.dumps(value) for value in values]
        else:
            texts = [_indented(json.dumps(value, ensure_ascii=False, indent=1), depth) for value in values]
        return self.rule(" | ".join(_literal(text) for text in dict.fromkeys(texts)))

    def _number(self, schema: Mapping[str, Any], place: Place, *, decimals: int | None) -> str:
        low, high, low_is_out, high_is_out = place.bounds(schema)
        decimal_places = place.decimals(schema, most=MOST_DECIMALS if decimals is None else 0)
        if decimals is None:
            needed = [-int(bound.as_tuple().exponent) for bound in (low, high) if bound is not None]
            decimals = min(MOST_DECIMALS, max(DECIMALS, *needed, 0)) if decimal_places is None else decimal_places
        try:
            pattern = number_pattern(low, high, decimals=decimals, low_is_out=low_is_out, high_is_out=high_is_out)
        except ValueError as error:
            raise place.refusal("minimum", f"leaves nothing: {error}") from None
        return self._terminal(pattern)

    def _text(self, schema: Mapping[str, Any], place: Place) -> str:
        least, most = place.lengths(schema, "minLength", "maxLength")
        if "pattern" in schema or schema.get("format") in FORMATS:
            if self._is_bare:
                raise place.refusal("type", "is a text, which needs no grammar on its own")
            limits = {name: schema[name] for name in ("minLength", "maxLength", "pattern", "format") if name in schema}
            embedded = {"x-guidance": _CANONICAL_ESCAPES, "type": "string", **limits}
            return self.rule(f"%json {json.dumps(embedded, ensure_ascii=False)}")
        if schema.get("format") == "date":
            if least > DATE_LENGTH or (most is not None and most < DATE_LENGTH):
                raise place.refusal("format", f"'date' has {DATE_LENGTH} characters, which its lengths do not allow")
            return self._terminal(DATE if self._is_bare else f'"{DATE}"')
        if "format" in schema:
            raise place.refusal("format", f"'{schema['format']}' is not known; date, {', '.join(sorted(FORMATS))} are")
        if self._is_bare:
            raise place.refusal("type", "is a text, which needs no grammar on its own")
        return self._terminal(text_pattern(least, most))

    def _object(self, schema: Mapping[str, Any], place: Place, depth: int) -> str:
        properties = place.properties(schema)
        required = place.required(schema, properties)
        if not properties:
            is_closed = schema.get("additionalProperties") is False
            return '"{}"' if is_closed else self._open_object(min(OPEN_DEPTH, DEEPEST - depth), depth)
        members = [
            sequences.Member(
                f"{_literal(json.dumps(name, ensure_ascii=False) + ': ')} {self._value(sub, at, depth + 1)}",
                is_required=name in required,
            )
            for name, (sub, at) in properties.items()
        ]
        return sequences.in_order(members, self.rule, _brackets("{}", depth), least=0, most=None)

    def _array(self, schema: Mapping[str, Any], place: Place, depth: int) -> str:
        least, most = place.lengths(schema, "minItems", "maxItems")
        items, at = schema.get("items", {}), place.at("items")
        if schema.get("uniqueItems") is True and most != 1:
            if not isinstance(items, dict) or not ("enum" in items or "const" in items):
                raise place.refusal("uniqueItems", "can be held to for lists of labels (items with an enum) alone")
            at.check_keywords(items)
            self._count(len(items.get("enum", "")), at)
            labels = [
                sequences.Member(_literal(_indented(json.dumps(value, ensure_ascii=False, indent=1), depth + 1)))
                for value in at.fixed_values(items)
            ]
            if most is not None and most < len(labels) and len(labels) * most > MOST_VALUES:
                raise place.refusal("maxItems", "with so many labels makes too large a grammar")
            if least > len(labels):
                raise place.refusal("minItems", f"asks for {least} of {len(labels)} labels")
            return sequences.in_order(labels, self.rule, _brackets("[]", depth), least=least, most=most)
        if most == 0:
            return '"[]"'
        return self._list(self._value(items, at, depth + 1), least, most, depth)

    def _list(self, value: str, least: int, most: int | None, depth: int) -> str:
        brackets = _brackets("[]", depth)
        more = f"({brackets.between} {value}){{{max(least - 1, 0)},{'' if most is None else most - 1}}}"
        full = f"{brackets.begin} {value} {more if most != 1 else ''} {brackets.end}"
        return self.rule(full if least else f"{brackets.empty} | {full}")

    def _open(self, levels: int, depth: int) -> str:
        """Any value, at most `levels` deep."""
        plain = [
            '"null"',
            '"true"',
            '"false"',
            self._terminal(number_pattern(None, None, decimals=DECIMALS)),
            self._terminal(text_pattern(0, None)),
        ]
        if levels > 0:
            plain.append(self._list(self._open(levels - 1, depth + 1), 0, None, depth))
            plain.append(self._open_object(levels, depth))
        return self.rule(" | ".join(plain))

    def _open_object(self, levels: int, depth: int) -> str:
        brackets = _brackets("{}", depth)
        member = f'{self._terminal(text_pattern(1, None))} ": " {self._open(max(levels - 1, 0), depth + 1)}'
        return self.rule(f"{brackets.empty} | {brackets.begin} {member} ({brackets.between} {member})* {brackets.end}")


def _brackets(pair: str, depth: int) -> sequences.Brackets:
    """Layout of a list or an object in `json.dumps(indent=1)`."""
    inner, outer = "\n" + " " * (depth + 1), "\n" + " " * depth
    return sequences.Brackets(
        empty=_literal(pair),
        begin=_literal(pair[0] + inner),
        between=_literal("," + inner),
        end=_literal(outer + pair[1]),
    )


def _indented(text: str, depth: int) -> str:
    """JSON of several lines, indented by `depth` blanks; line ends within texts are escaped."""
    return text.replace("\n", "\n" + " " * depth)


def _literal(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


__all__ = ["SchemaRefusedError", "bare_grammar", "json_grammar"]
