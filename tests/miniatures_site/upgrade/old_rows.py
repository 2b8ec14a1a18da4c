"""Rows as an old release would have written them, through its own historical models; run inside a house."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from review import immutability
from review.starters import outreach
from tests.miniatures_site.upgrade.releases import RELEASES

WHEN = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)
COUNT = 12
ROW = {
    "id": "1",
    "prompt": [{"role": "user", "content": "Write."}],
    "completion": [{"role": "assistant", "content": "Hi"}],
    "meta": "{}",
}
GUARDED = ("review_decision", "review_taskversion", "review_datasetversion", "review_datasetrow", "review_datasetfile")


def lay(release: str) -> None:
    """Bring an empty database to a release and fill it; its triggers are in place, as they were."""
    executor = MigrationExecutor(connection)
    targets = list(RELEASES[release].items())
    executor.migrate(targets)
    apps = MigrationExecutor(connection).loader.project_state(targets).apps
    _fill(lambda name: apps.get_model(*name.split(".")))
    immutability.install()


def told() -> str:
    """The old columns of the old rows in one line; new columns and tables are left out by naming the old ones."""
    columns = json.loads(_stored_columns())
    rows: dict[str, Any] = {}
    with connection.cursor() as cursor:
        for table, names in columns.items():
            listed = ", ".join(f'"{name}"' for name in names)
            cursor.execute(f'SELECT {listed} FROM "{table}" ORDER BY 1')
            rows[table] = hashlib.sha256(
                repr([list(map(_plain, row)) for row in cursor.fetchall()]).encode()
            ).hexdigest()
    return json.dumps(rows, sort_keys=True)


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True) if isinstance(value, (dict, list)) else str(value)


def _stored_columns() -> str:
    """Names of the columns of the guarded tables and golds as the release had them; kept in a table of the test's own."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if "test_old_columns" not in tables:
            found = {
                table: [column.name for column in connection.introspection.get_table_description(cursor, table)]
                for table in (*GUARDED, "review_gold", "review_record", "members_member", "review_membership")
            }
            cursor.execute("CREATE TABLE test_old_columns (names text)")
            cursor.execute("INSERT INTO test_old_columns VALUES (%s)", [json.dumps(found)])
        cursor.execute("SELECT names FROM test_old_columns")
        return str(cursor.fetchone()[0])


def _fill(model: Any) -> None:
    admin = model("members.Member").objects.create(username="ada", is_superuser=True, is_staff=True, password="!x")
    body = outreach.SPEC.model_dump(mode="json")
    task = model("review.Task").objects.create(slug="old", name="Old", created_by=admin)
    model("review.Membership").objects.create(member=admin, task=task, role="lead")
    digest = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
    version = model("review.TaskVersion").objects.create(
        task=task, number=1, body=body, content_hash=digest, created_by=admin
    )
    source = model("review.Source").objects.create(task=task, slug="s", name="S", format="csv", sha256="0" * 64)
    dataset = model("review.Dataset").objects.create(task=task, slug="old-gold", name="Old gold")
    frozen = model("review.DatasetVersion").objects.create(
        dataset=dataset, number=1, content_hash="a" * 64, created_by=admin
    )
    for number in range(COUNT):
        record = model("review.Record").objects.create(
            task=task, source=source, row_number=number, title=f"Co {number}", group=f"co {number}", split="train",
            facts={"company": f"Co {number}", "domain": f"co{number}.example"}, content_hash=f"{number:064d}",
        )  # fmt: skip
        _judged(model, number, task=task, version=version, record=record, admin=admin, frozen=frozen)
    default_storage.save("datasets/x", ContentFile(json.dumps(ROW).encode() + b"\n"))
    model("review.DatasetFile").objects.create(
        version=frozen, split="train", format="sft", path="datasets/x", sha256="b" * 64, bytes=1, rows=COUNT
    )
    model("review.DatasetVersion").objects.filter(pk=frozen.pk).update(frozen_at=WHEN)


def _judged(model: Any, number: int, *, task: Any, version: Any, record: Any, admin: Any, frozen: Any) -> None:
    fields = {
        "subject": f"A question {number}",
        "body": f"Hi,\n\nwe saw Co {number}. Shall we talk on Thursday?\n\nAda",
    }
    text_hash = hashlib.sha256(json.dumps(fields, sort_keys=True).encode()).hexdigest()
    is_open = number == COUNT - 1
    draft = model("review.Draft").objects.create(
        task=task, task_version=version, record=record, fields=fields, fields_hash=text_hash, queue_position=number,
        teacher="offline", model="offline-1", state="pending" if is_open else "decided",
    )  # fmt: skip
    if is_open:
        return
    verdict = ("accept", "edit", "reject")[number % 3]
    ends_with = {**fields, "body": fields["body"] + " P.S."} if verdict == "edit" else fields
    decision = model("review.Decision").objects.create(
        id=uuid4(), draft=draft, task=task, reviewer=admin, verdict=verdict,
        fields=None if verdict == "reject" else ends_with, before_hash=text_hash, body_hash="c" * 64, seconds=4,
        reasons=["tone"] if verdict == "reject" else [],
    )  # fmt: skip
    model("review.Decision").objects.filter(pk=decision.pk).update(created_at=WHEN + timedelta(minutes=number))
    model("review.Gold").objects.create(
        draft=draft, task=task, decision=decision, verdict=verdict, decided_at=WHEN + timedelta(minutes=number)
    )
    model("review.DatasetRow").objects.create(
        version=frozen, draft=draft, decision=decision, split="train", row_hash=f"{number:064d}"
    )
