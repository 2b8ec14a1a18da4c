"""Targets for columns of verdicts, besides facts and written fields. Pure Python."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from collections.abc import Mapping as AnyMapping

from review.sources.imports.column_mapping import (
    ANSWER_FIELD,
    LABELS_FIELD,
    MODEL_FIELD,
    ColumnMapping,
    TargetField,
    guess_mapping,
    target_fields,
)
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from web.errors import Refusal

VERDICT, REVIEWER, AT, SECONDS = "said.verdict", "said.reviewer", "said.at", "said.seconds"
REASONS, NOTE, DRAFT = "said.reasons", "said.note", "said.draft"
EDITED, RATING = "edited.", "rating."

_CORRECTIONS = re.compile(r"\b(correct(ion|ed)|edit(ed)?|fix(ed)?|rewrit(e|ten)|revised|final)", re.IGNORECASE)
_SAID = (
    (VERDICT, "verdict"),
    (REVIEWER, "reviewer"),
    (AT, "when it was given"),
    (SECONDS, "seconds it took"),
    (REASONS, "reasons"),
    (NOTE, "note"),
    (DRAFT, "id of a draft that is here already"),
)


def judged_targets(spec: TaskSpec) -> tuple[TargetField, ...]:
    """Fields that an import of verdicts can fill: those of drafts, and what was said of them."""
    not_said = (ANSWER_FIELD, LABELS_FIELD, MODEL_FIELD)
    drafts = [target for target in target_fields(spec, SourceKind.DRAFTS) if target.name not in not_said]
    # Whether the written fields are needed hangs on how rows name their drafts; see `check_said`.
    of_draft = [TargetField(each.name, each.label, False, each.is_output, each.field) for each in drafts]
    verdict_fields = [TargetField(name, label, name == REVIEWER, False, None) for name, label in _SAID]
    edited = [
        TargetField(f"{EDITED}{field.name}", f"{field.name.replace('_', ' ')} (as edited)", False, False, field)
        for field in spec.output_schema
    ]
    ratings = [TargetField(f"{RATING}{each.name}", f"rating: {each.name}", False, False, None) for each in spec.rubric]
    return (*of_draft, *verdict_fields, *edited, *ratings)


def guess_judged(spec: TaskSpec, columns: Sequence[str]) -> ColumnMapping:
    """Pair columns with fields by their names; a column of corrections fills the draft's body as edited."""
    mapping = guess_mapping(columns, judged_targets(spec))
    if any(name.startswith(EDITED) for name in mapping.values()):
        return mapping
    free = (column for column in columns if column not in mapping)
    corrected = next((column for column in free if _CORRECTIONS.search(column)), None)
    if corrected is not None:
        body = next((field.name for field in spec.output_schema if field.role == "body"), spec.output_schema[-1].name)
        mapping[corrected] = f"{EDITED}{body}"
    return mapping


def check_verdict_columns(spec: TaskSpec, mapping: ColumnMapping, defaults: AnyMapping[str, str]) -> None:
    """Refuse columns that name no draft, leave out a fact it needs, or bring neither a verdict nor an edited text.

    Raises:
        Refusal: `mapping_invalid`, with the mistakes by field.
    """
    filled = set(mapping.values())
    errors: dict[str, list[str]] = {}
    if DRAFT not in filled:
        errors |= _unwritten(spec, filled) | _unknown(spec, filled, defaults)
    if VERDICT not in filled and not any(name.startswith(EDITED) for name in filled):
        errors[VERDICT] = ["No column holds the verdict or an edited text."]
    if errors:
        first = next(iter(errors.values()))[0]
        raise Refusal(
            "mapping_invalid",
            first,
            hint="Choose the columns of the judged text and of the verdict.",
            errors=errors,
        )


def _unknown(spec: TaskSpec, filled: Collection[str], defaults: AnyMapping[str, str]) -> dict[str, list[str]]:
    there = {name for name in (field.name for field in spec.input_schema) if name in filled or defaults.get(name)}
    if any(field.role and field.name in there for field in spec.input_schema):
        # Records that are here already are found by their name.
        return {}
    lacking = [field.name for field in spec.input_schema if field.required and field.name not in there]
    return {name: [f"No column fills the field '{name}', which is required."] for name in lacking}


def _unwritten(spec: TaskSpec, filled: Collection[str]) -> dict[str, list[str]]:
    input_names = {field.name for field in spec.input_schema}
    names = [
        f"written.{field.name}" if field.name in input_names else field.name
        for field in spec.output_schema
        if field.required
    ]
    return {
        name: [f"No column fills the written field '{name}': the text that was judged."]
        for name in names
        if name not in filled
    }
