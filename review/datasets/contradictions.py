"""Golds that say different values for one input: a miniature taught by both learns neither.

Inputs are equal when all facts are, blanks, case and the form of letters aside, and earlier mails too. A fact that only
names the record (its title, company or address) is set aside where another is a text: one question sent by two people
is one input.
Knows values only (labels, yes or no, numbers, days): two texts for one record are no contradiction. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from review.spec.paths import leaves
from review.spec.task_spec import TaskSpec
from review.spec.values import folded

# A fact of fewer words is a value that many records share, such as a sector.
TEXT_WORDS = 5

# What golds of one input say: the values of each, by its index.
Said = dict[int, tuple[Any, ...]]
# A gold of an older task version may know nothing of a field; it contradicts nobody there.
_UNKNOWN = object()


class EqualInputs:
    """Golds by their input, with what each says.

    Memory holds a hash and the values of each gold, no text.

    Args:
        spec: The task; where it writes no values nothing is looked at.
    """

    def __init__(self, spec: TaskSpec) -> None:
        self.fields = tuple(field.name for field in spec.output_schema if field.value_type.is_value)
        self._facts = tuple(field.name for field in spec.input_schema)
        self._content = tuple(field.name for field in spec.input_schema if not field.role)
        self._said: dict[bytes, Said] = defaultdict(dict)

    def add(self, index: int, facts: Mapping[str, Any], thread: object, gold: Mapping[str, Any]) -> None:
        content = {name: facts.get(name) for name in self._content}
        is_text = any(len(str(leaf).split()) >= TEXT_WORDS for leaf in leaves(content))
        key = content if is_text else {name: facts.get(name) for name in self._facts}
        self._said[_key([key, thread or []])][index] = tuple(
            _hashable(gold.get(name, _UNKNOWN)) for name in self.fields
        )

    def contradictions(self) -> list[Said]:
        """Return the golds' values for each input whose golds differ in a value, ordered by the first gold of each."""
        groups = [
            dict(sorted(answers.items()))
            for answers in self._said.values()
            if len(answers) > 1 and self.differing(answers)
        ]
        return sorted(groups, key=lambda answers: next(iter(answers)))

    def differing(self, answers: Said) -> list[str]:
        return [
            name
            for place, name in enumerate(self.fields)
            if len({values[place] for values in answers.values()} - {_UNKNOWN}) > 1
        ]


def against(answers: Said, index: int) -> int:
    """A gold of the same input that says something else than this one."""
    return next(other for other, values in answers.items() if values != answers[index])


def _hashable(value: Any) -> Any:
    """Freeze a value; an older task version may have had an object or a list of objects in its place."""
    if isinstance(value, dict):
        return tuple((name, _hashable(value[name])) for name in sorted(value))
    return tuple(map(_hashable, value)) if isinstance(value, list) else value


def _key(value: object) -> bytes:
    body = json.dumps(_plain(value), sort_keys=True, ensure_ascii=False)
    return hashlib.blake2b(body.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _plain(value: object) -> Any:
    if isinstance(value, str):
        return folded(value)
    if isinstance(value, dict):
        return {name: plain for name, part in value.items() if (plain := _plain(part)) not in ("", None)}
    return [_plain(part) for part in value] if isinstance(value, (list, tuple)) else value
