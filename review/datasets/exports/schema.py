"""One gold with all that an export tells of it, as plain values, and the published JSON Schema of a `raw` row."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from review.spec import prompting
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec

_UUID = {"type": "string", "format": "uuid"}
_UUID_OR_NONE = {"type": ["string", "null"], "format": "uuid"}
_MOMENT = {"type": "string", "format": "date-time"}
_VERDICTS = ["accept", "edit", "reject"]


def _object(required: dict[str, Any], optional: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    properties = {**required, **(optional or {})}
    return {
        "type": "object",
        "additionalProperties": False,
        "required": list(required),
        "properties": properties,
        **more,
    }


_JUDGED = {
    "id": _UUID,
    "fields": {"type": ["object", "null"], "description": "The fields it ends with; null unless it is an edit."},
    "reasons": {"type": "array", "items": {"type": "string"}},
    "ratings": {"type": "object"},
    "reviewer": {"type": "string"},
    "seconds": {"type": ["number", "null"], "minimum": 0, "description": "Null if no time was recorded."},
    "at": _MOMENT,
}

_PLACE = _object(
    {
        "path": {"type": "string", "description": "The quote in the fields, such as claims.0.quote."},
        "fact": {
            "type": "string",
            "description": "The text of the record that holds it, such as page or talk.2.content.",
        },
        "start": {"type": "integer", "minimum": 0, "description": "First character in that text, in code points."},
        "end": {"type": "integer", "minimum": 1, "description": "One past the last character."},
    }
)

_DECISION = _object(
    {"verdict": {"enum": [*_VERDICTS, "machine"]}, **_JUDGED},
    {
        "judge": {"type": "string", "description": "Of `machine`: who accepted it; no person judged it."},
        "quotes": {
            "type": "array",
            "items": _PLACE,
            "description": "Positions of its final quotes in the sources; quotes found nowhere are left out.",
        },
    },
    description="The decision that counts.",
)

_ONE_OF_ALL = _object(
    {
        "verdict": {"enum": [*_VERDICTS, "retract"]},
        **_JUDGED,
        "note": {"type": "string"},
        "late": {"type": "boolean", "description": "Came after its lease had passed on; counts only if adopted."},
        "retracts": {**_UUID_OR_NONE, "description": "The decision it takes back."},
        "bulk": {**_UUID_OR_NONE, "description": "The bulk act it belongs to: not read one by one."},
        "imported_from": {**_UUID_OR_NONE, "description": "The file it came with, when it was made elsewhere."},
        "edit_size": {"type": ["number", "null"], "minimum": 0, "description": "Share of words that an edit changed."},
        "edit_kinds": {"type": "array", "items": {"type": "string"}},
    }
)

_RULING = _object(
    {
        "id": _UUID,
        "kind": {"enum": ["adopt", "leave", "settle", "reopen", "send_back"]},
        "decision": _UUID_OR_NONE,
        "lead": {"type": "string"},
        "note": {"type": "string"},
        "at": _MOMENT,
    }
)

_PREFERENCE = _object(
    {
        "id": _UUID,
        "chosen": {**_UUID_OR_NONE, "description": "The best of those shown; null when none was better."},
        "shown": {"type": "array", "items": _UUID, "description": "Drafts side by side, left to right."},
        "reviewer": {"type": "string"},
        "seconds": {"type": "number", "minimum": 0},
        "note": {"type": "string"},
        "retracts": _UUID_OR_NONE,
        "at": _MOMENT,
    }
)

_COMMENT = _object({"id": _UUID, "author": {"type": "string"}, "text": {"type": "string"}, "at": _MOMENT})

# 2: `comments`, absent where there are none.
RAW_VERSION = 2
RAW_SCHEMA: dict[str, Any] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "A judged draft",
    "version": RAW_VERSION,
    **_object(
        {
            "id": {**_UUID, "description": "The draft."},
            "task": {"type": "string"},
            "task_version": {"type": "integer", "minimum": 1},
            "split": {"enum": ["train", "validation", "test"]},
            "record": _object({"id": _UUID, "group": {"type": "string"}, "facts": {"type": "object"}}),
            "draft": {"type": "object", "description": "The fields as they were drafted."},
            "decision": _DECISION,
            "decisions": {"type": "array", "items": _ONE_OF_ALL, "description": "Everything said, earliest first."},
            "rulings": {"type": "array", "items": _RULING},
            "preferences": {"type": "array", "items": _PREFERENCE, "description": "Preferences it was shown in."},
            "provenance": _object(
                {
                    "origin": {"type": "string"},
                    "teacher": {"type": "string"},
                    "model": {"type": "string"},
                    "prompt_hash": {"type": "string"},
                    "call": {"type": ["string", "null"]},
                    "round": {"type": "integer", "minimum": 1},
                    "parent": {**_UUID_OR_NONE, "description": "The draft it revises."},
                },
                {"note": {"type": "string"}},
            ),
        },
        {
            "comments": {
                "type": "array",
                "items": _COMMENT,
                "description": "What people wrote about it, earliest first.",
            },
            "outcomes": {
                "type": "array",
                "items": {"type": "string"},
                "description": (
                    "Outcomes of the mails sent from it, such as replied or meeting, if the selection includes them."
                ),
            },
        },
    ),
}


WorseKind = Literal["edit", "preference", "revision", "reply"]


@dataclass(frozen=True, slots=True)
class RejectedText:
    """A text for the same record that was found worse than the gold's.

    Attributes:
        id: Of the pair; the same however often it is read.
        kind: How it was found: `edit`, the gold's own draft before the edit; `preference`, a draft laid beside it;
            `revision`, the draft that the gold's draft revises; `reply`, a draft whose mail nobody answered while the
            gold's was answered: exploratory, since no expert said so.
        draft_id: The draft the text is of.
        said_in: Id of the decision or the preference that says so; of `reply`, of the mail that was answered.
        reviewer: Whose word it is; empty of `reply`.
        is_simulated: Of `reply`: whether the readers are made up.
    """

    id: str
    kind: WorseKind
    draft_id: str
    fields: Fields
    said_in: str
    reviewer: str
    is_simulated: bool = False

    @property
    def is_exploratory(self) -> bool:
        """Return whether a reply alone makes the pair: no expert compared the two texts."""
        return self.kind == "reply"


@dataclass(frozen=True, slots=True)
class DraftHistory:
    """Everything said of one draft, the earliest first, in the shapes of `RAW_SCHEMA`."""

    decisions: list[dict[str, Any]] = field(default_factory=list)
    rulings: list[dict[str, Any]] = field(default_factory=list)
    preferences: list[dict[str, Any]] = field(default_factory=list)
    comments: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class JudgedDraft:
    """One gold: the draft, the decision that counts, where both come from, what it is better than."""

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
    seconds: float | None
    decided_at: str
    origin: str
    note: str
    teacher: str
    model: str
    prompt_hash: str
    call_id: str | None
    round: int
    is_bulk: bool = False
    is_imported: bool = False
    parent_id: str | None = None
    worse: tuple[RejectedText, ...] = ()
    # Of a follow-up: the mails its reader got before.
    thread: prompting.Thread = ()
    history: DraftHistory = field(default_factory=DraftHistory)
    # Whether it teaches the answer alone, without the reasoning before it.
    drops_reasoning: bool = False
    # What came of the mails sent from it, and how often a training row of it is written; told only where a selection
    # asks.
    outcomes: tuple[str, ...] = ()
    copies: int = 1
    # Who accepted it where no person did.
    judge: str = ""

    @property
    def taught(self) -> TaskSpec:
        return self.spec.without_reasoning() if self.drops_reasoning else self.spec

    @property
    def text(self) -> str:
        """The completion it teaches: edited fields where there are some, else the draft's."""
        return self.completion(self.fields or self.draft)

    def completion(self, fields: Fields) -> str:
        if not self.drops_reasoning:
            return prompting.completion(self.spec, fields)
        names = {field.name for field in self.taught.output_schema}
        return prompting.completion(self.taught, {name: value for name, value in fields.items() if name in names})

    @property
    def is_positive(self) -> bool:
        return self.verdict in ("accept", "edit", "machine")

    @property
    def is_machine(self) -> bool:
        """Return whether a judge accepted the draft and no person did. `decision_id` then names the acceptance."""
        return self.verdict == "machine"
