"""An engine's view of its attempt: what to do, a place to report, when to stop, how to end.

Works the same under a supervisor and by hand: without a lease file nothing grows stale, without a pipe secrets come
from the environment. Does not know jobs, databases or queues.
"""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from types import FrameType
from typing import Any, Literal

from jobs.contracts import ArtefactRef, EngineError, EngineEvent, Result, SpecEnvelope
from jobs.rundir import acks, identity, lease, lines
from jobs.rundir.attempt import ENGINE, RESULT, SPEC
from jobs.rundir.durable import fsync_file, fsync_folder, sha256_of, write_durably
from jobs.rundir.tail import FILE as EVENTS
from web.logs import formatters

logger = logging.getLogger(__name__)
SECRETS_FD = "MINIATURES_SECRETS_FD"
LEASE_LOOKS_PER_LEASE = 8
Outcome = Literal["succeeded", "failed", "stopped"]


class RunDir:
    """One attempt's directory, opened by its engine. Methods may be called from any thread."""

    def __init__(self, path: Path, spec: SpecEnvelope, *, reports: bool = True) -> None:
        self.path, self.spec = path, spec
        self._lock = threading.Lock()
        self._stop_reason = ""
        self._secrets: dict[str, str] | None = None
        self._looked_s = 0.0
        self._is_leased = (path / lease.FILE).exists()
        self._finished = False
        self._seq = _mend_tail(path / EVENTS) if reports else 0
        self._events = (path / EVENTS if reports else Path(os.devnull)).open("ab")

    @classmethod
    def open(cls, path: str | Path) -> RunDir:
        """Open the directory an engine was started with, name this process in it, and listen for SIGTERM.

        Raises:
            FileNotFoundError: There is no spec.json.
            pydantic.ValidationError: It is no spec.
        """
        folder = Path(path).resolve()
        spec = SpecEnvelope.model_validate_json((folder / SPEC).read_bytes())
        (folder / RESULT).unlink(missing_ok=True)
        run = cls(folder, spec)
        write_durably(folder / ENGINE, identity.mark_of(os.getpid()).model_dump_json().encode())
        run._listen()
        formatters.begin_in_engine(job=spec.job, kind=spec.kind, attempt=spec.fence)
        # At least this line leads from a request to the engine that works for it.
        logger.info("The engine of a job of the kind %s began.", spec.kind)
        return run

    @classmethod
    def join(cls, path: str | Path, *, reports: bool) -> RunDir:
        """Use a directory that another process of the same engine has opened, and listen for SIGTERM.

        Args:
            reports: Whether this is the one process whose events count; those of others go nowhere.

        Raises:
            FileNotFoundError: There is no spec.json.
            pydantic.ValidationError: It is no spec.
        """
        folder = Path(path).resolve()
        run = cls(folder, SpecEnvelope.model_validate_json((folder / SPEC).read_bytes()), reports=reports)
        run._listen()
        return run

    def secrets(self) -> dict[str, str]:
        """Values of the spec's `secret_refs`, read once from the inherited pipe; by hand, from the environment."""
        if self._secrets is None:
            descriptor = os.environ.pop(SECRETS_FD, "")
            if descriptor:
                with os.fdopen(int(descriptor), "rb") as pipe:
                    self._secrets = {str(key): str(value) for key, value in json.load(pipe).items()}
            else:
                self._secrets = {name: os.environ[name] for name in self.spec.secret_refs if name in os.environ}
        return self._secrets

    def emit(self, kind: str, /, **payload: Any) -> int:
        """Report something: one flushed line of `events.jsonl`; returns its seq.

        Flushed, not fsynced: a metric lost with the power is a metric; paid calls keep a journal of their own.

        Raises:
            ValueError: The line is longer than 1 MiB.
            OSError: The disk is full.
        """
        with self._lock:
            line = lines.encode(EngineEvent(seq=self._seq + 1, ts=time.time(), kind=kind, payload=payload))
            self._events.write(line)
            self._events.flush()
            self._seq += 1
            return self._seq

    def request_ack(self, seq: int) -> None:
        """Have the supervisor store the events up to this number soon; `heard` will say so."""
        acks.request_ack(self.path, seq)

    @property
    def heard(self) -> int | None:
        """Return the last event up to which all are stored off this host; None without an answer: do not wait."""
        return acks.acked_seq(self.path)

    @property
    def stop_requested(self) -> bool:
        """Return whether to save and end: SIGTERM came, or the supervisor is gone. Cheap to ask often."""
        if not self._stop_reason:
            self._look_at_lease()
        return bool(self._stop_reason)

    @property
    def stop_reason(self) -> str:
        """`signal`, `lease` (no supervisor renews it) or empty."""
        return self._stop_reason

    def earlier(self) -> list[Path]:
        """Run directories of earlier attempts of this job on this host, newest first, to resume from."""
        folders: list[Path] = []
        following = self.spec.resume_from
        while following and (folder := Path(following)).is_dir() and folder not in folders:
            folders.append(folder)
            spec = folder / SPEC
            following = SpecEnvelope.model_validate_json(spec.read_bytes()).resume_from if spec.is_file() else None
        return folders

    def finish(
        self,
        outcome: Outcome,
        summary: dict[str, Any] | None = None,
        artefacts: Iterable[str | Path] = (),
        error: EngineError | None = None,
    ) -> None:
        """End the attempt: hash and fsync the artefacts, fsync the events, rename `result.json` into place.

        Args:
            outcome: `succeeded`, `failed` (give `error`) or `stopped` (asked to, and all that is needed is saved).
            summary: Plain figures for the job's row.
            artefacts: Paths relative to the directory; a folder means every file under it.

        Raises:
            ValueError: An artefact is missing or lies outside the directory.
            RuntimeError: Finished before.
        """
        if self._finished:
            raise RuntimeError("This attempt has finished already.")
        refs = [self._reference(path) for path in self._files(artefacts)]
        result = Result(outcome=outcome, summary=lines.storable(summary or {}), artefacts=refs, error=error)
        with self._lock:
            os.fsync(self._events.fileno())
        write_durably(self.path / RESULT, result.model_dump_json(indent=1).encode())
        self._finished = True

    def _listen(self) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._on_signal)
            signal.signal(signal.SIGINT, self._on_signal)

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        self._stop_reason = "signal"
        # A second Ctrl-C by hand means at once.
        signal.signal(number, signal.SIG_IGN if number == signal.SIGTERM else signal.default_int_handler)

    def _look_at_lease(self) -> None:
        now_s = lease.boot_clock_s()
        if now_s - self._looked_s < self.spec.lease_s / LEASE_LOOKS_PER_LEASE:
            return
        self._looked_s = now_s
        age_s = lease.age_s(self.path)
        if age_s is None and self._is_leased:
            # The directory was deleted: no supervisor can read this engine's events any more.
            self._stop_reason = "lease"
            print("The lease is gone: stopping.", file=sys.stderr)
        elif age_s is not None:
            self._is_leased = True
            if age_s > self.spec.lease_s:
                self._stop_reason = "lease"
                print(f"The lease is {age_s:.1f} s old, {self.spec.lease_s:.1f} s allowed: stopping.", file=sys.stderr)

    def _files(self, paths: Iterable[str | Path]) -> list[Path]:
        files: list[Path] = []
        for name in paths:
            path = (self.path / name).resolve()
            if not path.is_relative_to(self.path):
                raise ValueError(f"The artefact {name} is outside the run directory.")
            if not path.exists():
                raise ValueError(f"The artefact {name} does not exist.")
            files += sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
        return files

    def _reference(self, path: Path) -> ArtefactRef:
        fsync_file(path)
        fsync_folder(path.parent)
        relative = path.relative_to(self.path).as_posix()
        return ArtefactRef(path=relative, sha256=sha256_of(path), bytes=path.stat().st_size)


def _mend_tail(path: Path) -> int:
    """Cut a torn last line that an earlier process left, and return the last seq that was said."""
    if not path.exists():
        return 0
    content = path.read_bytes()
    whole = content[: content.rfind(b"\n") + 1]
    if len(whole) < len(content):
        os.truncate(path, len(whole))
    for line in reversed(whole.splitlines()):
        try:
            return lines.decode(line).seq
        except ValueError:
            continue
    return 0
