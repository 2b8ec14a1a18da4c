"""How long the list of drafts, its search and acts on many take, from a thousand drafts to a million.

`python -m benchmarks.lists [--rows 100000] [--database sqlite|postgresql]`: drafts of a mail's length over two thousand
words and some shared sentences, three in four of them copies of others; requests through the whole of Django, medians of
five. The last line of output is one JSON object; its `ratio` is the worst of what each may take: a page of the list one
second, that of what is alike three, an act on five thousand ten.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from typing import Any

PAGES = {
    "plain": "",
    "state": "?state=pending",
    "rare word": "?q=quokka",
    "common word": "?q=thursday",
    "phrase": "?q=%22short+call+on+thursday%22",
    "words and state": "?q=thursday+-quokka&state=decided",
    "no index": "?round=9",
    "check": "?check=spam&state=pending",
    "reviewer": "?reviewer=rob",
}
BASE = 4_000
# Copies of each draft a statement.
AT_ONCE = 12


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--database", choices=("sqlite", "postgresql"), default="sqlite")
    asked = parser.parse_args()
    from benchmarks import databases
    from demo import scratch

    with databases.postgres() if asked.database == "postgresql" else nullcontext() as server:
        if server is not None:
            os.environ["DATABASE_URL"] = server.url
        scratch.prepare()
        print(json.dumps(measure(asked.rows, asked.database)))
        from django.db import connections

        connections.close_all()


def measure(rows: int, database: str) -> dict[str, Any]:
    """Seed and ask; the result's `ratio` is under one where nothing takes longer than it may."""
    from members.models import Member
    from review.models import Draft
    from tests.review import factories

    ada = Member.objects.create(username="ada", is_superuser=True, is_staff=True)
    rob = Member.objects.create(username="rob")
    task = factories.make_task(by=ada)
    factories.join(rob, task)
    seeding = seed(task, rows)
    client = signed_in(ada)
    acts = decide_many(task, rob)
    found = {name: page(client, f"/tasks/{task.slug}/review/list/{query}") for name, query in PAGES.items()}
    deep = f"/tasks/{task.slug}/review/list/?after={cursor_at(task, rows // 2)}"
    found["in the middle"] = page(client, deep)
    one = Draft.objects.filter(task=task, state="pending").order_by("id").first()
    alike = {
        "clusters": page(client, f"/tasks/{task.slug}/review/alike/", times=1),
        "similar": page(client, f"/tasks/{task.slug}/review/alike/{one.pk}/", times=3),
    }
    slowest = max(each["ms"] for each in found.values()) / 1000
    worst = max(slowest, alike["clusters"]["ms"] / 3000, acts["act_s"] / 10)
    return {
        "benchmark": "lists", "database": database, "rows": rows, "ratio": round(worst, 3), "pages": found,
        "alike": alike, "acts": acts, **seeding,
    }  # fmt: skip


def seed(task: Any, rows: int) -> dict[str, Any]:
    """Some drafts through the service, the rest as copies of them by the database."""
    from django.db import connection

    from review.drafts import search_index
    from review.models import Draft
    from tests.review import factories

    base = min(BASE, rows)
    source = factories.make_source(task)
    began = time.perf_counter()
    for start in range(0, base, 1000):
        records = factories.make_records(source, min(1000, base - start))
        factories.make_drafts(task, records, fields=[mail(start + at) for at in range(len(records))])
    added_s, began = time.perf_counter() - began, time.perf_counter()
    indexed = search_index.catch_up(for_s=3600)
    indexed_s = time.perf_counter() - began
    copy(task, rows - base)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # As it does itself before long. SQLite never does, nor does anything of ours have it do so.
            cursor.execute("VACUUM ANALYZE review_draft, review_searchtext")
    rare = Draft.objects.filter(task=task).order_by("created_at").values_list("pk", flat=True)[:1]
    Draft.objects.filter(pk__in=list(rare)).update(round=9)
    return {
        "added_per_s": round(base / added_s), "indexed_per_s": round(indexed / indexed_s),
    }  # fmt: skip


def mail(number: int) -> dict[str, str]:
    """A mail of some 120 words: shared sentences, words of its own, and in one of a thousand a rare one."""
    rng = random.Random(number)
    own = " ".join(f"word{int(rng.paretovariate(0.6)) % 2000}" for _ in range(70))
    shared = rng.sample(SHARED, 3)
    rare = " A quokka." if number % 1000 == 7 else ""
    return {
        "subject": f"A question {number}",
        "body": f"Hi,\n\n{shared[0]} {own}.{rare} {shared[1]} {shared[2]}\n\nBest",
    }


SHARED = [
    "Would a short call on Thursday be of use?",
    "Most teams in your trade hear of trouble when the load arrives.",
    "By then it is too late to do anything about it.",
    "A second place to watch can soon mean more claims.",
    "We send one message the moment a load leaves its range.",
    "Nobody has to look at all of it by hand any more.",
]


