"""The grammar of a task's answers, where they are JSON or a bare label; mails and plain texts have none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from review.spec.json_schema import output_json_schema
from review.spec.output_format import bare_field, is_plain, mail_fields
from review.spec.schema import OutputItem
from review.spec.task_spec import TaskSpec
from training.engine.grammar.json_form import SchemaRefusedError, bare_grammar, json_grammar
from training.engine.grammar.token_masks import problem_of


@lru_cache(maxsize=64)
def task_grammar(task: TaskSpec) -> str | None:
    """Grammar of all answers that `prompting.parse` reads and `prompting.completion` would write; None for prose."""
    fields = task.output_schema
    if mail_fields(fields) or is_plain(fields):
        return None
    if (alone := bare_field(fields)) is not None:
        return bare_grammar(output_json_schema(task)["properties"][alone.name])
    # Patterns and ranges that decoding cannot be held to are left to the checks.
    for patterns in (True, False):
        try:
            grammar = json_grammar(_required(output_json_schema(task), fields, patterns=patterns))
        except SchemaRefusedError:
            continue
        if not problem_of(grammar):
            return grammar
    return json_grammar(_required(output_json_schema(task, bounds=False), fields, patterns=False))


def _required(schema: Mapping[str, Any], fields: Sequence[OutputItem], *, patterns: bool) -> dict[str, Any]:
    """Require text in required fields of an object; patterns match the whole text."""
    return {
        **schema,
        "properties": {
            field.name: _filled(schema["properties"][field.name], field, patterns=patterns) for field in fields
        },
    }


def _filled(schema: Mapping[str, Any], field: OutputItem, *, patterns: bool) -> dict[str, Any]:
    filled = dict(schema)
    if field.required and (field.value_type.is_prose or field.value_type.is_many):
        filled["minItems" if field.value_type.is_many else "minLength"] = 1
    if (pattern := filled.pop("pattern", "")) and patterns:
        filled["pattern"] = f"^(?:{pattern})$"
    if field.type == "object":
        return _required(filled, field.items, patterns=patterns)
    if field.type == "list":
        items = filled["items"]
        filled["items"] = _required(items, field.items, patterns=patterns) if field.items else {**items, "minLength": 1}
    return filled
