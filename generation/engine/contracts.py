"""Body of a generation job for its engine: the teacher, the task, the records and the limits. Pydantic, no Django.

Holds names of secrets, never their values.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from generation.engine.prices import TokenPrices, price_factors
from jobs.contracts import Wire

Provider = Literal["offline", "openai", "anthropic", "openai-compatible"]
Purpose = Literal["desk", "evaluation"]
UncertainPolicy = Literal["hold", "retry"]
# collect: no call is made; batches that still lie at the provider are cancelled there, and what they brought is kept.
Way = Literal["live", "batch", "collect"]
Stragglers = Literal["ask", "leave"]
DEFAULT_MAX_TOKENS = 1024


class TeacherSpec(TokenPrices):
    """Teacher to ask, with its parameters and the price of a token."""

    name: str
    provider: Provider
    model: str
    base_url: str = ""
    parameters: dict[str, Any] = Field(default_factory=dict)
    secret_ref: str = ""
    # How drafts come back: in the task's text form, or in JSON by a schema the provider holds the model to. A spec from
    # before there was a choice asks as it did then.
    answers: Literal["auto", "text", "json"] = "text"
    # Which of the task's templates it is asked with: a miniature knows the short one it was tuned on.
    audience: Literal["teacher", "student"] = "teacher"
    # Whether no price is entered for the model, so that calls are counted at an assumed one.
    is_price_assumed: bool = False

    @property
    def max_tokens(self) -> int:
        """The longest answer asked for, in tokens; also what the worst case of a call is priced with."""
        return int(self.parameters.get("max_tokens", DEFAULT_MAX_TOKENS))

    def factors(self, input_tokens: float) -> tuple[float, float]:
        return price_factors(self.model, self.base_url, input_tokens)


class MixedTeacher(Wire):
    """One of several teachers: its share of the drafts, relative to the others', and temperatures taken in turn."""

    teacher: TeacherSpec
    share: float = Field(1, gt=0)
    temperatures: list[float] = Field(default_factory=list)


class Shot(Wire):
    """An approved text that teachers are shown; never for a record of the same company."""

    decision: str
    company: list[str]
    facts: dict[str, Any]
    fields: dict[str, Any]


class Mix(Wire):
    """Variety of the drafts of one order. Empty, it changes nothing."""

    # Empty: the order's one teacher.
    teachers: list[MixedTeacher] = Field(default_factory=list, max_length=8)
    personas: list[str] = Field(default_factory=list)
    angles: list[str] = Field(default_factory=list)
    # One more than is shown, so that a record whose own company is among them sees as many as the others.
    shots: list[Shot] = Field(default_factory=list)
    shown: int = Field(0, ge=0)


class RecordIn(Wire):
    """One record to write for."""

    id: str
    facts: dict[str, Any]
    # What its company is known by: its name as splits read it, and its domain.
    company: list[str] = Field(default_factory=list)
    # The way into the text that its last draft took, where another is wanted.
    not_angle: str = ""
    # What people call it; only for whoever watches the drafts arrive.
    title: str = ""
    # Mails its reader got before, for a follow-up: `subject` and `body` of each, the first one first; `reply_class` of
    # the last, where the reader has answered.
    thread: list[dict[str, str]] = Field(default_factory=list)
    # A conversation to go on with, for a draft that is written again; else the task's template is filled in.
    messages: list[dict[str, str]] | None = None


