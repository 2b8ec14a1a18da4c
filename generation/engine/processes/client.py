"""A client whose calls are made by other processes. Knows what to open them with; knows no SDK."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from generation.engine.clients.factory import open_form
from generation.engine.clients.interface import Question, Reply
from generation.engine.contracts import GenerationSpec, Limits
from generation.engine.processes.connection import Connection
from generation.engine.processes.frames import Opening, OpenTeacher, packed
from review.spec.task_spec import TaskSpec


class ProcessClient:
    """The teachers of an order, asked by several processes.

    Args:
        teachers: Whom to ask, with keys and samples, in the order of the mix.
        limits: Those of the order; each process gets its share of the calls at once.

    Raises:
        ImportError: A provider's SDK is not installed on this host.
        ValueError: A teacher is incomplete.
    """

    def __init__(
        self, teachers: Sequence[OpenTeacher], *, task: dict[str, Any], limits: Limits, processes: int
    ) -> None:
        spec = TaskSpec.model_validate(task)
        forms = [open_form(open_teacher.teacher, task=spec, sample=open_teacher.sample) for open_teacher in teachers]
        for open_teacher in teachers:
            sdk = "anthropic" if open_teacher.teacher.provider == "anthropic" else "openai"
            if find_spec(sdk) is None:
                raise ImportError(f"No module named '{sdk}'")
        self.shared_chars = max(form.prefix.chars for form in forms)
        share = limits.model_copy(update={"concurrency": math.ceil(limits.concurrency / processes)})
        opening = packed(Opening(task=task, limits=share, teachers=list(teachers)).model_dump(mode="json"))
        self._connections = [Connection(opening) for _ in range(processes)]

    async def ask(self, question: Question) -> Reply:
        """Ask by the process with the fewest calls in flight."""
        return await min(self._connections, key=lambda connection: connection.in_flight).ask(question)

    async def close(self) -> None:
        for connection in self._connections:
            await connection.close()


# Below this one core has the time.
WORTH_CONCURRENCY = 64
# A process needs about two seconds to import its SDK: a short order is done by then.
WORTH_CALLS = 1000
MAX_PROCESSES = 4


def process_count(spec: GenerationSpec, *, cores: int | None = None) -> int:
    """Count the processes: by the order's limits, or by its width and this host's cores, less one for the engine."""
    if any(teacher.provider == "offline" for teacher in spec.teachers):
        return 1
    if spec.limits.processes is not None:
        return min(spec.limits.processes, spec.limits.concurrency)
    if spec.limits.concurrency < WORTH_CONCURRENCY or spec.count < WORTH_CALLS:
        return 1
    return max(1, min((cores or len(os.sched_getaffinity(0))) - 1, MAX_PROCESSES))
