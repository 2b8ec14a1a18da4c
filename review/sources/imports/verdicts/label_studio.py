"""Label Studio's JSON export: tasks with their annotations, each a list of results by the name of its control.

Its JSON_MIN is a plain table of one annotation a row already and needs nothing of this.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.sources.imports.cell_texts import lines_of

NAME = "Label Studio"


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of a Label Studio task."""
    return isinstance(record.get("data"), dict) and isinstance(record.get("annotations"), list)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One flat row an annotation; what an annotator skipped is none.

    Raises:
        ValueError: An annotation is of another shape.
    """
    data = record["data"]
    for number, annotation in enumerate(record["annotations"], 1):
        if not isinstance(annotation, dict) or not isinstance(annotation.get("result", []), list):
            raise ValueError(f"annotation {number} is not an object with a list 'result'")
        if annotation.get("was_cancelled"):
            continue
        answers: dict[str, Any] = {}
        for result in annotation.get("result", []):
            name, value = _answer(result, number)
            column = f"{name} (answer)" if name in data else name
            if answers.get(column, value) != value:
                raise ValueError(f"annotation {number} answers '{name}' more than once, expected one answer")
            answers[column] = value
        yield {
            **data,
            **answers,
            "annotator": _who(annotation.get("completed_by")),
            "annotated at": annotation.get("created_at"),
            "lead time": annotation.get("lead_time"),
        }


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
    if isinstance(answer, list) and len(answer) == 1:
        answer = answer[0]
    return str(result.get("from_name", kind)), answer


def _who(value: object) -> Any:
    """An export names its annotator by number, or with all that is known of them."""
    if not isinstance(value, dict):
        return f"annotator {value}" if isinstance(value, int) else value
    full = " ".join(part for part in (value.get("first_name"), value.get("last_name")) if part)
    return value.get("email") or value.get("username") or full or _who(value.get("id"))
