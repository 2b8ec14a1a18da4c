"""How long a round of the reaper takes with a million ended jobs: an ordinary one, one that scans them, after a new consumer.

`python -m benchmarks.ticks [--jobs 1000000] [--database sqlite|postgresql] [--rounds 200]`: ended jobs that every consumer
has heard of, written by one statement of the database; then rounds of `reaper.reap` in one process. The last line of output
is one JSON object; its `ratio` is the worst 95th percentile of the three against 50 ms.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from contextlib import nullcontext
from typing import Any

WANTED_MS = 50
KIND, CONSUMER = "training", "bench"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    from benchmarks import databases
    from demo import scratch

    with databases.postgres() if asked.database == "postgresql" else nullcontext() as server:
        if server is not None:
            os.environ["DATABASE_URL"] = server.url
        scratch.prepare()
        print(json.dumps(measure(asked.jobs, asked.rounds, asked.database)))
        from django.db import connections

        connections.close_all()


def measure(jobs: int, rounds: int, database: str) -> dict[str, Any]:
    """Seed, then time the three sorts of rounds; milliseconds."""
    from jobs.kinds import registry
    from jobs.lifecycle import reaper_lock
    from jobs.models import ReaperTurn

    registry.CONSUMERS.clear()
    registry.register_consumer(CONSUMER, frozenset({KIND}), lambda job: None)
    began = time.perf_counter()
    seed(jobs)
    print(f"{jobs:,} jobs in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
    scanning = timed_rounds(rounds)
    ReaperTurn.objects.filter(pk=reaper_lock.ONLY).update(**scan_done())
    idle = timed_rounds(rounds)
    registry.register_consumer("newcomer", frozenset({KIND}), lambda job: None)
    newcomer = timed_rounds(rounds)
    sorts = {"scanning": scanning, "idle": idle, "new consumer": newcomer}
    worst = max(figures["p95_ms"] for figures in sorts.values())
    return {
        "benchmark": "ticks", "database": database, "jobs": jobs, "rounds": rounds,
        "ratio": round(worst / WANTED_MS, 2), **sorts,
    }  # fmt: skip


def scan_done() -> dict[str, Any]:
    """Values of the reaper's row as a whole scan leaves it."""
    from django.utils import timezone

    from jobs.models import ReaperTurn

    values = {"looked_through_at": timezone.now(), "consumers": {CONSUMER: [KIND]}}
    unfinished = {"scan_cursor": "", "scan_consumers": None}
    columns = {field.name for field in ReaperTurn._meta.concrete_fields}
    return {**values, **{name: value for name, value in unfinished.items() if name in columns}}


def timed_rounds(rounds: int) -> dict[str, Any]:
    """Median, 95th percentile and maximum of so many rounds in milliseconds, and what they found in all."""
    from jobs.lifecycle import reaper

    spent: list[float] = []
    found: dict[str, int] = {}
    for _ in range(rounds):
        began = time.perf_counter()
        for name, count in reaper.reap().items():
            found[name] = found.get(name, 0) + count
        spent.append((time.perf_counter() - began) * 1000)
    spent.sort()
    return {
        "p50_ms": round(spent[len(spent) // 2], 1), "p95_ms": round(spent[int(0.95 * (len(spent) - 1))], 1),
        "max_ms": round(spent[-1], 1), "found": {name: count for name, count in found.items() if count},
    }  # fmt: skip


def seed(jobs: int) -> None:
    """Write ended jobs a second apart, each with the notice of the one consumer."""
    from django.db import connection

    is_postgres = connection.vendor == "postgresql"
    template = a_job()
    with connection.cursor() as cursor:
        columns = [field.column for field in type(template)._meta.concrete_fields]
        own = {
            "id": "gen_random_uuid()" if is_postgres else "lower(hex(randomblob(16)))",
            "created_at": moment("n.n", jobs), "finished_at": moment("n.n", jobs),
        }  # fmt: skip
        chosen = ", ".join(own.get(column, f"j.{column}") for column in columns)
        cursor.execute(
            f"INSERT INTO jobs_job ({', '.join(columns)}) WITH RECURSIVE n(n) AS "
            f"(SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {jobs - 1}) SELECT {chosen} FROM n, jobs_job j"
        )
        cursor.execute(
            f"INSERT INTO jobs_finishednotice (job_id, consumer, consumed_at) "
            f"SELECT id, '{CONSUMER}', finished_at FROM jobs_job"
        )
        if is_postgres:
            # As it does itself before long. SQLite never does, nor does anything of ours have it do so.
            cursor.execute("VACUUM ANALYZE jobs_job, jobs_finishednotice")


def a_job() -> Any:
    """One ended job of the size that a tuning's has."""
    from django.utils import timezone

    from jobs.models import Job

    return Job.objects.create(
        kind=KIND, title="Tune", state="succeeded", finished_at=timezone.now(), task_slug="mails",
        spec={"run": "x" * 36, "settings": {f"option_{number}": number for number in range(20)}},
        progress={"done": 90, "total": 90, "unit": "steps", "rate_per_s": 1.5}, result={"loss": 0.7},
    )  # fmt: skip


def moment(number: str, jobs: int) -> str:
    """A job's time in the language of the database: the first is the oldest."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"j.created_at - make_interval(secs => {jobs} - {number})"
    return f"strftime('%Y-%m-%d %H:%M:%f000', j.created_at, ({number} - {jobs}) || ' seconds')"


if __name__ == "__main__":
    main()
