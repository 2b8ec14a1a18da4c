"""What a generation job tells its engine: the teacher, the task, the records and the limits. Pydantic, no Django.

Holds names of secrets, never their values.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from jobs.contracts import Wire

Provider = Literal["offline", "openai", "anthropic", "openai-compatible"]
Purpose = Literal["desk", "evaluation"]
UncertainPolicy = Literal["hold", "retry"]
DEFAULT_MAX_TOKENS = 1024


class TeacherSpec(Wire):
    """Who is asked, with what, and what a token costs."""

    name: str
    provider: Provider
    model: str
    base_url: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    secret_ref: str = ""
    # Which of the task's templates it is asked with: a miniature knows the short one it was tuned on.
    audience: Literal["teacher", "student"] = "teacher"
    input_usd_per_million: float = Field(0, ge=0)
    output_usd_per_million: float = Field(0, ge=0)

    @property
    def max_tokens(self) -> int:
        """The longest answer asked for, in tokens; also what the worst case of a call is priced with."""
        return int(self.parameters.get("max_tokens", DEFAULT_MAX_TOKENS))

    def cost_usd(self, input_tokens: int, output_tokens: int) -> float:
        """List price of so many tokens."""
        cost = input_tokens * self.input_usd_per_million + output_tokens * self.output_usd_per_million
        return round(cost / 1_000_000, 9)


class RecordIn(Wire):
    """One record to write for."""

    id: str
    facts: dict[str, Any]
    # What people call it; only for whoever watches the drafts arrive.
    title: str = ""
    # A conversation to go on with, for a draft that is written again; else the task's template is filled in.
    messages: list[dict[str, str]] | None = None


class Limits(Wire):
    """How hard the engine may press, and how long it waits."""

    concurrency: int = Field(16, ge=1, le=512)
    timeout_s: float = Field(120, gt=0)
    connect_timeout_s: float = Field(10, gt=0)
    max_tries: int = Field(6, ge=1)
    backoff_s: float = Field(1, ge=0)
    backoff_cap_s: float = Field(60, ge=0)
    # A provider that asks for a longer wait than this ends the job; a person resumes it later.
    longest_wait_s: float = Field(300, ge=0)
    stop_grace_s: float = Field(20, ge=0)


class GenerationSpec(Wire):
    """Body of `spec.json` of a generation job."""

    # Call ids are derived from this, so that every attempt of one order plans the same calls.
    order: str
    purpose: Purpose = "desk"
    task: dict[str, Any]
    teacher: TeacherSpec
    records: list[RecordIn] = Field(min_length=1)
    count: int = Field(ge=1)
    budget_usd: float | None = Field(None, ge=0)
    seed: int = 0
    uncertain: UncertainPolicy = "hold"
    limits: Limits = Field(default_factory=Limits)
    # Calls whose end the database knows already, with what they cost: never asked again, even without a journal.
    settled: dict[str, float] = Field(default_factory=dict)
    # Calls the database saw on the wire and never saw come back; a lost journal must not make them look unasked.
    in_doubt: list[str] = Field(default_factory=list)
