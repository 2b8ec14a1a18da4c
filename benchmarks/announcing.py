"""What it costs that a call goes out only once the database knows of it: whole orders under a real supervisor, in turn.

Each order goes through the supervisor of a worker and an engine process of its own, with drafts stored and put on the desk
meanwhile, against a server that answers after 50 ms. Every second one is told that nobody hears it, as an engine run by hand:
it announces nothing and never waits. Rates count from the first call to the end of the engine, by its own journal; medians
are compared. The last line of output is one JSON object; `ratio` is the rate with announcing over that without.

    python -m benchmarks.announcing [CALLS] [ROUNDS] [AT_ONCE] [postgres]
"""

from __future__ import annotations

import importlib
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any
from unittest import mock

from benchmarks import databases
from benchmarks.calling import answering
from demo import scratch

RECORDS = 200
ARMS = ("announced", "unannounced")


@contextmanager
def database(name: str) -> Iterator[None]:
    """Where orders are kept: a PostgreSQL of this benchmark's own, or the scratch SQLite."""
    if name != "postgres":
        yield
        return
    with databases.postgres() as server:
        os.environ["DATABASE_URL"] = server.url
        yield


def lay_out(url: str, at_once: int) -> dict[str, Any]:
    """A task with records, and a teacher with a price behind the server."""
    from django.conf import settings

    from generation.models import PriceEntry, Teacher
    from members.models import Member
    from tests.review import factories as desk

    settings.ALLOWED_PRIVATE_HOSTS = ["127.0.0.1"]
    member = Member.objects.create(username="bench", is_superuser=True)
    task = desk.make_task(by=member)
    desk.make_records(desk.make_source(task), RECORDS)
    PriceEntry.objects.create(
        provider="openai-compatible", model="bench", input_usd_per_million=Decimal("2.5"),
        output_usd_per_million=Decimal(10), as_of="2026-01-01",
    )  # fmt: skip
    teacher = Teacher.objects.create(
        slug="bench", name="Bench", provider="openai-compatible", model="bench", base_url=f"{url}/v1",
        concurrency=at_once,
    )  # fmt: skip
    return {"member": member, "task": task, "teacher": teacher}


def turn(laid: dict[str, Any], calls: int, arm: str) -> dict[str, float]:
    """One order to its end: calls a second, seconds until the first call, and announcements."""
    from generation.models import Call
    from generation.orders import launch
    from jobs.models import Job, JobEvent
    from jobs.supervisor import run_dirs

    supervisor = importlib.import_module("jobs.supervisor.run_job")

    order = launch.launch(
        launch.OrderRequest(
            laid["task"], teacher=laid["teacher"], count=calls, by=laid["member"], max_cost_usd=Decimal(1000)
        )
    )
    assert order.job_id is not None
    unheard = mock.patch.object(supervisor.acks, "acknowledge") if arm == "unannounced" else nullcontext()
    began = time.perf_counter()
    with unheard:
        supervisor.run_job(order.job_id, worker="bench")
    took_s = time.perf_counter() - began
    job = Job.objects.get(pk=order.job_id)
    assert job.state == "succeeded", job.error
    assert Call.objects.filter(order=order, state="answered").count() == calls
    folder = run_dirs.run_dir_of(job.pk, job.run_fence)
    first_s = _first_call_at(folder / "journal.jsonl")
    ended_s = (folder / "result.json").stat().st_mtime
    return {
        "calls_per_s": calls / (ended_s - first_s),
        "first_call_s": first_s - (folder / "spec.json").stat().st_mtime,
        "whole_s": took_s,
        "announcements": JobEvent.objects.filter(job=job, kind="asking").count(),
    }


def _first_call_at(journal: Path) -> float:
    with journal.open("rb") as lines:
        return float(next(entry["at"] for entry in map(json.loads, lines) if entry["what"] == "sent"))


def main(calls: int, rounds: int, at_once: int, kept_in: str) -> None:
    """Alternate and compare."""
    with database(kept_in), answering() as url:
        scratch.prepare()
        laid = lay_out(url, at_once)
        took: dict[str, list[dict[str, float]]] = {arm: [] for arm in ARMS}
        turn(laid, calls // 4, "announced")
        for number in range(rounds):
            # Whoever goes second finds a larger database: they take turns at that too.
            for arm in ARMS if number % 2 == 0 else ARMS[::-1]:
                took[arm].append(turn(laid, calls, arm))
                print(arm, {name: round(value, 2) for name, value in took[arm][-1].items()}, flush=True)
        from django.db import connections

        connections.close_all()
    medians = {
        arm: {name: round(statistics.median(one[name] for one in ones), 2) for name in ones[0]}
        for arm, ones in took.items()
    }
    ratio = medians["announced"]["calls_per_s"] / medians["unannounced"]["calls_per_s"]
    print(json.dumps({
        "claim": "announcing", "ratio": round(ratio, 3), **medians, "calls": calls, "rounds": rounds,
        "at_once": at_once, "database": kept_in, "cores": len(os.sched_getaffinity(0)),
    }))  # fmt: skip


if __name__ == "__main__":
    numbers = [int(text) for text in sys.argv[1:] if text.isdecimal()]
    main(*(numbers + [1500, 3, 256][len(numbers) :]), "postgres" if "postgres" in sys.argv else "sqlite")
