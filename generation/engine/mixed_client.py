"""Several teachers behind one client: each question goes to the teacher of its call. Knows no provider."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from generation.engine import prompts
from generation.engine.clients import Client, Question, Reply, open_client
from generation.engine.clients.prompt_prefix import spread_sample
from generation.engine.contracts import GenerationSpec
from generation.engine.plan import plan
from generation.engine.processes import ProcessClient, process_count
from generation.engine.processes.frames import OpenTeacher
from review.spec.prompting import Message
from review.spec.task_spec import TaskSpec

SAMPLED = 512


class MixedClient:
    """A client for a whole order.

    Args:
        clients: One a teacher, in the order of the mix.
    """

    def __init__(self, clients: Sequence[Client]) -> None:
        self._clients = clients
        self.shared_chars = max(client.shared_chars for client in clients)

    async def ask(self, question: Question) -> Reply:
        return await self._clients[question.teacher].ask(question)

    async def close(self) -> None:
        for client in self._clients:
            await client.close()


def open_clients(spec: GenerationSpec, *, task: TaskSpec, secrets: Mapping[str, str]) -> Client:
    """A client for every teacher of the order.

    Raises:
        ImportError: A provider's SDK is not installed on this host.
        ValueError: A teacher is incomplete, or its key was not handed over.
    """
    for teacher in spec.teachers:
        if teacher.secret_ref and not secrets.get(teacher.secret_ref):
            raise ValueError(f"the secret {teacher.secret_ref} was not handed over")
    opened = [
        OpenTeacher(teacher=teacher, key=secrets.get(teacher.secret_ref, ""), sample=sample_of(spec, task, place))
        for place, teacher in enumerate(spec.teachers)
    ]
    if (processes := process_count(spec)) > 1:
        return ProcessClient(opened, task=spec.task, limits=spec.limits, processes=processes)
    clients = [
        open_client(
            open_teacher.teacher,
            task=task,
            key=open_teacher.key,
            limits=spec.limits,
            sample=open_teacher.sample,
            local=spec.local_clients.get(open_teacher.teacher.provider, ""),
        )
        for open_teacher in opened
    ]
    return clients[0] if len(clients) == 1 else MixedClient(clients)


def sample_of(spec: GenerationSpec, task: TaskSpec, teacher: int) -> list[list[Message]]:
    """Some prompts that a teacher of the order gets, the same in every attempt: what they share a cache may keep."""
    # As a short order of the same kind would plan them: a long one need not be planned whole to see what it shares.
    short = spec.model_copy(update={"count": min(spec.count, SAMPLED)})
    calls = [call for call in plan(short) if call.teacher == teacher]
    return [prompts.prompt_of(spec, task, call) for call in spread_sample(calls)]
