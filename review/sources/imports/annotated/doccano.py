"""doccano's JSONL: a text with its labels, or with annotations by user as its older versions write them.

Of a text-to-text project the label is what the annotator wrote. Newer versions write one file a user, and no name in
it: the form then takes the reviewer for all rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from review.sources.imports.cell_texts import lines_of

NAME = "doccano"
KEYS = tuple(frozenset({"text", key}) for key in ("Comments", "annotation_approver", "annotations"))
_SPAN = [int, int, str]
_OWN = frozenset({"label", "labels", "annotations", "meta", "metadata", "Comments", "comments", "annotation_approver"})


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of a doccano record."""
    if not isinstance(record.get("text", record.get("data")), str):
        return False
    label = record.get("label", record.get("labels"))
    is_labelled = isinstance(label, list) and ("Comments" in record or "id" in record)
    return _has_annotations(record) or (is_labelled and not record.get("annotations"))


def are_sure(records: Sequence[Mapping[str, Any]]) -> bool:
    """Tell an export from texts with columns of their own that are called like doccano's: remarks, or empty lists."""
    are_listed = all(isinstance(each.get("Comments", []), list) for each in records)
    return are_listed and any(each.get("annotations") or each.keys() & (_OWN - {"annotations"}) for each in records)


def read(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield the text with its labels, or with those of each user where users are named; marked places as objects.

    Raises:
        ValueError: A marked place has no end.
    """
    meta = record.get("meta", record.get("metadata"))
    facts = {**(meta if isinstance(meta, dict) else {}), **{k: value for k, value in record.items() if k not in _OWN}}
    remarks, text = record.get("Comments") or record.get("comments"), record.get("text", record.get("data"))
    more = {"comments": lines_of(remarks) if isinstance(remarks, list) else remarks} if remarks else {}
    if not record.get("annotations"):
        name = "labels" if "labels" in record else "label"
        labels = record.get(name) or []
        if who := record.get("annotation_approver"):
            more["annotator"] = who
        places = [_marked(text, *label) if _is_span(label) else label for label in labels]
        yield facts, {name: places}, more if labels else {}
        return
    places_by_user = dict[object, list[dict[str, Any]]]()
    for annotation in record["annotations"]:
        user, label = annotation["user"], annotation.get("label", annotation.get("text"))
        said = {"annotator": f"user {user}" if isinstance(user, int) else user}
        said |= {"annotated at": annotation.get("updated_at") or annotation.get("created_at")}
        if "start_offset" in annotation:
            place = _marked(text, annotation["start_offset"], annotation.get("end_offset"), label)
            places_by_user.setdefault(said["annotator"], []).append(place)
        else:
            yield facts, {"label": label}, {**more, **said}
    for user, places in places_by_user.items():
        yield facts, {"label": places}, {**more, "annotator": user}


def _marked(text: Any, start: object, end: object, label: object) -> dict[str, Any]:
    if not (isinstance(start, int) and isinstance(end, int)):
        raise ValueError("a label has no 'start_offset' and 'end_offset'")
    return {"text": str(text)[start:end], "start": start, "end": end, "label": label}


def _is_span(label: object) -> bool:
    return isinstance(label, list) and list(map(type, label)) == _SPAN


def _has_annotations(record: Mapping[str, Any]) -> bool:
    annotations = record.get("annotations")
    return isinstance(annotations, list) and all(isinstance(each, dict) and "user" in each for each in annotations)
