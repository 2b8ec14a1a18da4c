"""Rows of frozen files: what one gold looks like in each format. Pure Python; knows neither rows of tables nor files.

`sft` is what TRL and `datasets.load_dataset("json")` read as it is; `raw` follows the published `RAW_SCHEMA`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from review import prompting
from review.schema import Facts, Fields
from review.spec import TaskSpec

FORMATS = ("sft", "raw")

RAW_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A judged draft",
    "type": "object",
    "additionalProperties": False,
    "required": ["id", "task", "task_version", "record", "draft", "decision", "provenance", "split"],
    "properties": {
        "id": {"type": "string", "format": "uuid", "description": "The candidate."},
        "task": {"type": "string"},
        "task_version": {"type": "integer", "minimum": 1},
        "split": {"enum": ["train", "validation", "test"]},
        "record": {
            "type": "object",
            "required": ["id", "group", "facts"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "group": {"type": "string"},
                "facts": {"type": "object"},
            },
        },
        "draft": {"type": "object", "description": "The fields as the teacher wrote them."},
        "decision": {
            "type": "object",
            "required": ["id", "verdict", "fields", "reasons", "ratings", "reviewer", "seconds", "at"],
            "properties": {
                "id": {"type": "string", "format": "uuid"},
                "verdict": {"enum": ["accept", "edit", "reject"]},
                "fields": {"type": ["object", "null"], "description": "The fields the decision ends with."},
                "reasons": {"type": "array", "items": {"type": "string"}},
                "ratings": {"type": "object"},
                "reviewer": {"type": "string"},
                "seconds": {"type": "number", "minimum": 0},
                "at": {"type": "string", "format": "date-time"},
            },
        },
        "provenance": {
            "type": "object",
            "required": ["origin", "teacher", "model", "prompt_hash", "call", "round"],
            "properties": {
                "origin": {"type": "string"},
                "note": {"type": "string"},
                "teacher": {"type": "string"},
                "model": {"type": "string"},
                "prompt_hash": {"type": "string"},
                "call": {"type": ["string", "null"]},
                "round": {"type": "integer", "minimum": 1},
            },
        },
    },
}


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """One gold with all that an export tells of it, as plain values."""

    id: str
    task: str
    task_version: int
    spec: TaskSpec
    split: str
    record_id: str
    group: str
    facts: Facts
    draft: Fields
    decision_id: str
    verdict: str
    fields: Fields | None
    reasons: list[str]
    ratings: dict[str, Any]
    reviewer: str
    seconds: float
    decided_at: str
    origin: str
    note: str
    teacher: str
    model: str
    prompt_hash: str
    call_id: str | None
    round: int

    @property
    def text(self) -> str:
        """The completion it teaches: edited fields where there are some, else the draft's."""
        return prompting.completion(self.spec, self.fields or self.draft)

    @property
    def is_positive(self) -> bool:
        """Whether a student should learn to write this."""
        return self.verdict in ("accept", "edit")


def sft_row(gold: JudgedDraft) -> dict[str, Any]:
    """`{id, prompt, completion, meta}`: lists of messages, and `meta` as a JSON string."""
    meta = {
        "decision": gold.decision_id,
        "group": gold.group,
        "model": gold.model,
        "record": gold.record_id,
        "reviewer": gold.reviewer,
        "round": gold.round,
        "split": gold.split,
        "task": gold.task,
        "task_version": gold.task_version,
        "teacher": gold.teacher,
        "verdict": gold.verdict,
    }
    return {
        "id": gold.id,
        "prompt": prompting.messages(gold.spec, gold.facts, audience="student"),
        "completion": [{"role": "assistant", "content": gold.text}],
        "meta": prompting.canonical_json(meta),
    }


def raw_row(gold: JudgedDraft) -> dict[str, Any]:
    """Everything known of the gold, by `RAW_SCHEMA`."""
    return {
        "id": gold.id,
        "task": gold.task,
        "task_version": gold.task_version,
        "split": gold.split,
        "record": {"id": gold.record_id, "group": gold.group, "facts": gold.facts},
        "draft": gold.draft,
        "decision": {
            "id": gold.decision_id,
            "verdict": gold.verdict,
            "fields": gold.fields,
            "reasons": gold.reasons,
            "ratings": gold.ratings,
            "reviewer": gold.reviewer,
            "seconds": gold.seconds,
            "at": gold.decided_at,
        },
        "provenance": {
            "origin": gold.origin,
            "note": gold.note,
            "teacher": gold.teacher,
            "model": gold.model,
            "prompt_hash": gold.prompt_hash,
            "call": gold.call_id,
            "round": gold.round,
        },
    }


def line(row: dict[str, Any]) -> bytes:
    """One canonical JSONL line: sorted keys, no blanks, raw UTF-8."""
    return (prompting.canonical_json(row) + "\n").encode()
