"""Prodigy's JSONL: a text with the spans, options or label that an annotator accepted.

As verdicts it is a plain table already.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

NAME = "Prodigy"
KEYS = (frozenset({"_task_hash", "answer"}),)
# What Prodigy shows beside a text, or keeps for itself.
_OWN = frozenset({"answer", "config", "html", "meta", "options", "tokens"})
_ANSWERS = ("accept", "spans", "relations", "user_input")


def fits(record: Mapping[str, Any]) -> bool:
    """Return whether a record has the shape of a Prodigy example."""
    return "_task_hash" in record and record.get("answer") in ("accept", "reject", "ignore")


def read(record: Mapping[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]]:
    """Yield the text with what was accepted; of a lone label the answer is whether it fits.

    Raises:
        ValueError: The annotator rejected or ignored the example, or a span has no place.
    """
    meta, text, judged = record.get("meta"), record.get("text"), record["answer"]
    facts = {key: value for key, value in record.items() if key not in (*_OWN, *_ANSWERS) and key[:1] != "_"}
    answers = {key: record[key] for key in _ANSWERS if key in record}
    if judged == "ignore" or (judged == "reject" and answers):
        raise ValueError(f"its annotator chose '{judged}'")
    if isinstance(text, str) and isinstance(spans := answers.get("spans"), list):
        answers["spans"] = [_marked(text, span) for span in spans]
    yield {**facts, **(meta if isinstance(meta, dict) else {})}, answers or {"answer": judged}, {}


def _marked(text: str, span: object) -> dict[str, Any]:
    if not isinstance(span, dict) or not {type(span.get("start")), type(span.get("end"))} == {int}:
        raise ValueError("a span has no 'start' and 'end'")
    return {
        "text": text[span["start"] : span["end"]],
        **{name: span[name] for name in ("start", "end", "label") if name in span},
    }
