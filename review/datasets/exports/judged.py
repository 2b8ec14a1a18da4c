"""One gold with all that an export tells of it, as plain values. Pure Python; knows neither tables nor files."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from review.spec import prompting
from review.spec.schema import Facts, Fields
from review.spec.task_spec import TaskSpec

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
