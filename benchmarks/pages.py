"""How long each page takes in a large installation: the one of the tests' matrix, and millions of rows beside its own.

`python -m benchmarks.pages [--drafts 1000000] [--tasks 200] [--times 20] [--scale 1.0]`: PostgreSQL; half of the drafts
in one task, with records, decisions and golds; a million ended jobs with five events each; half a million mails with
ten events each. Rows are copied by the database, its triggers aside. Then every page, as an admin, through the whole of
Django. The last line of output is one JSON object: the slowest pages, and `ratio`, the worst 95th percentile against
300 ms. The first look at a page is apart (`first_ms`): it counts what is then kept and told with its moment.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

WANTED_MS = 300
SAID_PAGES = 25
JOBS, EVENTS_A_JOB = 1_000_000, 5
MAILS, EVENTS_A_MAIL = 500_000, 10
# Of a copy: the id of its original and its number make its own, so that rows that belong together still do.
FRESH = "md5({column}::text || n)::uuid"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drafts", type=int, default=1_000_000)
    parser.add_argument("--tasks", type=int, default=200)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the jobs, mails and events")
    parser.add_argument("--only", default="", help="pages whose pattern holds this")
    asked = parser.parse_args()
    from benchmarks import databases
    from demo import scratch

    with databases.postgres() as server:
        os.environ["DATABASE_URL"] = server.url
        scratch.prepare()
        made = installation()
        grow(made, drafts=asked.drafts, tasks=asked.tasks, scale=asked.scale)
        print(json.dumps({"drafts": asked.drafts, "tasks": asked.tasks, **measure(made, asked.times, asked.only)}))
        from django.db import connections

        connections.close_all()


def installation() -> Any:
    """One of everything."""
    from django.conf import settings
    from django.test import Client

    # Before the first file or page is asked for: any host name, and static files that nobody has collected.
    settings.ALLOWED_HOSTS = ["*"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    from tests.matrix.installation import Installation

    folder = Path(tempfile.mkdtemp(prefix="pages-"))
    settings.STUDENT_ROOTS = [folder / "students"]
    made = Installation(folder)
    made.browsers["admin"] = Client()
    made.browsers["admin"].force_login(made.admin, backend="django.contrib.auth.backends.ModelBackend")
    return made


def grow(made: Any, *, drafts: int, tasks: int, scale: float) -> None:
    """Copy rows until there are so many."""
    from django.db import connection

    from review.models import Draft

    began = time.perf_counter()
    base = Draft.objects.filter(task=made.task).count()
    with connection.cursor() as cursor:
        cursor.execute("SET session_replication_role = replica; SET synchronous_commit = off")
        give_homes(cursor, made, tasks=tasks, copies=-(-drafts // base))
        copy_review(cursor)
        copy_jobs(cursor, made, scale)
        copy_mails(cursor, made, scale)
        cursor.execute("SET session_replication_role = DEFAULT")
        cursor.execute("VACUUM ANALYZE")
    print(f"grown in {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)


def give_homes(cursor: Any, made: Any, *, tasks: int, copies: int) -> None:
    """A table that says which task each round of copies belongs to: every second the first,
    the rest by turns the others.
    """
    from tests.review import factories

    others = [factories.make_task(by=made.admin, slug=f"task-{at}") for at in range(1, tasks)]
    homes = [(task.pk, task.versions.first().pk, task.slug) for task in (made.task, *others)]
    cursor.execute("CREATE TEMPORARY TABLE homes (n integer PRIMARY KEY, task_id uuid, version_id uuid, slug text)")
    cursor.execute("ALTER TABLE homes ALTER task_id TYPE text, ALTER version_id TYPE text")
    for n in range(1, copies + 1):
        home = homes[0] if n % 2 or len(homes) == 1 else homes[1 + n // 2 % (len(homes) - 1)]
        cursor.execute("INSERT INTO homes VALUES (%s, %s, %s, %s)", [n, *map(str, home)])


def copy(cursor: Any, model: Any, where: str, source: str, own: dict[str, str]) -> None:
    """Insert copies of rows of a model, a column each as `own` says or as it was."""
    table, columns = model._meta.db_table, [field.column for field in model._meta.concrete_fields]
    if model._meta.pk.get_internal_type().endswith("AutoField"):
        columns.remove(model._meta.pk.column)
    chosen = ", ".join(own.get(column, f't."{column}"') for column in columns)
    names = ", ".join(f'"{column}"' for column in columns)
    cursor.execute(f"INSERT INTO {table} ({names}) SELECT {chosen} FROM {table} t, {source} WHERE {where}")
    print(f"{cursor.rowcount:,} {table}", file=sys.stderr, flush=True)


def copy_review(cursor: Any) -> None:
    """Records, drafts, decisions, golds and what is searched of them, for each home."""
    from review.models import Decision, Draft, Gold, Record, SearchText, Task

    main = f"t.task_id = (SELECT id FROM {Task._meta.db_table} WHERE slug LIKE 'kestrel%')"
    task = "homes.task_id::" + cast(cursor, "review_draft", "task_id")
    version = "homes.version_id::" + cast(cursor, "review_draft", "task_version_id")
    fresh = {name: FRESH.format(column=f"t.{name}") for name in ("id", "draft_id", "record_id", "decision_id")}
    copy(
        cursor, Record, main, "homes", {"id": fresh["id"], "task_id": task, "content_hash": "md5(t.content_hash || n)"}
    )
    own = {
        "id": fresh["id"],
        "task_id": task,
        "task_version_id": version,
        "record_id": fresh["record_id"],
        "call_id": "NULL",
    }
    copy(cursor, Draft, main, "homes", {**own, "queue_position": "t.queue_position + n * 100"})
    own = {"id": fresh["id"], "draft_id": fresh["draft_id"], "task_id": task, "created_at": ago("created_at")}
    copy(cursor, Decision, f"{main} AND t.retracts_id IS NULL", "homes", own)
    own = {"draft_id": fresh["draft_id"], "decision_id": fresh["decision_id"], "task_id": task}
    copy(cursor, Gold, main, "homes", {**own, "decided_at": ago("decided_at")})
    copy(cursor, SearchText, main, "homes", {"draft_id": fresh["draft_id"], "task_id": task})


def cast(cursor: Any, table: str, column: str) -> str:
    """The type of a column."""
    cursor.execute(
        "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = %s::regclass AND attname = %s",
        [table, column],
    )
    return str(cursor.fetchone()[0])


def ago(column: str) -> str:
    """A copy's moment: a minute earlier for each round, so that reports of days have days."""
    return f"t.{column} - make_interval(mins => n)"


