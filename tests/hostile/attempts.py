"""Every way somebody may try to change what never changes: page, API, admin, ORM and SQL.

Each is tried as it would be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from django.db import DatabaseError, connection, models, transaction
from django.test import Client

from audit.models import AuditRow
from review.models import (
    DatasetFile,
    DatasetRow,
    DatasetVersion,
    Decision,
    Preference,
    Recall,
    RecalledDraft,
    RecallUndo,
    Reconsideration,
    Revocation,
    Ruling,
    TaskVersion,
    UnjudgedRow,
)

GUARDED: tuple[type[models.Model], ...] = (
    Decision, Ruling, Preference, Revocation, Recall, RecalledDraft, RecallUndo, Reconsideration, TaskVersion,
    DatasetVersion, DatasetRow, UnjudgedRow, DatasetFile, AuditRow,
)  # fmt: skip
# A column of each that holds text, for attempts to write another one.
TEXT = {
    Decision: "note", Ruling: "note", Preference: "note", Revocation: "reason", Recall: "reason",
    RecalledDraft: "state_before", RecallUndo: "kind", Reconsideration: "kind", TaskVersion: "note",
    DatasetVersion: "note", DatasetRow: "row_hash", UnjudgedRow: "row_hash", DatasetFile: "path", AuditRow: "actor",
}  # fmt: skip


# What a refusing database says: its triggers name the rule, its keys the row that would be left alone.
SAID = ("never change", "only grows", "is frozen", "FOREIGN KEY constraint", "foreign key", "violates")


@dataclass(frozen=True)
class Attempt:
    """One try.

    Attributes:
        name: What it is, for the report.
        act: Does it; returns whether it was refused, with what was said.
    """

    name: str
    act: Callable[[], tuple[bool, str]]


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows that must stay, as they are."""
    return {model.__name__: list(model._default_manager.order_by("pk").values()) for model in GUARDED}


def all_of(browser: Client, program: Any) -> list[Attempt]:
    """Each avenue for each row there is."""
    return [*_by_sql(), *_by_orm(), *_by_parents(), *_by_pages(browser), *_by_forms(browser), *_by_api(program)]


def _by_sql() -> Iterator[Attempt]:
    for model in GUARDED:
        table, key, column = model._meta.db_table, str(model._meta.pk.column), TEXT[model]
        names = [field.column for field in model._meta.concrete_fields]
        listed = ", ".join(f'"{name}"' for name in names)
        for pk in list(model._default_manager.values_list("pk", flat=True)[:6]):
            value = model._meta.pk.get_db_prep_value(pk, connection)
            where = f'WHERE "{key}" = %s'
            same = ", ".join("'changed'" if name == column else f'"{name}"' for name in names)
            updates = [
                f'UPDATE {table} SET "{column}" = \'changed\' {where}',
                # As long as before: no width of a column refuses it first.
                f'UPDATE {table} SET "{column}" = \'x\' || substr("{column}", 2) {where}',
                f"DELETE FROM {table} {where}",
                f'INSERT INTO {table} ({listed}) SELECT {listed} FROM {table} {where} '
                f'ON CONFLICT ("{key}") DO UPDATE SET "{column}" = \'changed\'',
            ]  # fmt: skip
            if connection.vendor == "sqlite":
                updates += [
                    f"UPDATE OR REPLACE {table} SET \"{column}\" = 'changed' {where}",
                    f"INSERT OR REPLACE INTO {table} ({listed}) SELECT {same} FROM {table} {where}",
                    f"REPLACE INTO {table} ({listed}) SELECT {same} FROM {table} {where}",
                ]
            else:
                updates += [
                    f"WITH gone AS (DELETE FROM {table} {where} RETURNING 1) SELECT count(*) FROM gone",
                    f"TRUNCATE {table} CASCADE",
                ]
            for statement in updates:
                parameters = [] if statement.startswith("TRUNCATE") else [value]
                yield Attempt(
                    f"SQL {statement[:70]}", lambda s=statement, p=parameters: _refused(lambda: _execute(s, p))
                )


def _by_orm() -> Iterator[Attempt]:
    for model in GUARDED:
        column = TEXT[model]
        for row in model._default_manager.all()[:6]:
            rows = model._default_manager.filter(pk=row.pk)
            for name, act in (
                ("update", lambda rows=rows, column=column: rows.update(**{column: "changed"})),
                ("save", lambda row=row, column=column: _save(row, column)),
                ("delete", lambda rows=rows: rows._raw_delete("default")),
                ("bulk_update", lambda model=model, row=row, column=column: _bulk(model, row, column)),
                ("bulk_create", lambda model=model, row=row, column=column: _upsert(model, row, column)),
            ):
                yield Attempt(f"ORM {name} of {model.__name__}", lambda act=act: _refused(act))