def copy(task: Any, count: int) -> None:
    """Copies of the drafts there are, with ids, places and moments of their own, each indexed as its original.

    The originals become the oldest and each round of copies is a minute newer, so that drafts are indexed in the order in
    which they came, as they are where nobody copies them.
    """
    from django.db import connection

    from review.models import Draft, SearchText

    fresh = "gen_random_uuid()" if connection.vendor == "postgresql" else "lower(hex(randomblob(16)))"
    own = {
        "id": "m.fresh",
        "created_at": moved("m.n"),
        "queue_position": "queue_position + m.n * 100000",
        "call_id": "NULL",
    }
    columns = [field.column for field in Draft._meta.concrete_fields]
    texts = [field.column for field in SearchText._meta.concrete_fields if field.column != "id"]
    base = Draft.objects.filter(task=task).count()
    rounds = -(-count // base)
    with connection.cursor() as cursor, unindexed(cursor):
        cursor.execute(f"UPDATE review_draft SET created_at = {moved(str(-rounds))}")
        for first in range(1, rounds + 1, AT_ONCE):
            last = min(first + AT_ONCE - 1, rounds)
            cursor.execute("DROP TABLE IF EXISTS copies")
            cursor.execute(
                f"CREATE TEMPORARY TABLE copies AS WITH RECURSIVE times(n) AS (SELECT {first} UNION ALL SELECT n + 1 FROM times "
                f"WHERE n < {last}) SELECT id AS old, {fresh} AS fresh, n FROM review_draft, times "
                f"WHERE queue_position < 100000 LIMIT {count - (first - 1) * base}"
            )
            chosen = ", ".join(own.get(column, f"c.{column}") for column in columns)
            cursor.execute(
                f"INSERT INTO review_draft ({', '.join(columns)}) SELECT {chosen} "
                "FROM copies m JOIN review_draft c ON c.id = m.old"
            )
            chosen = ", ".join("m.fresh" if column == "draft_id" else f"t.{column}" for column in texts)
            cursor.execute(
                f"INSERT INTO review_searchtext ({', '.join(texts)}) SELECT {chosen} "
                "FROM copies m JOIN review_searchtext t ON t.draft_id = m.old ORDER BY m.n, t.id"
            )
            print(f"{base + min(count, last * base):,} drafts", file=sys.stderr, flush=True)


def moved(minutes: str) -> str:
    """A draft's moment so many minutes later, in the language of the database."""
    from django.db import connection

    if connection.vendor == "postgresql":
        return f"created_at + make_interval(mins => {minutes})"
    return f"strftime('%Y-%m-%d %H:%M:%f000', created_at, ({minutes}) || ' minutes')"


@contextmanager
def unindexed(cursor: Any) -> Iterator[None]:
    """Words of the copies are indexed all at once, which is faster than one by one; how fast that is stands elsewhere."""
    from django.db import connection

    from review.db import text_index

    if connection.vendor == "postgresql":
        cursor.execute(f"DROP INDEX {text_index.GIN}")
        cursor.execute("SET maintenance_work_mem = '512MB'")
        cursor.execute("SET synchronous_commit = off")
    else:
        for trigger in text_index.TRIGGERS:
            cursor.execute(f"DROP TRIGGER {trigger}")
    yield
    text_index.install()
    text_index.rebuild()


def decide_many(task: Any, rob: Any) -> dict[str, float]:
    """Preview, reject and take back five thousand drafts."""
    from uuid import uuid4

    from review.bulk import bulk_undo, bulk_verdict, execution
    from review.bulk import planning as selecting
    from review.drafts.draft_filters import parse

    said = bulk_verdict.parse({"verdict": "reject", "reasons": ["tone"]})
    ids, found_s = timed(lambda: selecting.matching(rob, task, parse({"q": "thursday"}))[: selecting.AT_MOST])
    plan, preview_s = timed(lambda: selecting.plan(rob, task, ids, said))
    ask = {"by": rob, "drafts": plan.ids, "said": said, "tag": plan.tag}
    act, act_s = timed(lambda: execution.carry_out(task, id=uuid4(), **ask))
    undone, undo_s = timed(lambda: bulk_undo.undo(act.pk, by=rob))
    execution.carry_out(task, id=uuid4(), **ask)
    edit = bulk_verdict.parse({"verdict": "edit", "find": SHARED[0], "replace": "May I call you?"})
    left = selecting.matching(rob, task, parse({"q": "thursday"}))[: selecting.AT_MOST]
    _, edit_s = timed(lambda: selecting.plan(rob, task, left, edit))
    return {
        "drafts": act.count, "undone": undone.count, "found_s": found_s, "preview_s": preview_s, "act_s": act_s,
        "undo_s": undo_s, "edit_preview_s": edit_s,
    }  # fmt: skip


def timed(act: Any) -> tuple[Any, float]:
    began = time.perf_counter()
    result = act()
    return result, round(time.perf_counter() - began, 2)


def plain_settings() -> None:
    """Let pages be asked for without a server: by any name, and with static files that nobody has collected."""
    from django.conf import settings

    settings.ALLOWED_HOSTS = ["*"]
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def signed_in(member: Any) -> Any:
    from django.test import Client

    plain_settings()
    client = Client()
    client.force_login(member, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(client: Any, url: str, *, times: int = 5) -> dict[str, Any]:
    """Median milliseconds, statements and kilobytes of a page."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    spent = []
    for _ in range(times):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as statements:
            answer = client.get(url)
        spent.append((time.perf_counter() - began) * 1000)
    assert answer.status_code == 200, answer.status_code
    slow = max(statements.captured_queries, key=lambda one: float(one["time"]))
    return {
        "ms": round(statistics.median(spent), 1), "statements": len(statements), "kilobytes": len(answer.content) // 1024,
        "rows": answer.content.count(b'th scope="row"'), "slowest_ms": round(float(slow["time"]) * 1000, 1),
    }  # fmt: skip


def cursor_at(task: Any, place: int) -> str:
    from review.models import Draft
    from web.db import keyset

    row = Draft.objects.filter(task=task).order_by("-created_at", "-id").only("created_at")[place]
    return keyset._cursor(row.created_at, row.pk)


if __name__ == "__main__":
    main()
