"""Label Studio's JSON export: tasks with their annotations, each a list of results by the name of its control.

Its JSON_MIN and CSV are tables of one annotation a row.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.sources.imports.cell_texts import lines_of
from web import strict_json

NAME = "Label Studio"
_MARKS = ("annotation_id", "annotator", "lead_time", "created_at", "updated_at")
KEYS = (frozenset({"data", "annotations"}), frozenset(_MARKS[:3]))


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of a Label Studio task, or of a row of its plain tables."""
    if isinstance(record.get("data"), dict) and isinstance(annotations := record.get("annotations"), list):
        return all(isinstance(each, dict) and each.keys() & {"result", "completed_by"} for each in annotations)
    return record.keys() >= KEYS[1]


def relations_of(record: Mapping[str, Any]) -> int:
    """Count the relations between marked places, which `read` leaves out."""
    annotations = [each for each in record.get("annotations", ()) if isinstance(each, dict)]
    return sum(_is_relation(result) for each in annotations for result in each.get("result") or ())


def _is_relation(result: object) -> bool:
    return isinstance(result, dict) and result.get("type") == "relation" and {"from_id", "to_id"} <= result.keys()


def read(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield the data of a task with the answers of each annotation, marked places of a text as lists.

    What an annotator skipped is none; a task without any comes alone.

    Raises:
        ValueError: An annotation is of another shape.
    """
    if "annotations" not in record:
        # JSON_MIN has the data before the task's id and the answers behind it; a CSV may sort its columns.
        plain = {name: _plain(value) for name, value in record.items() if name not in _MARKS}
        names = list(record)
        place = names.index("id") + 1 if "id" in names[1:] else len(names)
        answers = {name: plain.pop(name) for name in names[place : names.index("annotator")] if name in plain}
        yield plain, answers, {name: record[name] for name in _MARKS if name in record}
        return
    is_judged = False
    for number, annotation in enumerate(record["annotations"], 1):
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result", []), list):
            raise ValueError(f"annotation {number} is not an object with a list 'result'")
        if annotation.get("was_cancelled"):
            continue
        is_judged = True
        yield (
            record["data"],
            _answers(annotation.get("result", []), record["data"], number),
            {
                "annotator": _who(annotation.get("completed_by")),
                "annotated at": annotation.get("created_at"),
                "lead time": annotation.get("lead_time"),
            },
        )
    if not is_judged:
        yield record["data"], {}, {}


def _answers(results: list[Any], data: Mapping[str, Any], number: int) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for result in results:
        if _is_relation(result):
            continue
        name, value = _answer(result, number)
        column = f"{name} (answer)" if name in data else name
        if isinstance(value, dict):
            answers.setdefault(column, []).append(value)
            continue
        if answers.get(column, value) != value:
            raise ValueError(f"annotation {number} answers '{name}' more than once, expected one answer")
        answers[column] = value
    return answers


def _answer(result: object, number: int) -> tuple[str, Any]:
    if not isinstance(result, dict) or not isinstance(result.get("value"), dict):
        raise ValueError(f"annotation {number} has a result without a value")
    value = result["value"]
    kind = str(result.get("type", ""))
    answer = value.get(kind, next(iter(value.values()), None))
    if kind == "textarea" and isinstance(value.get("text"), (str, list)):
        answer = value["text"]
    if kind == "textarea" and isinstance(answer, list):
        answer = lines_of(answer)
    if kind == "taxonomy" and isinstance(answer, list):
        answer = [" > ".join(map(str, path)) if isinstance(path, list) else path for path in answer]
    if kind.endswith("labels") and {"start", "end"} <= value.keys():
        label = answer[0] if isinstance(answer, list) and len(answer) == 1 else answer
        answer = {**{name: value[name] for name in ("text", "start", "end") if name in value}, "label": label}
    return str(result.get("from_name", kind)), answer


def _plain(value: Any) -> Any:
    """Return the labels of an answer that JSON_MIN keeps in an object, and a CSV as its text."""
    if isinstance(value, str) and value.startswith('{"choices":'):
        value = strict_json.parse(value)
    return value["choices"] if isinstance(value, dict) and value.keys() == {"choices"} else value


def _who(value: object) -> Any:
    """An export names its annotator by number, or with all that is known of them."""
    if not isinstance(value, dict):
        return f"annotator {value}" if isinstance(value, int) else value
    full = " ".join(part for part in (value.get("first_name"), value.get("last_name")) if part)
    return value.get("email") or value.get("username") or full or _who(value.get("id"))
