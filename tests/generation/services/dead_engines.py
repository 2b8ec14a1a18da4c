"""What an engine that died left of an order: calls on the wire, announcements, a journal."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from django.utils import timezone

from generation.engine.journal.writer import FILENAME, Journal
from generation.models import Call, Order
from jobs.contracts import EngineEvent
from jobs.models import Job, JobEvent
from jobs.supervisor import run_dirs
from tests.generation.money.tellings import take_in, told


def call_id(order: Order, index: int) -> UUID:
    return uuid5(order.pk, str(index))


def on_the_wire(order: Order, *indexes: int) -> None:
    calls = [{"call_id": str(call_id(order, index)), "record": order.record_ids[0]} for index in indexes]
    take_in(order, EngineEvent(seq=1, ts=0, kind="sent", payload={"calls": calls}))


def announced(order: Order, *positions: tuple[int, int], by_attempt: int = 1) -> None:
    assert order.job is not None
    order.job.refresh_from_db()
    payload: dict[str, Any] = {"positions": [list(run) for run in positions]}
    seq = order.job.last_seq + 1
    Job.objects.update(last_seq=seq, run_fence=by_attempt)
    JobEvent.objects.create(job=order.job, seq=seq, fence=by_attempt, ts=timezone.now(), kind="asking", payload=payload)


def folder_of(order: Order, attempt: int = 1) -> Path:
    assert order.job_id is not None
    folder = run_dirs.run_dir_of(order.job_id, attempt)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def journalled(order: Order, *, asked: dict[int, float], answered: list[int], attempt: int = 1) -> Path:
    """The journal of an attempt: calls it asked, by index, with their worst price, and those that were answered."""
    path = folder_of(order, attempt) / FILENAME

    async def write() -> None:
        journal = Journal(path)
        for index, usd in asked.items():
            await journal.sent(str(call_id(order, index)), reserve_usd=usd)
        for index in answered:
            payload = told(order, "draft", call_id=str(call_id(order, index)), index=index).payload
            journal.answered(str(call_id(order, index)), kind="draft", payload=payload)
        await journal.close()

    asyncio.run(write())
    return path


def noted(path: Path, *entries: dict[str, Any]) -> None:
    with path.open("a") as file:
        file.writelines(json.dumps(entry, separators=(",", ":")) + "\n" for entry in entries)


def states(order: Order) -> dict[int, str]:
    indexes = {call_id(order, index): index for index in range(order.count)}
    return {indexes[call.pk]: call.state for call in Call.objects.filter(order=order)}