class Limits(Wire):
    """Limits on how hard the engine may press, and how long it waits."""

    concurrency: int = Field(16, ge=1, le=512)
    # How many processes make the calls; None: by concurrency and this host's cores.
    processes: int | None = Field(None, ge=1, le=16)
    timeout_s: float = Field(120, gt=0)
    connect_timeout_s: float = Field(10, gt=0)
    # Hosts in private networks that teachers may be asked at: names, `name:port` or networks; no other private number
    # is called, whatever a name leads to by then. None: nothing is checked.
    private_hosts: list[str] | None = None
    max_tries: int = Field(6, ge=1)
    # How often an answer in JSON that breaks the task's schema is shown to its teacher again, as a paid call.
    repairs: int = Field(1, ge=0, le=1)
    backoff_s: float = Field(1, ge=0)
    backoff_cap_s: float = Field(60, ge=0)
    # A provider that asks for a longer wait than this ends the job; a person resumes it later.
    longest_wait_s: float = Field(300, ge=0)
    stop_grace_s: float = Field(20, ge=0)
    # Batches: how often the provider is asked at first and at most, how long one that may have been handed in is looked
    # for, and how much goes into one. Less than providers take: what a batch holds is priced, and lost, together.
    batch_poll_s: float = Field(10, gt=0)
    batch_poll_cap_s: float = Field(60, gt=0)
    batch_settle_s: float = Field(60, ge=0)
    batch_requests: int = Field(10_000, ge=1, le=50_000)
    batch_bytes: int = Field(100_000_000, ge=1, le=200_000_000)


class BatchIn(Wire):
    """A batch the database knows of and has not seen taken in, for an attempt that finds no journal."""

    token: str
    batch_id: str = ""
    # First and last index of runs of calls, both included.
    positions: list[tuple[int, int]]
    prepared_at: float


class AnnouncedIn(Wire):
    """Calls that an attempt may have asked for without having come to its end: where they stand in the order."""

    # Which attempt; its own journal says more where it lies on this host.
    attempt: int
    positions: list[tuple[int, int]]


class GenerationSpec(Wire):
    """Body of `spec.json` of a generation job."""

    # Call ids are derived from this, so that every attempt of one order plans the same calls.
    order: str
    purpose: Purpose = "desk"
    task: dict[str, Any]
    teacher: TeacherSpec
    mix: Mix = Field(default_factory=Mix)
    records: list[RecordIn] = Field(min_length=1)
    count: int = Field(ge=1)
    budget_usd: float | None = Field(None, ge=0)
    # What the estimate says of one call, and up to where automatic repairs may bring the whole order; None is no bound.
    call_usd: float = Field(0, ge=0)
    repairs_until_usd: float | None = Field(None, ge=0)
    seed: int = 0
    uncertain: UncertainPolicy = "hold"
    way: Way = "live"
    # What happens to calls a batch left unanswered and unpaid: asked live, or left.
    stragglers: Stragglers = "ask"
    batches: list[BatchIn] = Field(default_factory=list)
    # The provider's names of batches that the database has seen taken in: what they brought may be deleted there.
    taken_in: list[str] = Field(default_factory=list)
    limits: Limits = Field(default_factory=Limits)
    # By provider: `module:Class` of a client that answers in this process, without a network.
    local_clients: dict[str, str] = Field(default_factory=dict)
    # Calls whose end the database knows already, with what they cost: never asked again, even without a journal.
    settled: dict[str, float] = Field(default_factory=dict)
    # Calls the database saw on the wire and never saw come back, with what they may have cost as far as it was told (0:
    # not told); a lost journal must not make them look unasked.
    in_doubt: dict[str, float] = Field(default_factory=dict)
    # Calls without a paid end, and what tries of them that brought no word may have cost, the last of a call in doubt
    # apart.
    doubted: dict[str, float] = Field(default_factory=dict)
    # Calls that attempts on other hosts may have asked for, and told nothing of.
    announced: list[AnnouncedIn] = Field(default_factory=list)

    def asked(self, index: int) -> TeacherSpec:
        """The teacher of this place in the mix; the order's one teacher where there is no mix."""
        return self.mix.teachers[index].teacher if self.mix.teachers else self.teacher

    def name_in_mix(self, index: int) -> str:
        """Return the name of the teacher of this place; empty where there is no mix and the order's name says it."""
        return self.mix.teachers[index].teacher.name if self.mix.teachers else ""

    @property
    def teachers(self) -> list[TeacherSpec]:
        return [mixed.teacher for mixed in self.mix.teachers] or [self.teacher]
