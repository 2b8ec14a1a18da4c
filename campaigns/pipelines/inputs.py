"""Sources and types of a stage's inputs. Pure Python.

A source is written `contact.company`, `record.FIELD` of the contact's own record, `STAGE.FIELD` of an earlier stage's
answer, or `STAGE.FIELD.PART` of the objects in it. Texts of pages are sources for research alone, so that no writer
sees one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from campaigns.states import StageKind
from review.spec.schema import InputField, OutputItem
from review.spec.task_spec import TaskSpec
from review.text.grounding.quoting import quotable_facts
from review.text.verification.claim_task import CLAIM, PASSAGE

CONTACT, RECORD = "contact", "record"
CONTACT_FIELDS: Final = ("company", "domain", "segment", "language")
_WORDS: Final = frozenset({"text", "document", "list"})


@dataclass(frozen=True, slots=True)
class StageShape:
    """Stage as its own checks and later stages see it.

    Attributes:
        spec: The task version it asks; None with rules.
        condition: Which mails go on; empty: all.
    """

    name: str
    kind: StageKind
    spec: TaskSpec | None
    inputs: Mapping[str, str]
    condition: Mapping[str, Any] = field(default_factory=dict)


def available(mail: TaskSpec, earlier: Iterable[StageShape], *, kind: StageKind) -> dict[str, str]:
    """Return what a stage of this kind may take its inputs from: type by source, in the order it is offered.

    Args:
        mail: The task of the mails, whose records the contacts have.
    """
    pages = set() if kind == StageKind.RESEARCH else page_facts(mail)
    sources = {f"{CONTACT}.{name}": "text" for name in CONTACT_FIELDS}
    sources |= {f"{RECORD}.{fact.name}": fact.type for fact in mail.input_schema if fact.name not in pages}
    for stage in earlier:
        sources |= _outputs(stage, sources)
    return sources


def page_facts(spec: TaskSpec) -> set[str]:
    """Names of facts that hold texts of pages, and their addresses."""
    return {name for place in quotable_facts(spec) for name in place}


def reads_pages(stage: StageShape) -> bool:
    """Tell whether a research stage has pages read first: no input brings it a text to quote from."""
    if stage.kind != StageKind.RESEARCH or stage.spec is None:
        return False
    return not {place.text for place in quotable_facts(stage.spec)} & stage.inputs.keys()


def given_inputs(kind: StageKind) -> frozenset[str]:
    """Facts of a stage's task that are filled without being named: a check's sentence, and what it is to rest on."""
    return frozenset({CLAIM, PASSAGE}) if kind == StageKind.CHECK else frozenset()


def fits(source: str, target: InputField) -> bool:
    """Tell whether a value of this type can be a fact of that one."""
    if source == target.type:
        return True
    if target.type in _WORDS:
        return source not in ("object", "conversation")
    # What a text says is read when it comes, and refused then where it is no number, date or label.
    return source in ("text", "choice", "date", "url", "number", "integer") and target.type not in (
        "object",
        "conversation",
    )


def _outputs(stage: StageShape, sources: Mapping[str, str]) -> dict[str, str]:
    if stage.kind == StageKind.VERIFY:
        return _verified(stage, sources)
    outputs: dict[str, str] = {}
    for output in stage.spec.output_schema if stage.spec else ():
        if output.role != "reasoning":
            outputs |= _of_field(f"{stage.name}.{output.name}", output)
    return outputs


def _of_field(source: str, field: OutputItem) -> dict[str, str]:
    if not field.items:
        return {source: field.type}
    # Of a list of objects each part is a list of its own.
    return {f"{source}.{item.name}": "list" if field.type == "list" else item.type for item in field.items}


def _verified(stage: StageShape, sources: Mapping[str, str]) -> dict[str, str]:
    origin, field = list_of(stage.inputs.get(CLAIM, ""))
    return {
        f"{stage.name}.{source.partition('.')[2]}": kind
        for source, kind in sources.items()
        if origin and (source == f"{origin}.{field}" or source.startswith(f"{origin}.{field}."))
    }


def list_of(source: str) -> tuple[str, str]:
    """The stage and field that a source of claims is a part of: `summary.claims.text` is of `summary`, `claims`."""
    stage, _, rest = source.partition(".")
    return stage, rest.partition(".")[0]
