"""Reasoning: its last line must not name another label than the answer."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from review.text.checks.mark import CheckedText, Mark, Reader, _

LABEL, NAME = "Reasoning", _("reasoning")
DESCRIPTION = "Reasoning whose last line names another label than the one that follows."
LANGUAGES: frozenset[str] | None = None


def prepare(spec: TaskSpec) -> Reader | None:
    """Return a reader for reasoning before a field with labels, or None where there is none."""
    pairs = zip(spec.output_schema, spec.output_schema[1:], strict=False)
    after = {field.name: of for field, of in pairs if field.role == "reasoning" and of.labels}
    if not after:
        return None
    named = {name: _names(of) for name, of in after.items()}

    def read(passage: CheckedText) -> Iterator[Mark]:
        of = after.get(passage.field)
        if of is not None:
            yield from _read(passage, of, named[passage.field])

    return read


def fields(spec: TaskSpec) -> frozenset[str]:
    """Return the names of fields that hold reasoning."""
    return frozenset(field.name for field in spec.output_schema if field.role == "reasoning")


def _names(field: OutputField) -> Mapping[str, re.Pattern[str]]:
    return {
        label.name: re.compile(rf"(?<!\w){re.escape(label.name)}(?!\w)", re.IGNORECASE)
        for label in sorted(field.labels, key=lambda label: -len(label.name))
    }


def _read(passage: CheckedText, of: OutputField, named: Mapping[str, re.Pattern[str]]) -> Iterator[Mark]:
    answer = passage.fields.get(of.name)
    chosen = set(answer) if isinstance(answer, list) else {answer}
    text = passage.text.rstrip()
    start = text.rfind("\n") + 1
    line, labels = text[start:], []
    # Longer names first: "not interested" does not mean "interested".
    for name, pattern in named.items():
        labels += [name] if pattern.search(line) else []
        line = pattern.sub(lambda match: " " * len(match[0]), line)
    if labels and not chosen & set(labels):
        message = f"Ends on “{labels[0]}”, and the {of.name.replace('_', ' ')} is another"
        yield Mark("reasoning", passage.field, start, len(text), message, "error", "Make the two agree.")
