"""Interface of a kind of job, its needs of a host, and the attempt that inline work sees."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from django.conf import settings

from jobs.contracts import EngineEvent, Result
from jobs.models import Job
from jobs.rundir.machine import GIB


@dataclass(frozen=True)
class Needs:
    """Devices that a job needs of one host, and how many such hosts.

    Attributes:
        gpus: So many GPUs.
        gpu_bytes: Memory of each of them.
        or_cpu: A host without any GPU will do too.
        devices: On how many devices it computes at once, those of all its hosts together.
        hosts: On how many hosts it computes at once; each must have what is said here of one.
        host_id: The one host that will do; empty: any.
    """

    gpus: int = 0
    gpu_bytes: int = 0
    or_cpu: bool = False
    devices: int = 1
    hosts: int = 1
    host_id: str = ""

    def __str__(self) -> str:
        size = f" of {self.gpu_bytes / GIB:.0f} GiB" if self.gpu_bytes >= GIB else ""
        return f"a GPU{size}" if self.gpus == 1 else f"{self.gpus} GPUs{size}"

    @property
    def free(self) -> str:
        return (
            f"a free {str(self).removeprefix('a ')}" if self.gpus == 1 else f"{str(self).replace('GPUs', 'free GPUs')}"
        )


class Attempt(Protocol):
    """Attempt of a job, as its inline work sees it."""

    fence: int

    def progress(self, done: int, total: int, unit: str = "") -> None:
        """Report how far it is; also renews the lease.

        Raises:
            jobs.lifecycle.claim.AttemptLost: The fence has passed on, or a stop was asked for.
        """
        ...


class MustWait(Exception):  # noqa: N818 (no error: there is nothing to do now)
    """Raised by inline work that has to wait for other jobs: its own job waits and holds no worker meanwhile.

    Whoever makes something happen that it waits for rings for it; it is rung for by itself after `again_s`.

    Attributes:
        reason: What it waits for, shown on pages.
        again_s: When it is looked at again at the latest, seconds.
        is_over: Asked once the job waits: whether what it waits for has happened meanwhile, unheard.
    """

    def __init__(self, reason: str, *, again_s: float, is_over: Callable[[], bool]) -> None:
        super().__init__(reason)
        self.reason, self.again_s, self.is_over = reason, again_s, is_over


class JobKind:
    """Base class of a kind of job. A subclass names itself and overrides the hooks it needs.

    A kind is either an engine (`engine_module` names a module run as `python -m MODULE RUN_DIR`) or inline
    (`engine_module` is None and `run_inline` does the work under the supervisor's fence).

    Attributes:
        label: What pages call it.
        engine_module: The engine, if it has one.
        needs_torch: Whether its engine begins with torch, which the extra `training` brings.
        max_running_per_host: How many of its jobs one host runs at once.
        keeps_spare: Whether a process with all its engine imports stands by, so that a crash is over within seconds.
        is_fair: Whether its jobs take turns by team.
        called: What pages call one of its jobs where they take turns.
        leaves: Whether its work leaves the installation (calls, pushes, mails): a halt stops it within seconds, and it
            waits.
        may_be_cancelled: Whether people may cancel one; not where money or data hang on its end.
        part_kind: Of a kind whose jobs may compute on several hosts: the kind of job that another host's part is.
        whole_kind: Of a kind of parts: the kind they are parts of. Both take the same places on a host.
    """

    name: str = ""
    label: str = ""
    queue: str = "default"
    engine_module: str | None = None
    needs_torch: bool = False
    max_running_per_host: int = 2
    keeps_spare: bool = False
    is_fair: bool = False
    called: str = "job"
    leaves: bool = False
    may_be_cancelled: bool = True
    part_kind: str = ""
    whole_kind: str = ""

    @property
    def attempts_allowed(self) -> int:
        """Return after how many unplanned ends without progress a job is given up.

        A part is never begun again alone.
        """
        return 1 if self.whole_kind else int(settings.JOB_MAX_ATTEMPTS)

    @property
    def begins_with_torch(self) -> bool:
        """Return whether the engine in force needs torch; one that plays a recording back in its place needs none."""
        return self.needs_torch and self.engine_module == type(self).engine_module

    def needs(self, job: Job) -> Needs:
        """Return what a host must have to do the job; asked often, before each claim. By default any host will do."""
        return Needs()

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        """Return the body of `spec.json` for this attempt, free of secrets.

        It may write input files into the run directory.

        Runs in the worker, outside any transaction. By default the job's own spec, as it was launched.
        """
        return dict(job.spec)

    def secret_refs(self, job: Job) -> list[str]:
        """Return the names of secrets the engine needs, resolved by `jobs.secrets.store` and handed over on a pipe."""
        return []

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """Do the work in the worker; returns the result summary. Only for kinds without an engine.

        Raises:
            MustWait: Other jobs have to end first; it is called again then.
        """
        raise NotImplementedError(f"The kind '{self.name}' has neither an engine nor inline work.")

    def on_events(self, job: Job, events: list[EngineEvent]) -> None:
        """Consume freshly ingested events, inside the transaction that stores them; must be idempotent."""

    def reached(self, job: Job) -> int:
        """Return how far the job has come for its next attempt to start from: a step, a count; asked at unplanned ends.

        Ends between which it grows do not add up to a job that is given up. By default the count it reported as done.
        """
        done = job.progress.get("done")
        return int(done) if isinstance(done, int | float) else 0

    def on_paused(self, job: Job) -> None:
        """Bring to rest what the job has set going: a person paused it, and the transaction that does so is open."""

    def on_resumed(self, job: Job) -> None:
        """Set going again what was brought to rest, inside the transaction in which a person resumes the job."""

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        """Carry artefacts of a succeeded attempt to storage, outside any transaction; returns plain data."""
        return {}

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Consume the end (any outcome), inside the transaction that marks the job; must be idempotent."""