def copy_jobs(cursor: Any, made: Any, scale: float) -> None:
    """Ended jobs with their events, by turns of all tasks."""
    from jobs.models import Job, JobEvent

    job = made.objects["job"]
    own = {
        "id": FRESH.format(column="t.id"), "state": "'succeeded'", "finished_at": ago("created_at"),
        "created_at": ago("created_at"), "queued_at": ago("created_at"), "lease_until": "NULL", "unheard_since": "NULL",
        "settled": "true",
        "task_slug": "(SELECT slug FROM homes h WHERE h.n = 1 + mod(s.n, (SELECT count(*) FROM homes)))",
    }  # fmt: skip
    series = f"generate_series(1, {int(JOBS * scale)}) s(n)"
    copy(cursor, Job, f"t.id = '{job}'", series, own)
    one = JobEvent.objects.filter(job_id=job).first()
    assert one is not None
    each = f"generate_series(1, {int(JOBS * scale)}) s(n), generate_series(1, {EVENTS_A_JOB}) e(seq)"
    own = {"job_id": FRESH.format(column="t.job_id"), "seq": "e.seq", "ts": ago("ts")}
    copy(cursor, JobEvent, f"t.id = {one.pk}", each, own)


def copy_mails(cursor: Any, made: Any, scale: float) -> None:
    """Contacts, enrolments and sent mails of one campaign, with their events."""
    from campaigns.models import Contact, Enrolment, Event, Message

    mail = Message.objects.select_related("enrolment").get(pk=made.objects["mail"])
    event = Event.objects.filter(message=mail).first()
    assert event is not None
    series = f"generate_series(1, {int(MAILS * scale)}) s(n)"
    ids = {name: FRESH.format(column=f"t.{name}") for name in ("id", "contact_id", "enrolment_id", "message_id")}
    hmac = "md5(t.address_hmac || n) || md5(n::text || t.address_hmac)"
    copy(cursor, Contact, f"t.id = '{mail.contact_id}'", series, {"id": ids["id"], "address_hmac": hmac})
    own = {"id": ids["id"], "contact_id": ids["contact_id"]}
    copy(cursor, Enrolment, f"t.id = '{mail.enrolment_id}'", series, own)
    own |= {"enrolment_id": ids["enrolment_id"], "message_id": "n || t.message_id", "draft_id": "NULL"}
    copy(cursor, Message, f"t.id = '{mail.pk}'", series, own)
    kinds = (
        "(ARRAY['opened', 'clicked', 'opened', 'replied', 'opened', 'clicked', 'bounced', 'opened', 'opened', "
        "'clicked'])[k]"
    )
    own = {
        "id": "md5(t.id::text || n || ':' || k)::uuid", "enrolment_id": ids["enrolment_id"],
        "message_id": ids["message_id"], "key": "t.key || n || ':' || k", "kind": kinds,
        "occurred_at": "t.occurred_at - make_interval(secs => n)",
    }  # fmt: skip
    copy(cursor, Event, f"t.id = '{event.pk}'", f"{series}, generate_series(1, {EVENTS_A_MAIL}) e(k)", own)


