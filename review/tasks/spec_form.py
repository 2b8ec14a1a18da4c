"""A specification to and from the fields of a page: flat names with dots on one side, nested data on the other.

Rows are added and removed by buttons of the same form, so that the page works without scripts. Validation is the
specification's own; this module only finds the place of each mistake.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from review.spec import numbers
from review.spec.json_schema_reading import SchemaError, fields_from_json_schema
from review.spec.output_format import writes_mails
from review.spec.schema import shape_json
from review.tasks.spec_layout import (
    LINES,
    REPEATED,
    ROLES_OF_TEXTS,
    SECTIONS,
    ControlLayout,
    RepeatedRows,
    SectionLayout,
)
from review.tasks.spec_sections import (
    LINE_OF,
    Folds,
    FormCheck,
    FormControl,
    FormRow,
    FormSection,
    lines_of,
    parts_from,
    row_id,
    row_index,
    value_lines,
)
from review.text.checks import CHECKS, CHECKS_OF_MAILS, knows
from review.text.own_checks.installed import installed
from review.text.own_checks.process import OWN_CHECKS, UnansweredError
from web import strict_json
from web.errors import Refusal

Errors = Mapping[str, list[str]]
AS_LAID_OUT = Folds()


def body_from(data: Mapping[str, str], *, keeps_blank: bool = False) -> dict[str, Any]:
    """The nested data a posted form says, unvalidated; blank rows go, unless they are still being filled."""
    body: dict[str, Any] = {"offer": {}}
    for section in SECTIONS:
        for spot in section.spots:
            value: Any = data.get(spot.name, "").replace("\r\n", "\n")
            if spot.kind == "lines":
                value = lines_of(value)
            head, _, tail = spot.name.partition(".")
            if tail:
                body[head][tail] = value
            else:
                body[head] = value
        if section.rows:
            body[section.rows.name] = _rows_from(section.rows, data, keeps_blank)
    if not body["record_noun"]:
        del body["record_noun"]
    body["checks"] = [
        {"kind": kind, "fields": [word for word in re.split(r"[\s,]+", data.get(f"checks.{kind}.fields", "")) if word]}
        for kind in [*CHECKS, *_own_kinds(data)]
        if data.get(f"checks.{kind}.on")
    ]
    return body


def _own_kinds(data: Mapping[str, str]) -> list[str]:
    """Checks of packages among the posted switches; also of packages that are gone, so that saving keeps them."""
    return [match[1] for key in data if (match := re.fullmatch(r"checks\.([^.]+:[^.]+)\.on", key))]


def after_row_act(body: dict[str, Any], act: str) -> dict[str, Any]:
    """The data after a row button: `add:rubric`, `remove:rubric:2` or `up:rubric:2`; any other act changes nothing."""
    verb, _, rest = act.partition(":")
    name, _, place = rest.partition(":")
    if name not in REPEATED:
        return body
    rows = list(body.get(name, []))
    index = row_index(place)
    if verb == "add":
        rows.append({"required": True} if name == "output_schema" else {})
    elif verb == "remove" and 0 <= index < len(rows):
        rows.pop(index)
    elif verb == "up" and 0 < index < len(rows):
        rows[index - 1], rows[index] = rows[index], rows[index - 1]
    return body | {name: rows}


def with_forbidden(body: Mapping[str, Any], phrase: str) -> tuple[dict[str, Any], Folds]:
    """Return a specification with one more forbidden phrase and its check, unsaved, with its section open."""
    offer, checks = dict(body.get("offer") or {}), list(body.get("checks") or ())
    phrases = list(offer.get("forbidden_phrases") or ())
    offer["forbidden_phrases"] = phrases if phrase in phrases else [*phrases, phrase]
    if all(check.get("kind") != "forbidden" for check in checks):
        checks.append({"kind": "forbidden", "fields": []})
    folds = Folds(frozenset({"part-offer", "part-checks"}), "id_offer.forbidden_phrases")
    return {**body, "offer": offer, "checks": checks}, folds


def sections(body: Mapping[str, Any], errors: Errors, folds: Folds = AS_LAID_OUT) -> list[FormSection]:
    """The form's sections with their values and mistakes; what holds a mistake is open."""
    has_mails = writes_mails(body.get("output_schema", ())) or any((body.get("offer") or {}).values())
    drawn = [
        _drawn_section(section, body, errors, folds, has_mails=has_mails)
        for section in SECTIONS
        if has_mails or not section.is_of_mails
    ]
    return [replace(part, is_open=part.mistakes > 0 or _is_left_open(part.section, folds)) for part in drawn]


