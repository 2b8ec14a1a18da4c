"""The supervisor's half of a run directory: laying it out, and reading how the attempt ended. Plain Python."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ValidationError

from jobs.contracts import Result, SpecEnvelope
from jobs.rundir.durable import sha256_of, write_durably
from jobs.rundir.identity import ProcessMark

SPEC, ATTEMPT, ENGINE, RESULT, LOG = "spec.json", "attempt.json", "engine.json", "result.json", "engine.log"
Model = TypeVar("Model", bound=BaseModel)


class AttemptMark(BaseModel):
    """`attempt.json`: who began this attempt, and the engine process it started."""

    job: str
    fence: int
    worker: str
    started_at: float
    engine: ProcessMark


class BrokenResult(ValueError):  # noqa: N818 (named for what was found)
    """`result.json` is not what the contract says, or a file it names is not what was hashed."""


def write_spec(run_dir: Path, spec: SpecEnvelope) -> None:
    """Make the directory and write `spec.json` durably."""
    run_dir.mkdir(parents=True, exist_ok=True)
    write_durably(run_dir / SPEC, spec.model_dump_json(indent=1).encode())


def engine_of(run_dir: Path) -> ProcessMark | None:
    """The engine process of this directory.

    The engine says so itself when it opens the directory; its supervisor may have died before it could write it down.
    """
    if mark := _load(run_dir / ENGINE, ProcessMark):
        return mark
    attempt = _load(run_dir / ATTEMPT, AttemptMark)
    return attempt.engine if attempt else None


def read_result(run_dir: Path) -> Result | None:
    """Return the result that the engine wrote; None before it has written one.

    Raises:
        BrokenResult: The file is there and no result.
    """
    try:
        text = (run_dir / RESULT).read_bytes()
    except FileNotFoundError:
        return None
    try:
        return Result.model_validate_json(text)
    except ValidationError as error:
        raise BrokenResult(f"result.json is not a result: {error.errors()[0]['msg']}.") from None


def verify(run_dir: Path, result: Result) -> None:
    """Check that each artefact is inside the directory and is what the engine hashed.

    Raises:
        BrokenResult: Names the file and what differs.
    """
    root = run_dir.resolve()
    for artefact in result.artefacts:
        path = (root / artefact.path).resolve()
        if not path.is_relative_to(root):
            raise BrokenResult(f"The artefact {artefact.path} is outside the run directory.")
        if not path.is_file():
            raise BrokenResult(f"The artefact {artefact.path} is missing.")
        if path.stat().st_size != artefact.bytes or sha256_of(path) != artefact.sha256:
            raise BrokenResult(f"The artefact {artefact.path} is not the file the engine hashed.")


def log_tail(run_dir: Path, limit_bytes: int = 4000) -> str:
    """The end of `engine.log`, whole lines where possible."""
    try:
        with (run_dir / LOG).open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit_bytes))
            text = file.read().decode("utf-8", "replace").replace("\x00", "\ufffd")
    except FileNotFoundError:
        return ""
    return text.partition("\n")[2] if size > limit_bytes and "\n" in text else text


def _load(path: Path, model: type[Model]) -> Model | None:
    try:
        return model.model_validate_json(path.read_bytes())
    except (FileNotFoundError, ValidationError):
        return None