def measure(made: Any, times: int, only: str) -> dict[str, Any]:
    """Each page so many times after a first look: milliseconds at the middle, at 95 of 100 and at most,
    and statements.
    """
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    # As web does at its start: what is loaded by then is not looked through for garbage while a page is made.
    import miniatures_site.asgi  # noqa: F401
    from tests.matrix.bodies import query_of
    from tests.matrix.pages import PAGES

    client, found = made.browsers["admin"], {}
    for route in PAGES:
        if only not in route.pattern:
            continue
        address, spent = route.address(made.values(route)) + query_of(route.name, made), []
        for _ in range(times + 1):
            connection.queries_log.clear()
            began = time.perf_counter()
            with CaptureQueriesContext(connection) as statements:
                answer = client.get(address)
                if answer.streaming:
                    answer.close()
            spent.append((time.perf_counter() - began) * 1000)
        first, *spent = spent
        slowest = max(statements.captured_queries, key=lambda each: float(each["time"]), default=None)
        found[route.name] = {
            "status": answer.status_code, "p50_ms": round(statistics.median(spent)),
            "p95_ms": round(percentile(spent, 95)), "max_ms": round(max(spent)), "first_ms": round(first),
            "statements": len(statements), "slowest_s": slowest and slowest["time"],
            "sql": slowest and slowest["sql"][:1200],
        }  # fmt: skip
        late = f": {slowest['sql'][:2000]}" if slowest and found[route.name]["p95_ms"] > WANTED_MS else ""
        print(f"{route.name} {found[route.name]['p95_ms']} ms{late}", file=sys.stderr, flush=True)
    ranked = sorted(found.items(), key=lambda each: -each[1]["p95_ms"])
    late = [name for name, each in ranked if each["p95_ms"] > WANTED_MS]
    worst = ranked[0][1]["p95_ms"] if ranked else 0
    return {
        "benchmark": "pages", "ratio": round(worst / WANTED_MS, 2), "pages": len(found), "late": len(late),
        "slowest": dict(ranked[:SAID_PAGES]),
    }  # fmt: skip


def percentile(values: list[float], share: int) -> float:
    """The smallest value that so many of a hundred do not pass."""
    return sorted(values)[-(-len(values) * share // 100) - 1]


if __name__ == "__main__":
    main()
