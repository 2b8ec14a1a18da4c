"""Registries of job kinds, of consumers of ended jobs, and of who may see and steer jobs.

A room's `AppConfig.ready()` fills these registries; this room calls what it finds and knows no name above it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q

from jobs.kinds.base import JobKind
from jobs.models import Job
from members.models import Member
from web.ports import Listeners, Port

KINDS: dict[str, JobKind] = {}


def register_kind(kind: JobKind) -> None:
    """Make a kind known. Registering a name twice is a mistake of the code.

    Raises:
        ValueError: The name is taken.
    """
    if kind.name in KINDS and type(KINDS[kind.name]) is not type(kind):
        raise ValueError(f"job kind '{kind.name}' is registered twice")
    KINDS[kind.name] = kind


def is_part(job: Job) -> bool:
    return job.kind in part_kinds()


def part_kinds() -> list[str]:
    """Return the names of the kinds whose jobs are parts: nobody steers them, and their whole tells how they ended."""
    return [kind.name for kind in KINDS.values() if kind.whole_kind]


def _no_task_slugs(member: Member) -> frozenset[str] | None:
    """Until a room says otherwise only admins see jobs."""
    return None if member.is_admin else frozenset()


# Consumers of ended jobs, by (consumer name): the kinds they wait for and what they do, once per job.
CONSUMERS: dict[str, tuple[frozenset[str], Callable[[Job], None]]] = {}


def register_consumer(name: str, kinds: frozenset[str], consumer: Callable[[Job], None]) -> None:
    """Have `consumer` called once for every ended job of these kinds, in a transaction that remembers it."""
    CONSUMERS[name] = (kinds, consumer)


# Task slugs whose jobs a member may see (None: all), and whose jobs the member leads: may pause, resume, cancel.
visible_task_slugs = Port(_no_task_slugs)
led_task_slugs = Port(_no_task_slugs)
# Conditions on jobs of those tasks whose results would tell a member what they may not know yet.
hidden_jobs: Listeners[[Member], Q] = Listeners()
# Names whose values in events are kept from a member, of those of these jobs that tell what they may not know yet.
withheld_names: Port[[Member, Collection[UUID]], Mapping[UUID, Collection[str]]] = Port(lambda member, job_ids: {})
# When texts that jobs read were erased last, for what else a host keeps of such texts; told each time a host prunes.
texts_erased: Listeners[[datetime], None] = Listeners()


def without(payload: dict[str, Any], names: Collection[str]) -> dict[str, Any]:
    """Return an event's payload with null for these names, see `withheld_names`."""
    return {name: None if name in names else value for name, value in payload.items()}
