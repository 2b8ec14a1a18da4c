"""One task's answers in JSON: how they are asked for and how they are read, and their flaws. Pure; knows no provider.

The renderer's prompt stays the record of what was asked; only its words on the answer's shape are exchanged on the way.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from review.spec import prompting
from review.spec.json_schema import output_json_schema
from review.spec.output_format import bare_field, json_format, output_format
from review.spec.paths import TextPlace, texts
from review.spec.prompting import CompletionError, Message
from review.spec.schema import SLOT, Fields, OutputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.spec.thinking import without_thinking
from review.spec.values import normalise_fields, normalise_value
from review.text.checks import pattern
from review.text.reading.words import SPACED
from web import strict_json


@dataclass(frozen=True)
class ParsedJson:
    """Reading of an answer.

    Attributes:
        text: The draft in the task's own text form; the answer as it came where it is of no use.
        flaws: What is wrong with it, each in a sentence for the model and for people.
        is_usable: Whether it is a draft all the same: too long, or a number in quotes, but whole.
    """

    text: str
    flaws: tuple[str, ...] = ()
    is_usable: bool = True


class JsonAnswers:
    """Asks for and reads the answers of one task.

    Attributes:
        overhead: What of it goes out with each call beside the prompt.
    """

    def __init__(self, task: TaskSpec) -> None:
        self._task = task
        self._text_words = output_format(task)
        # Ranges and lengths stand in words: not every provider takes them as keywords, and `read` holds to them.
        self.schema = output_json_schema(task, bounds=False)
        self._json_words = json_format(task)
        self.overhead = self._json_words + json.dumps(self.schema, ensure_ascii=False)

    def put(self, messages: list[Message]) -> list[Message]:
        """The conversation with JSON asked for, and shown where it shows answers; the given one is left as it is."""
        if self._text_words == self._json_words:
            return messages
        turned = [self._turned(message) for message in messages]
        if not any(self._json_words in message["content"] for message in turned if message["role"] != "assistant"):
            last = turned[-1]
            turned[-1] = {**last, "content": f"{last['content']}\n\n{self._json_words}"}
        return turned

    def read(self, text: str) -> ParsedJson:
        """Read a whole answer by the schema; a bare value as it is, where nothing else is a task's answer."""
        if (bare := bare_field(self._task.output_schema)) is not None:
            # As a model answers that was asked before bare values were asked for in JSON.
            text = self._named(bare.name, text)
        try:
            body = prompting.object_in(without_thinking(text))
            value = strict_json.parse(body, has_raw_breaks=True, has_unique_keys=True)
        except ValueError as error:
            return ParsedJson(text, (f"The answer is not JSON: {error}.",), is_usable=False)
        wrong = wrong_types(self._task, value)
        if not isinstance(value, dict):
            return ParsedJson(text, wrong, is_usable=False)
        try:
            fields = normalise_fields(self._task.output_schema, value)
        except ValueError as error:
            unread = (f"{str(error)[:1].upper()}{str(error)[1:]}.",)
            return ParsedJson(text, wrong or unread, is_usable=False)
        return ParsedJson(prompting.completion(self._task, fields), wrong or broken_limits(self._task, fields))

    def _named(self, name: str, text: str) -> str:
        """Wrap a bare value in the object that is asked for; any other text stays."""
        if "{" in text:
            return text
        try:
            fields = prompting.parse(self._task, text)
        except CompletionError:
            return text
        return json.dumps({name: fields[name]}, ensure_ascii=False)

    def _turned(self, message: Message) -> Message:
        content = message["content"]
        if message["role"] != "assistant":
            return {**message, "content": content.replace(self._text_words, self._json_words)}
        try:
            fields: dict[str, Any] = prompting.parse(self._task, content)
        except CompletionError:
            # A flawed answer that is to be repaired is shown as it came.
            return message
        return {**message, "content": json.dumps(fields, ensure_ascii=False)}


# A repair needs the gist; a wild answer must not make its own repair dear.
MOST_FLAWS = 8
# Values in Python by their type in JSON, and the name of each for a model.
KINDS: dict[str, tuple[tuple[type, ...], str]] = {
    "string": ((str,), "a string"),
    "integer": ((int, float), "a whole number"),
    "number": ((int, float), "a number"),
    "boolean": ((bool,), "true or false"),
}


def wrong_types(task: TaskSpec, answer: object) -> tuple[str, ...]:
    """Members that are missing, unknown or of another type than the schema's; empty for a sound shape."""
    if not isinstance(answer, dict):
        return (f"The answer is a JSON {type(answer).__name__}; it must be an object.",)
    fields_by_name = {field.name: field for field in task.output_schema}
    flaws = [f"'{name}' is missing." for name in fields_by_name if name not in answer]
    flaws += [f"'{str(name)[:40]}' is not a field of the output." for name in answer if name not in fields_by_name]
    flaws += [
        flaw for name, field in fields_by_name.items() if name in answer for flaw in _wrong_value(field, answer[name])
    ]
    return tuple(flaws[:MOST_FLAWS])