def _is_left_open(section: SectionLayout, folds: Folds) -> bool:
    return not section.is_folded if folds.opened is None else folds.has(f"part-{section.id}")


def is_row_act(act: str) -> bool:
    """Return whether a button changes rows: adds, removes, moves or retypes them, or reads them from a schema."""
    return act.split(":", 1)[0] in {"add", "remove", "up", "retype", "schema"}


def _drawn_section(
    section: SectionLayout, body: Mapping[str, Any], errors: Errors, folds: Folds, *, has_mails: bool
) -> FormSection:
    controls = [FormControl(spot, spot.name, _value(body, spot), _errors_at(errors, spot)) for spot in section.spots]
    rows, own = [], list(errors.get(section.rows.name, ())) if section.rows else []
    if section.rows:
        parts = body.get(section.rows.name, ())
        rows = [_drawn_row(section.rows, index, part, errors, folds) for index, part in enumerate(parts)]
    checks = _drawn_checks(body, has_mails=has_mails) if section.has_checks else []
    if section.has_checks:
        own += _errors_under(errors, "checks")
    return FormSection(section, controls, rows, checks, own)


def _drawn_row(rows: RepeatedRows, index: int, part: object, errors: Errors, folds: Folds) -> FormRow:
    prefix, own = f"{rows.name}.{index}", list(errors.get(f"{rows.name}.{index}", ()))
    type_ = (part.get("type") if isinstance(part, dict) else "") or "text"
    controls = [
        FormControl(
            spot, f"{prefix}.{spot.name}", _part_value(part, spot), _errors_under(errors, f"{prefix}.{spot.name}")
        )
        for spot in rows.spots
        if spot.is_drawn_for(type_)
    ]
    name = row_id(rows.name, index)
    row = FormRow(name, index, controls, own, titled_by=rows.titled_by)
    is_mistaken = bool(own) or any(control.errors for control in controls)
    return replace(row, is_open=is_mistaken or not row.title or folds.has(name))


def _drawn_checks(body: Mapping[str, Any], *, has_mails: bool) -> list[FormCheck]:
    chosen = {check.get("kind"): check for check in body.get("checks", ()) if isinstance(check, dict)}
    language = str(body.get("language") or "en")
    ours = [kind for kind in CHECKS if has_mails or kind in chosen or kind not in CHECKS_OF_MAILS]
    own = dict.fromkeys([*installed(), *(kind for kind in chosen if ":" in str(kind))])
    return [
        _drawn_check(str(kind), language, is_on=kind in chosen, fields=chosen.get(kind, {}).get("fields", ()))
        for kind in [*ours, *own]
    ]


def _drawn_check(kind: str, language: str, *, is_on: bool, fields: Sequence[str]) -> FormCheck:
    label, about, is_silent, trouble = kind, "", False, ""
    try:
        is_silent = not knows(kind, language)
        if kind in CHECKS:
            label, about = CHECKS[kind].LABEL, CHECKS[kind].DESCRIPTION
        else:
            description = OWN_CHECKS.about(kind)
            label, about = description.label, f"{description.description} ({kind})".strip()
    except UnansweredError as error:
        trouble = str(error)
    return FormCheck(kind, label, about, is_on, ", ".join(fields), is_silent, trouble)


