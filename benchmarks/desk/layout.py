"""Lay a desk of many drafts out in the database that the settings name; run as a program of its own.

A few real drafts are made by the services and copied by the database itself, so that a million rows take a minute.
Prints one JSON line: the task, a signed-in session for each reviewer, and how many statements one decision asks for.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import uuid4

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection, models, transaction  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402

from members.models import Member  # noqa: E402
from review.models import Draft, Record, Task  # noqa: E402
from tests.review import factories  # noqa: E402

MODELS = 50


def main(drafts: int, reviewers: int) -> None:
    """Make the task, its drafts and its reviewers."""
    call_command("migrate", verbosity=0)
    admin = Member.objects.create(username="bench-lead", is_superuser=True)
    task = factories.make_task(by=admin)
    few = factories.make_drafts(task, factories.make_records(factories.make_source(task), min(MODELS, drafts)))
    multiply(task, drafts - len(few))
    members = [Member.objects.create(username=f"bench-{number}") for number in range(reviewers)]
    for member in members:
        factories.join(member, task)
    statements = statements_of_a_decision(task, members[0])
    with connection.cursor() as cursor:
        # As the databases themselves do before long.
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    sessions = [session_of(member) for member in members]
    print(json.dumps({"task": task.slug, "sessions": sessions, "statements": statements}))


def multiply(task: Task, wanted: int) -> None:
    """Copy the drafts of a task and their records, inside the database, until there are so many more."""
    if wanted <= 0:
        return
    is_postgres = connection.vendor == "postgresql"
    number = "lpad(to_hex(n.i + {base}), 32, '0')::uuid" if is_postgres else "printf('%032x', n.i + {base})"
    hexed = "lpad(to_hex(n.i), 64, '0')" if is_postgres else "printf('%064x', n.i)"
    chance = "(random() * 9e18)::bigint" if is_postgres else "random() & 9223372036854775807"
    text = "n.i::text" if is_postgres else "n.i"
    record, draft = number.format(base=1 << 32), number.format(base=1 << 40)
    of_record = {"id": record, "row_number": f"n.i + {MODELS}", "content_hash": hexed,
                 "title": f"m.title || ' ' || {text}", "group": f"m.\"group\" || ' ' || {text}"}  # fmt: skip
    of_draft = {"id": draft, "record_id": record, "queue_position": f"n.i + {MODELS}", "random_key": chance,
                "call_id": "NULL"}  # fmt: skip
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(copying(Record, of_record, wanted))
        cursor.execute(copying(Draft, of_draft, wanted))


def copying(model: type[models.Model], fresh: dict[str, str], wanted: int) -> str:
    """The statement that copies the rows of a model round and round; `fresh` names the columns that differ."""
    names = [field.column for field in model._meta.concrete_fields]
    taken = ", ".join(fresh.get(name, f'm."{name}"') for name in names)
    columns = ", ".join(f'"{name}"' for name in names)
    table = model._meta.db_table
    order = "row_number" if model is Record else "queue_position"
    return (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {wanted}), "
        f"m AS (SELECT t.*, row_number() OVER (ORDER BY {order}) - 1 AS place FROM {table} t) "
        f"INSERT INTO {table} ({columns}) SELECT {taken} FROM n JOIN m ON m.place = n.i % (SELECT count(*) FROM m)"
    )


def session_of(member: Member) -> str:
    """A session in which the member is signed in; its key."""
    session = SessionStore()
    session[SESSION_KEY] = str(member.pk)
    session[BACKEND_SESSION_KEY] = "django.contrib.auth.backends.ModelBackend"
    session[HASH_SESSION_KEY] = member.get_session_auth_hash()
    session.save()
    return str(session.session_key)


def statements_of_a_decision(task: Task, member: Member) -> int:
    """SQL statements, transaction control included, from a decision to the next card in the browser."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(member)
    deck = client.get(f"/api/v1/desk/{task.slug}/deck/?render=html").json()["cards"]

    def judge(card: dict[str, Any]) -> None:
        answer = client.post(
            f"/api/v1/drafts/{card['id']}/decisions/?render=html",
            data={"id": str(uuid4()), "verdict": "accept", "seconds": 8.0},
            content_type="application/json",
            headers={"If-Match": card["etag"]},
        )
        if answer.status_code != 201:
            raise SystemExit(f"A decision was refused: {answer.content.decode()}")

    judge(deck[0])
    with CaptureQueriesContext(connection) as seen:
        judge(deck[1])
        count = len(seen)
    client.post(
        "/api/v1/desk/release/",
        data={"cards": [{"draft": card["id"]} for card in deck[2:]]},
        content_type="application/json",
    )
    return count


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