def broken_limits(task: TaskSpec, fields: Fields) -> tuple[str, ...]:
    """Lengths that are not kept, and placeholders that the task does not know, in fields of the right types."""
    places = list(texts(task.output_schema, fields))
    flaws = [flaw for place in places for flaw in _limits_of(task, place)]
    flaws += [
        f"'{place.path}' does not match {place.item.pattern}."
        for place in places
        if place.item.pattern and place.text and not pattern.matches(place.item.pattern, place.text)
    ]
    declared = set(task.slots)
    for place in places:
        slots = (match["name"] for match in SLOT.finditer(place.text))
        flaws += [_unknown_placeholders(name, task.slots) for name in slots if name not in declared]
    return tuple(dict.fromkeys(flaws))[:MOST_FLAWS]


def _wrong_value(field: OutputField, value: object) -> list[str]:
    if (flaw := _wrong_shape(field, value, f"'{field.name}'")) is not None:
        return [flaw]
    try:
        # What is empty is told by the limits, or by the schema as a whole.
        normalise_value(field.model_copy(update={"required": False}), value, f"'{field.name}'")
    except ValueError as error:
        return [f"{error}."]
    return []


def _wrong_shape(field: OutputItem, value: object, where: str) -> str | None:
    """Describe a wrong type, before values are looked at; None where nothing is wrong."""
    kind = field.value_type
    if kind.is_prose:
        return None if isinstance(value, str) else f"{where} must be a string."
    if kind.is_many and not field.items:
        is_sound = isinstance(value, list) and all(isinstance(each, str) for each in value)
        return None if is_sound else f"{where} must be a list of strings."
    if kind.is_many:
        if not isinstance(value, list):
            return f"{where} must be a list."
        flaws = (_wrong_object(field, each, f"element {number} of {where}") for number, each in enumerate(value, 1))
        return next((flaw for flaw in flaws if flaw is not None), None)
    if field.items and (value is not None or field.required):
        return _wrong_object(field, value, where)
    if value is None and not field.required:
        return None
    kinds, name = KINDS[kind.json]
    is_sound = isinstance(value, kinds) and (bool in kinds or not isinstance(value, bool))
    return None if is_sound else f"{where} must be {name}."


def _wrong_object(field: OutputItem, value: object, where: str) -> str | None:
    names = {item.name for item in field.items}
    if not isinstance(value, dict) or set(value) != names:
        return f"{where[:1].upper()}{where[1:]} must be an object with exactly {', '.join(sorted(names))}."
    if all(item.value_type.is_prose for item in field.items):
        is_sound = all(isinstance(part, str) for part in value.values())
        return None if is_sound else f"Every part of {where} must be a string."
    flaws = (_wrong_shape(item, value[item.name], f"'{item.name}' in {where}") for item in field.items)
    return next((flaw for flaw in flaws if flaw is not None), None)


def _limits_of(task: TaskSpec, place: TextPlace) -> list[str]:
    item, text, where = place.item, place.text, _named(place)
    if item.type == "list":
        return []
    # Where blanks part no words, only characters can be counted, as the desk's own check does.
    flaws = _words_of(item, where, len(text.split())) if task.language[:2] in SPACED else []
    if item.max_chars is not None and len(text) > item.max_chars:
        flaws.append(f"{where} has {len(text)} characters; at most {item.max_chars} are allowed.")
    return flaws


def _named(place: TextPlace) -> str:
    if place.item is place.field:
        return f"'{place.field.name}'"
    _, index, *_ = [*place.path.split("."), ""]
    is_element = index.isdecimal()
    return (
        f"'{place.item.name}' in element {int(index) + 1} of '{place.field.name}'" if is_element else f"'{place.path}'"
    )


def _words_of(item: OutputItem, where: str, words: int) -> list[str]:
    if item.max_words is not None and words > item.max_words:
        return [f"{where} has {words} words; at most {item.max_words} are allowed."]
    if item.min_words is not None and words < item.min_words and (item.required or words):
        return [f"{where} has {words} words; at least {item.min_words} are required."]
    return []


def _unknown_placeholders(name: str, slots: tuple[str, ...]) -> str:
    there = ", ".join(f"{{{{{slot}}}}}" for slot in slots) or "none"
    return f"'{{{{{name[:60]}}}}}' is no placeholder of this task; there is {there}."
