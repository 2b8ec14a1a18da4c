"""Words of a call for synthetic records, and the shape of its answer: the same whenever priced or sent. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from generation.synthetic.plan import Attributes, RecordPlan, plan_of
from review.sources.imports.logs.answer_shape import shape_of
from review.spec import questions
from review.spec.prompting import Message
from review.spec.schema import Facts, InputField, Label, OutputField, OutputItem
from review.spec.task_spec import TaskSpec

# Of up to twenty examples so many are shown a call, other ones each time, and so much of each.
SHOWN, SHOWN_CHARS = 6, 2_000
_SYSTEM = (
    "You make up records that a task is practised on. They are read by people who know the real ones: each has to be "
    "one that could have come in. Invent every name, address and number; no real person and no real company stands in "
    "a record. The facts of a record agree with each other. No two records tell the same, begin alike or share a "
    "sentence, and none repeats or rewrites an example. Do not do the task: only what comes in is written, never the "
    "answer to it."
)
_PLAN = (
    "Each record has a plan. What it says of a fact is what that fact says. The rest are hints: leave out one that "
    "does not suit the kind of record, and never name the plan in a record."
)
_HINTS = {
    "url": "an address beginning with https://, of an invented host under .example",
    "date": "YYYY-MM-DD",
    "document": "long text; a form feed between pages",
    "conversation": "messages in turn, each with its role",
    "integer": "a whole number",
    "quote": "words copied letter by letter from another fact",
}
_AS_TEXT = frozenset({"text", "url", "document", "quote"})


def record_task(spec: TaskSpec, seeds: Sequence[Facts]) -> TaskSpec:
    """Return the task of a teacher's answer: a list of records with the facts of this one.

    Args:
        seeds: Where the parts of an object are told from; an optional one that they do not tell is left out.

    Raises:
        ValueError: A required fact is an object of which no example shows the parts, no fact is left to write, or parts
            are nested too deep.
    """
    items = tuple(item for field in spec.input_schema if (item := _item(field, seeds)) is not None)
    if not items:
        raise ValueError("no example shows the parts of its facts, and it has no other ones")
    records = OutputField(name="records", type="list", items=items)
    task = questions.answer_task("Make up records.", records, about="task")
    return task.model_copy(update={"language": spec.language})


def conversation(
    spec: TaskSpec,
    seeds: Sequence[Facts],
    *,
    about: str,
    attributes: Attributes,
    key: str,
    first: int,
    count: int,
) -> list[Message]:
    """Build one call.

    Args:
        seeds: Up to twenty records of it, as examples; may be none.
        about: What a lead says of them.
        key: Tells orders apart.
        first: Place of the call's first record in the order, from 0.
    """
    plans = [plan_of(spec.input_schema, attributes, seeds, key=key, number=first + place) for place in range(count)]
    shown = [seeds[(first + place) % len(seeds)] for place in range(min(SHOWN, len(seeds)))]
    parts = [
        f"The task that the records are for:\n{spec.instruction}",
        f"Facts of a {spec.record_noun}:\n" + "\n".join(map(_fact_line, spec.input_schema)),
        *([f"What the records are about:\n{about}"] if about else []),
        *(
            f"Example {number}\n{json.dumps(seed, ensure_ascii=False)[:SHOWN_CHARS]}"
            for number, seed in enumerate(shown, 1)
        ),
        f"{_PLAN}\n" + "\n".join(_plan_line(number, plan) for number, plan in enumerate(plans, 1)),
        f"Write {count} record{'' if count == 1 else 's'}, in this order, in the language {spec.language}.",
    ]
    return questions.question(_SYSTEM, parts, answer=record_task(spec, seeds))


def _item(field: InputField, seeds: Sequence[Facts]) -> OutputItem | None:
    base: dict[str, Any] = {"name": field.name, "description": field.description}
    if field.type == "conversation":
        roles = tuple(Label(name=role) for role in ("system", "user", "assistant"))
        parts = (OutputItem(name="role", type="choice", labels=roles, required=True), OutputItem(name="content"))
        return OutputItem(**base, type="list", items=parts)
    if field.type == "object":
        values = [seed[field.name] for seed in seeds if isinstance(seed.get(field.name), dict)]
        shape = shape_of(values, field.name, 2) if values else None
        if shape is None and field.required:
            raise ValueError(f"'{field.name}' is an object, and no example shows its parts")
        return OutputItem.model_validate({**shape, **base}) if shape else None
    kind = "text" if field.type in _AS_TEXT else field.type
    return OutputItem.model_validate({**base, "type": kind, "labels": field.labels, **_range(field)})


def _range(field: InputField) -> dict[str, float | None]:
    return {"minimum": field.minimum, "maximum": field.maximum}


def _fact_line(field: InputField) -> str:
    hint = _HINTS.get(field.type, "" if field.type == "text" else field.type)
    if field.source:
        hint = f"words copied letter by letter from {field.source}"
    notes = [*([hint] if hint else []), "always there" if field.required else "may be left out"]
    notes += [f"the {field.role} of the record"] if field.role else []
    line = f"- {field.name} ({'; '.join(notes)})"
    return f"{line}: {field.description}" if field.description else line


def _plan_line(number: int, plan: RecordPlan) -> str:
    facts = [f"{name} = {value}" for name, value in plan.values.items()]
    hints = [f"{name}: {value}" for name, value in plan.traits.items()]
    return f"Record {number}: {'; '.join([*facts, *hints]) or 'as you like'}"
