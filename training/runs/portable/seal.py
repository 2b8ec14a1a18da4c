"""Hashes of what was given away: the spec field by field and every file. Kept with the job, and asked at the return.

Hashes only: a spec holds prompts made of people's facts, and those belong where they can be erased.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from jobs.contracts import SpecEnvelope
from jobs.rundir.durable import sha256_of


class Seal(BaseModel):
    """One export of a run: who it belongs to, and what it holds."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    job: str
    fence: int
    spec: dict[str, str]
    files: dict[str, str]


def seal(folder: Path, spec: SpecEnvelope, *, run: str, files: Iterable[Path]) -> Seal:
    """Hash what stands in a folder now."""
    hashes = {path.relative_to(folder).as_posix(): sha256_of(path) for path in sorted(files)}
    return Seal(run=run, job=spec.job, fence=spec.fence, spec=_fields(spec), files=hashes)


def differences(folder: Path, spec: SpecEnvelope, sealed: Seal) -> list[str]:
    """Return what is not as it was given away: fields of the spec, and files by path; empty when nothing differs."""
    now = _fields(spec)
    changes = [
        f"spec.{name} was changed"
        if name in now and name in sealed.spec
        else f"spec.{name} was {'added' if name in now else 'removed'}"
        for name in sorted(now.keys() | sealed.spec.keys())
        if now.get(name) != sealed.spec.get(name)
    ]
    for name, digest in sorted(sealed.files.items()):
        path = folder / name
        if not path.is_file():
            changes.append(f"{name} is missing")
        elif sha256_of(path) != digest:
            changes.append(f"{name} was changed")
    return changes


def _fields(spec: SpecEnvelope) -> dict[str, str]:
    named: dict[str, Any] = {"job": spec.job, "kind": spec.kind, "fence": spec.fence}
    named |= {f"body.{name}": value for name, value in spec.body.items()}
    if isinstance(recipe := named.pop("body.recipe", None), dict):
        named |= {f"body.recipe.{name}": value for name, value in recipe.items()}
    return {name: hashlib.sha256(_canonical(value)).hexdigest() for name, value in named.items()}


def _canonical(value: object) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