def _by_parents() -> Iterator[Attempt]:
    """Rows that what is guarded stands on: it must not go with them."""
    for decision in Decision.objects.select_related("draft__record", "reviewer")[:6]:
        for parent in (decision.draft, decision.draft.record, decision.reviewer):
            yield Attempt(
                f"ORM delete of a decision's {type(parent).__name__}",
                lambda parent=parent: _refused(lambda: _raw_delete(parent)),
            )
    for version in DatasetVersion.objects.select_related("dataset__task")[:3]:
        for parent in (version.dataset, version.dataset.task):
            yield Attempt(
                f"ORM delete of a version's {type(parent).__name__}",
                lambda parent=parent: _refused(lambda: _raw_delete(parent)),
            )


def _by_forms(browser: Client) -> Iterator[Attempt]:
    """The desk's form with the id of an old decision, and a lead's verdict on one that needs none."""
    for decision in Decision.objects.select_related("task")[:6]:
        desk = f"/tasks/{decision.task.slug}/review/"
        for verdict in ("accept", "edit", "reject"):
            body = {"draft": decision.draft_id, "id": decision.pk, "etag": "0" * 40, "verdict": verdict}
            yield Attempt(
                f"page {verdict} with an old id",
                lambda a=desk, b=body: _told(browser.post(a, {**b, "note": "changed"})),
            )
        for act in ("adopt", "leave"):
            body = {"decision": decision.pk, "act": act, "tag": "0" * 40, "note": "changed"}
            yield Attempt(
                f"page {act} of a decision that counts", lambda a=desk, b=body: _told(browser.post(f"{a}late/", b))
            )


def _by_pages(browser: Client) -> Iterator[Attempt]:
    for model in (Decision, DatasetVersion, TaskVersion):
        name = model.__name__.lower()
        for pk in list(model._default_manager.values_list("pk", flat=True)[:6]):
            for verb in ("change", "delete"):
                address = f"/admin/review/{name}/{pk}/{verb}/"
                yield Attempt(
                    f"admin {verb} {name}",
                    lambda a=address: _answered(browser.post(a, {"note": "changed", "post": "yes"}), 404),
                )
    for version in DatasetVersion.objects.select_related("dataset")[:3]:
        page = f"/datasets/{version.dataset.slug}/v/{version.number}/"
        for method in ("post", "put", "patch", "delete"):
            yield Attempt(f"page {method} version", lambda p=page, m=method: _answered(getattr(browser, m)(p), 405))


def _by_api(program: Any) -> Iterator[Attempt]:
    for version in DatasetVersion.objects.all()[:3]:
        address = f"/api/v1/dataset-versions/{version.pk}/"
        for method in ("put", "patch", "delete", "post"):
            yield Attempt(
                f"API {method} version",
                lambda a=address, m=method: _answered(getattr(program, m)(a, {}, format="json"), 405),
            )
    for decision in Decision.objects.all()[:6]:
        yield Attempt("API decision with an old id", lambda d=decision: _reused(program, d.draft_id, d.pk))
        for method in ("put", "patch", "delete"):
            address = f"/api/v1/drafts/{decision.draft_id}/decisions/"
            yield Attempt(
                f"API {method} decision",
                lambda a=address, m=method: _answered(getattr(program, m)(a, {}, format="json"), 405),
            )


def _refused(act: Callable[[], object]) -> tuple[bool, str]:
    try:
        with transaction.atomic():
            if connection.vendor == "postgresql":
                connection.check_constraints()  # nothing is truncated while checks are still to come
            act()
            transaction.set_rollback(True)
    except DatabaseError as error:
        return any(word in str(error) for word in SAID), str(error)
    return False, "nothing was said"


def _told(response: Any) -> tuple[bool, str]:
    """Whether a page refused and named its reason where a reader meets it."""
    said = re.search(r'role="alert">\s*<p>\s*<strong>([^<]+)</strong>', response.content.decode())
    return response.status_code in (409, 412, 422) and said is not None, f"{response.status_code} {said and said[1]}"


def _answered(response: Any, status: int) -> tuple[bool, str]:
    return response.status_code == status, f"{response.status_code}"


def _reused(program: Any, draft: UUID, decision: UUID) -> tuple[bool, str]:
    body = {"id": str(decision), "verdict": "reject", "reasons": [], "note": "changed", "seconds": 1}
    address = f"/api/v1/drafts/{draft}/decisions/"
    response = program.post(address, body, format="json", headers={"If-Match": f'"{uuid4().hex}"'})
    return response.status_code in (409, 412, 422) and bool(response.json()["title"]), response.content.decode()[:200]


def _execute(statement: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def _raw_delete(row: models.Model) -> None:
    type(row)._default_manager.filter(pk=row.pk)._raw_delete("default")
    connection.check_constraints()


def _save(row: models.Model, column: str) -> None:
    setattr(row, column, "changed")
    row.save(force_update=True)


def _bulk(model: type[models.Model], row: models.Model, column: str) -> None:
    setattr(row, column, "changed")
    model._default_manager.bulk_update([row], [column])


def _upsert(model: type[models.Model], row: models.Model, column: str) -> None:
    setattr(row, column, "changed")
    model._default_manager.bulk_create([row], update_conflicts=True, unique_fields=["pk"], update_fields=[column])
