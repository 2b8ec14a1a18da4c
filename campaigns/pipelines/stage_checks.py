"""Look at one stage against those before it: its task's shape, what its inputs name, and its condition. Pure Python."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from campaigns.pipelines import inputs
from campaigns.pipelines.inputs import StageShape
from campaigns.states import StageKind
from review.spec.output_format import is_mail
from review.spec.schema import OutputField
from review.spec.task_spec import TaskSpec
from review.text.grounding.quoting import quotable_facts
from review.text.verification.claim_task import CLAIM, PASSAGE, is_claim_task

_CLAIM_INPUTS = (CLAIM, PASSAGE)
_NO_CLAIM_TASK = "It does not check claims: that takes the facts 'claim' and 'passage', and a yes or no 'supported'."
_UNSUITED = {
    StageKind.RESEARCH: (
        "Its records have no place for pages: a text fact and its address, such as source_1 and source_1_url."
    ),
    StageKind.VERIFY: _NO_CLAIM_TASK,
    StageKind.QUALIFY: "Its answer has no label to go by.",
    StageKind.WRITE: "It does not write mails: that takes a subject and a body.",
    StageKind.CHECK: _NO_CLAIM_TASK,
}
Problem = tuple[str, str]


def problems(mail: TaskSpec, stages: Sequence[StageShape]) -> Iterator[tuple[int, str, str]]:
    """Everything that is wrong with stages: position, field (`task`, `inputs.NAME`, `condition`), and why."""
    for at, stage in enumerate(stages):
        for place, message in _of_stage(mail, stage, stages[:at]):
            yield at, place, message


def _of_stage(mail: TaskSpec, stage: StageShape, earlier: Sequence[StageShape]) -> Iterator[Problem]:
    if stage.spec is not None and not suits(stage.kind, stage.spec):
        yield "task", _UNSUITED[stage.kind]
    offered = inputs.available(mail, earlier, kind=stage.kind)
    yield from _of_inputs(stage, offered)
    yield from _of_condition(stage, offered)


def suits(kind: StageKind, spec: TaskSpec) -> bool:
    """Tell whether a stage of this kind can ask such a task."""
    if kind == StageKind.RESEARCH:
        return bool(quotable_facts(spec))
    if kind in (StageKind.VERIFY, StageKind.CHECK):
        return is_claim_task(spec)
    if kind == StageKind.WRITE:
        return is_mail(spec)
    return any(field.value_type.is_picked for field in spec.output_schema)


def _of_inputs(stage: StageShape, offered: Mapping[str, str]) -> Iterator[Problem]:
    facts = {fact.name: fact for fact in stage.spec.input_schema} if stage.spec else {}
    pages = inputs.page_facts(stage.spec) if stage.spec and stage.kind != StageKind.RESEARCH else set()
    input_names = inputs.given_inputs(stage.kind)
    for name, source in stage.inputs.items():
        place = f"inputs.{name}"
        if stage.spec is None and not (stage.kind == StageKind.VERIFY and name in _CLAIM_INPUTS):
            yield place, "Rules take no such input."
        elif stage.spec is not None and (name not in facts or name in input_names or name in pages):
            yield place, f"'{name}' is not a fact of this stage's task."
        elif source not in offered:
            yield place, f"'{source}' is not available before this stage."
        elif name in facts and not inputs.fits(offered[source], facts[name]):
            yield place, f"'{source}' is of the type {offered[source]}, and '{name}' a {facts[name].type}."
    yield from _lacking(stage)
    if stage.kind == StageKind.VERIFY:
        yield from _of_claims(stage, offered)


def _lacking(stage: StageShape) -> Iterator[Problem]:
    """Required facts that nothing fills. A writing stage takes those from the contact's own record."""
    if stage.kind == StageKind.VERIFY:
        required_names = set(_CLAIM_INPUTS)
        required_names |= {fact.name for fact in stage.spec.input_schema if fact.required} if stage.spec else set()
    elif stage.spec is None or stage.kind == StageKind.WRITE:
        return
    else:
        pages = inputs.page_facts(stage.spec) if inputs.reads_pages(stage) else set()
        # The company and the address of the site are said where pages are read.
        roles = {"group", "title", "domain"} if inputs.reads_pages(stage) else set()
        required_names = {
            fact.name
            for fact in stage.spec.input_schema
            if fact.required and fact.name not in pages and fact.role not in roles
        }
    for name in sorted(required_names - stage.inputs.keys() - inputs.given_inputs(stage.kind)):
        yield f"inputs.{name}", f"'{name}' is required: choose where it comes from."


def _of_claims(stage: StageShape, offered: Mapping[str, str]) -> Iterator[Problem]:
    """Require that claims and their passages are two parts of one list of an earlier stage."""
    sources = [stage.inputs.get(name, "") for name in _CLAIM_INPUTS]
    if not all(source in offered for source in sources):
        return
    parts = [source.count(".") == 2 and offered[source] == "list" for source in sources]
    if not all(parts) or inputs.list_of(sources[0]) != inputs.list_of(sources[1]):
        yield (
            "inputs.claim",
            "Claim and passage are two parts of one list of claims, such as research.claims.text and .quote.",
        )


def _of_condition(stage: StageShape, offered: Mapping[str, str]) -> Iterator[Problem]:
    condition = stage.condition
    is_rule = stage.kind == StageKind.QUALIFY and stage.spec is None
    if not condition:
        if is_rule:
            yield "condition", "Rules qualify by a condition: name a field and the values that pass."
        return
    field, values = condition.get("field"), condition.get("in")
    is_list = isinstance(values, list) and values and all(isinstance(value, str) for value in values)
    if set(condition) - {"field", "in"} or not isinstance(field, str) or not is_list:
        yield "condition", 'A condition is written {"field": "fit", "in": ["good"]}.'
    elif is_rule:
        if field not in offered:
            yield "condition", f"'{field}' is not available before this stage."
    else:
        yield from _of_labels(stage, field, values or [])


def _of_labels(stage: StageShape, name: str, values: Sequence[str]) -> Iterator[Problem]:
    field = (
        next((output_field for output_field in stage.spec.output_schema if output_field.name == name), None)
        if stage.spec
        else None
    )
    if stage.kind not in (StageKind.RESEARCH, StageKind.QUALIFY) or field is None or not field.value_type.is_picked:
        yield "condition", f"'{name}' is not a label of this stage's answer."
    elif unknown := sorted(set(values) - set(labels_of(field))):
        yield "condition", f"'{unknown[0]}' is not a label of '{name}'; there are {', '.join(labels_of(field))}."


def labels_of(field: OutputField) -> list[str]:
    """Return the labels of a field; a yes or no says `true` or `false`."""
    return [label.name for label in field.labels] if field.labels else ["true", "false"]
