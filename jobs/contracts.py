"""Messages between a supervisor and an engine: spec, events, result. Pydantic models without Django."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Wire(BaseModel):
    """A message on the seam: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")


class SpecEnvelope(Wire):
    """`spec.json`: what to do, plus what every engine needs to know of its attempt."""

    job: str
    kind: str
    fence: int
    lease_s: float
    body: dict[str, Any]
    # Names of secrets; their values come on an inherited pipe, one JSON object, never in this file.
    secret_refs: list[str] = Field(default_factory=list)
    # Run directory of an earlier attempt on this host, to resume from.
    resume_from: str | None = None


class EngineEvent(Wire):
    """One line of `events.jsonl`."""

    seq: int = Field(ge=1)
    ts: float
    kind: str
    payload: dict[str, Any] = Field(default_factory=dict)


class ArtefactRef(Wire):
    """A file of the run directory named in the result."""

    path: str
    sha256: str
    bytes: int


class EngineError(Wire):
    """Why an engine could not finish: a code, what happened, how to mend it."""

    code: str
    message: str
    hint: str = ""


class Result(Wire):
    """`result.json`, written last by atomic rename. `outcome` is succeeded, failed or stopped."""

    outcome: str = Field(pattern=r"^(succeeded|failed|stopped)$")
    summary: dict[str, Any] = Field(default_factory=dict)
    artefacts: list[ArtefactRef] = Field(default_factory=list)
    error: EngineError | None = None
