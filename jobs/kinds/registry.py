"""Where upper rooms plug in: kinds of jobs, and who may see them.

A room's `AppConfig.ready()` fills these registries; this room calls what it finds and knows no name above it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from jobs.contracts import Event, Result
from jobs.models import Job
from members.models import Member
from web.hooks import Hook

GIB = 1 << 30


@dataclass(frozen=True)
class Needs:
    """What a job needs of one host.

    Attributes:
        gpus: So many GPUs.
        gpu_bytes: Memory of each of them.
        or_cpu: A host without any GPU will do too.
        devices: On how many devices it computes at once.
    """

    gpus: int = 0
    gpu_bytes: int = 0
    or_cpu: bool = False
    devices: int = 1

    def __str__(self) -> str:
        size = f" of {self.gpu_bytes / GIB:.0f} GiB" if self.gpu_bytes >= GIB else ""
        return f"a GPU{size}" if self.gpus == 1 else f"{self.gpus} GPUs{size}"

    @property
    def free(self) -> str:
        """The same, free."""
        return (
            f"a free {str(self).removeprefix('a ')}" if self.gpus == 1 else f"{str(self).replace('GPUs', 'free GPUs')}"
        )


class JobKind(Protocol):
    """What one kind of long work brings.

    A kind is either an engine (`engine_module` names a module run as `python -m MODULE RUN_DIR`) or inline
    (`engine_module` is None and `run_inline` does the work under the supervisor's fence).
    """

    name: str
    label: str
    queue: str
    engine_module: str | None
    max_running_per_host: int
    # Whether its jobs take turns by team; and what pages call one of them where they do.
    is_fair: bool
    called: str
    # Whether its work leaves the installation (calls, pushes, mails): a halt stops it within seconds, and it waits.
    leaves: bool

    @property
    def keeps_spare(self) -> bool:
        """Whether a process with all its engine imports stands by, so that a crash is over within seconds."""

    def needs(self, job: Job) -> Needs:
        """What a host must have to do the job; asked often, before each claim."""
        ...

    def build_spec(self, job: Job, run_dir: Path) -> dict[str, Any]:
        """Body of `spec.json` for this attempt; free of secrets. May lay input files into the run directory.

        Runs in the worker, outside any transaction.
        """
        ...

    def secret_refs(self, job: Job) -> list[str]:
        """Names of secrets the engine needs, resolved by `jobs.secrets.store` and handed over on a pipe."""
        ...

    def run_inline(self, job: Job, attempt: Attempt) -> dict[str, Any]:
        """Do the work in the worker; returns the result summary. Only for kinds without an engine.

        Raises:
            MustWait: Other jobs have to end first; it is called again then.
        """
        ...

    def on_events(self, job: Job, events: list[Event]) -> None:
        """Consume freshly ingested events, inside the transaction that stores them; must be idempotent."""
        ...

    def reached(self, job: Job) -> int:
        """How far the job has come in what its next attempt goes on from: a step, a count; asked at unplanned ends.

        Ends between which it grows do not add up to a job that is given up.
        """
        ...

    def on_paused(self, job: Job) -> None:
        """A person has paused it, inside the transaction that does so: bring to rest what it has set going."""
        ...

    def on_resumed(self, job: Job) -> None:
        """A person has resumed it, inside the transaction that does so."""
        ...

    def collect(self, job: Job, result: Result, run_dir: Path) -> dict[str, Any]:
        """Carry artefacts of a succeeded attempt to storage, outside any transaction; returns plain data."""
        ...

    def on_finished(self, job: Job, result: Result, collected: dict[str, Any]) -> None:
        """Consume the end (any outcome), inside the transaction that marks the job; must be idempotent."""
        ...


class Attempt(Protocol):
    """What inline work sees of its own attempt."""

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


KINDS: dict[str, JobKind] = {}


def register_kind(kind: JobKind) -> None:
    """Make a kind known. Registering a name twice is a mistake of the code.

    Raises:
        ValueError: The name is taken.
    """
    if kind.name in KINDS and type(KINDS[kind.name]) is not type(kind):
        raise ValueError(f"job kind '{kind.name}' is registered twice")
    KINDS[kind.name] = kind


def _no_task_slugs(member: Member) -> frozenset[str] | None:
    """Until a room says otherwise only admins see jobs."""
    return None if member.is_admin else frozenset()


# Consumers of ended jobs, by (consumer name): the kinds they wait for and what they do, once per job.
CONSUMERS: dict[str, tuple[frozenset[str], Callable[[Job], None]]] = {}


def register_consumer(name: str, kinds: frozenset[str], consumer: Callable[[Job], None]) -> None:
    """Have `consumer` called once for every ended job of these kinds, in a transaction that remembers it."""
    CONSUMERS[name] = (kinds, consumer)


# Task slugs whose jobs a member may see (None: all), and whose jobs the member leads: may pause, resume, cancel.
visible_task_slugs = Hook(_no_task_slugs)
led_task_slugs = Hook(_no_task_slugs)
