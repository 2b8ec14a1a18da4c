"""doccano's JSONL: a text with its labels, or with annotations by user as its older versions write them.

Of a text-to-text project the label is what the annotator wrote. Newer versions write one file a user, and no name in
it: the form then takes the reviewer for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from review.sources.imports.cell_texts import lines_of

NAME = "doccano"


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of a doccano record."""
    if not isinstance(record.get("text", record.get("data")), str):
        return False
    label = record.get("label", record.get("labels"))
    is_labelled = isinstance(label, list) and ("Comments" in record or "id" in record)
    return is_labelled or _has_annotations(record)


def rows(record: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """One flat row a label, or a user where users are named; a text without one gives none.

    Raises:
        ValueError: Spans or relations: they judge places of a text, not the text.
    """
    meta = record.get("meta", record.get("metadata"))
    shown = {**(meta if isinstance(meta, dict) else {}), **_shown(record)}
    if _has_annotations(record):
        for annotation in record["annotations"]:
            yield {
                **shown,
                "label": annotation.get("label", annotation.get("text")),
                "annotator": _who(annotation.get("user")),
                "annotated at": annotation.get("updated_at") or annotation.get("created_at"),
            }
        return
    labels = record.get("label", record.get("labels")) or []
    if any(isinstance(label, (list, dict)) for label in labels):
        raise ValueError("its labels are spans, expected one label for the text")
    if labels:
        yield {**shown, "label": labels[0] if len(labels) == 1 else labels, **_approver(record)}


def _shown(record: Mapping[str, Any]) -> dict[str, Any]:
    own = {"label", "labels", "annotations", "meta", "metadata", "Comments", "comments", "annotation_approver"}
    remarks = record.get("Comments") or record.get("comments")
    comments = {"comments": lines_of(remarks) if isinstance(remarks, list) else remarks} if remarks else {}
    return {**{key: value for key, value in record.items() if key not in own}, **comments}


def _has_annotations(record: Mapping[str, Any]) -> bool:
    annotations = record.get("annotations")
    return isinstance(annotations, list) and all(isinstance(each, dict) and "user" in each for each in annotations)


def _approver(record: Mapping[str, Any]) -> dict[str, Any]:
    who = record.get("annotation_approver")
    return {"annotator": who} if who else {}


def _who(value: object) -> Any:
    return f"user {value}" if isinstance(value, int) else value