def _value(body: Mapping[str, Any], spot: ControlLayout) -> Any:
    head, _, tail = spot.name.partition(".")
    value = body.get(head, "")
    if tail:
        value = value.get(tail, "") if isinstance(value, dict) else ""
    return "\n".join(str(line) for line in value) if spot.name in LINES and isinstance(value, (list, tuple)) else value


def _part_value(part: object, spot: ControlLayout) -> Any:
    value = part.get(spot.name) if isinstance(part, dict) else None
    if spot.kind in LINE_OF:
        return value_lines(spot.kind, value or ())
    return "" if value is None else value


def _errors_at(errors: Errors, spot: ControlLayout) -> list[str]:
    return _errors_under(errors, spot.name) if spot.name in LINES else list(errors.get(spot.name, ()))


def _errors_under(errors: Errors, path: str) -> list[str]:
    errors_below = []
    for place, texts in errors.items():
        if place == path:
            errors_below += texts
        elif place.startswith(f"{path}."):
            line = place[len(path) + 1 :].split(".")[0]
            errors_below += [f"Line {int(line) + 1}: {text}" if line.isdigit() else text for text in texts]
    return errors_below


def _rows_from(rows: RepeatedRows, data: Mapping[str, str], keeps_blank: bool) -> list[dict[str, Any]]:
    pattern = re.compile(rf"{re.escape(rows.name)}\.([0-9]{{1,6}})\.")
    indices = sorted({int(match.group(1)) for key in data if (match := pattern.match(key))})
    parts = [_part_from(rows, data, f"{rows.name}.{index}") for index in indices]
    return [_without_blanks(part) for part in parts if keeps_blank or _says_something(part)]


def _part_from(rows: RepeatedRows, data: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """One row; a role of texts that was chosen before its type became another one goes."""
    part = {spot.name: _cell(spot, data, f"{prefix}.{spot.name}") for spot in rows.spots}
    if part.get("role") in ROLES_OF_TEXTS and part.get("type") != "text":
        part["role"] = ""
    return part


def _says_something(part: Mapping[str, Any]) -> bool:
    """Switches and kinds have a value from the start; a row says something when more than these is filled."""
    return any(value for value in part.values() if value not in ("text", True))


def _cell(spot: ControlLayout, data: Mapping[str, str], key: str) -> Any:
    text = data.get(key, "").strip()
    if spot.kind == "check":
        return bool(text)
    if spot.kind == "number":
        return (int(text) if text.isascii() and text.isdigit() and len(text) < 10 else text) if text else None
    if spot.kind == "decimal":
        return _decimal(text) if text else None
    if spot.kind in LINE_OF:
        return parts_from(spot.kind, text)
    return text


def _without_blanks(part: dict[str, Any]) -> dict[str, Any]:
    """Numbers left blank are no value; everything else says what it says."""
    return {name: value for name, value in part.items() if value is not None}


def _decimal(text: str) -> float | str:
    try:
        return numbers.read_typed(text)
    except ValueError:
        return text


ACT = "schema:output_schema"


def with_pasted_schema(body: dict[str, Any], text: str) -> dict[str, Any]:
    """Return the data of a form with the written fields of a schema in place of its own.

    Raises:
        Refusal: 400; the text is no JSON, or the schema says something that fields cannot; names the place.
    """
    try:
        fields = fields_from_json_schema(strict_json.loads(text))
    except SchemaError as error:
        raise _wrong(f"The schema cannot be taken: {error}.") from None
    except ValueError as error:
        raise _wrong(f"This is not JSON: {error}.") from None
    return body | {"output_schema": [shape_json(field) for field in fields]}


def _wrong(message: str) -> Refusal:
    return Refusal(
        "schema_not_taken",
        message,
        hint="Correct the schema at that place, or add the fields by hand.",
        status=400,
        errors={"output_schema": [message]},
    )
