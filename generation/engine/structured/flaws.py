"""What is wrong with an answer in JSON, said so that a model can mend it and a person can read it. Pure."""

from __future__ import annotations

from typing import Any

from review.spec.schema import SLOT, Fields, OutputField
from review.spec.task_spec import TaskSpec
from review.text.checks.words import SPACED

# A repair needs the gist; a wild answer must not make its own repair dear.
MOST_FLAWS = 8


def wrong_types(task: TaskSpec, given: object) -> tuple[str, ...]:
    """Members that are missing, unknown or of another type than the schema's; empty for a sound shape."""
    if not isinstance(given, dict):
        return (f"The answer is a JSON {type(given).__name__}; it must be an object.",)
    fields_by_name = {field.name: field for field in task.output_schema}
    flaws = [f"'{name}' is missing." for name in fields_by_name if name not in given]
    flaws += [f"'{str(name)[:40]}' is not asked for." for name in given if name not in fields_by_name]
    flaws += [
        flaw for name, field in fields_by_name.items() if name in given for flaw in _wrong_value(field, given[name])
    ]
    return tuple(flaws[:MOST_FLAWS])


def broken_limits(task: TaskSpec, fields: Fields) -> tuple[str, ...]:
    """Lengths that are not kept, and placeholders that the task does not know, in fields of the right types."""
    flaws = [flaw for field in task.output_schema for flaw in _limits_of(task, field, fields[field.name])]
    declared = set(task.slots)
    for text in _texts(fields):
        flaws += [_unknown_placeholders(found, task.slots) for found in SLOT.findall(text) if found not in declared]
    return tuple(dict.fromkeys(flaws))[:MOST_FLAWS]


def _wrong_value(field: OutputField, value: object) -> list[str]:
    if field.type == "text":
        return [] if isinstance(value, str) else [f"'{field.name}' must be a string."]
    if not isinstance(value, list):
        return [f"'{field.name}' must be a list."]
    names = {item.name for item in field.items}
    for number, element in enumerate(value, 1):
        if not isinstance(element, dict) or set(element) != names:
            return [f"Element {number} of '{field.name}' must be an object with exactly {', '.join(sorted(names))}."]
        if not all(isinstance(part, str) for part in element.values()):
            return [f"Every part of element {number} of '{field.name}' must be a string."]
    return []


def _limits_of(task: TaskSpec, field: OutputField, value: Any) -> list[str]:
    if field.type == "list":
        return [
            f"'{item.name}' in element {number} of '{field.name}' has {len(element[item.name])} characters; "
            f"at most {item.max_chars} are allowed."
            for number, element in enumerate(value, 1)
            for item in field.items
            if item.max_chars is not None and len(element[item.name]) > item.max_chars
        ]
    # Where blanks part no words, only characters can be counted, as the desk's own check does.
    flaws = _words_of(field, len(value.split())) if task.language[:2] in SPACED else []
    if field.max_chars is not None and len(value) > field.max_chars:
        flaws.append(f"'{field.name}' has {len(value)} characters; at most {field.max_chars} are allowed.")
    return flaws


def _words_of(field: OutputField, words: int) -> list[str]:
    if field.max_words is not None and words > field.max_words:
        return [f"'{field.name}' has {words} words; at most {field.max_words} are allowed."]
    if field.min_words is not None and words < field.min_words and (field.required or words):
        return [f"'{field.name}' has {words} words; at least {field.min_words} are asked for."]
    return []


def _unknown_placeholders(found: str, slots: tuple[str, ...]) -> str:
    there = ", ".join(f"{{{{{slot}}}}}" for slot in slots) or "none"
    return f"'{{{{{found[:60]}}}}}' is no placeholder of this task; there is {there}."


def _texts(fields: Fields) -> list[str]:
    return [
        text
        for value in fields.values()
        for text in ([value] if isinstance(value, str) else [part for element in value for part in element.values()])
    ]
