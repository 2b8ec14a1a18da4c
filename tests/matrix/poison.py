"""Markup, control characters and marks of direction in every text that the seeded installation stores.

Which columns hold prose is read off the models: a new one is poisoned unless it is named here as something else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.db import connection, models

from review.models import Draft
from tests.matrix.installation import Installation

# Ends an attribute of either quote, an element and a script; rings, colours the terminal, turns the line round.
LIVE = "\"'></script></textarea></title><evil-tag hx-post=/evil/ hx-trigger=load onfocus=evil()><script>evil()</script>"
POISON = f"{LIVE}\x07\x1b[31m\u202e\u2066\u2028{{{{ 7 }}}}{{% now %}}&lt;"
# Where a column is too short for all of it.
SHORT = '"><evil-tag>\u202e'
LINE = "line " * 200_000
ROOMS = (
    "audit", "members", "jobs", "webhooks", "review", "generation", "training", "evaluation", "serving", "campaigns",
)  # fmt: skip
# Columns that are no prose: keys, hashes, paths and names that the code itself writes and reads, and takes from nobody.
KEYS = frozenset(
    {
        "password", "username", "digest", "token_key", "key", "leaves", "previous", "queue", "host_id", "boot_id",
        "pid_started", "consumer", "kind", "task_slug", "slug", "seed", "secret", "old_secret", "secret_ref",
        "content_hash", "body_hash", "row_hash", "fields_hash", "before_hash", "prompt_hash", "erased_hash",
        "request_hash", "records_hash", "record_sha256", "sha256", "manifest_sha256", "registration_sha256",
        "provided_by", "address_hmac", "message_id", "fingerprint", "etag", "format", "container", "path",
        "storage_prefix", "time_zone", "salt", "token", "verdict", "origin", "act", "subject_kind", "subject_id",
        "record_text", "recipe_name",
    }
)  # fmt: skip
# Of JSON, what is prose: all of it, or the values of these keys at any depth.
SPEC = frozenset(
    [
        "instruction",
        "guideline",
        "label",
        "text",
        "hint",
        "description",
        "when_to_use",
        "good",
        "bad",
        "why",
        "claim",
        "message",
        "value",
    ]
)
JSON: dict[str, frozenset[str] | None] = {
    "review.Draft.fields": None, "review.Draft.messages": frozenset({"content"}),
    "review.Draft.marks": frozenset({"message", "mend"}), "review.Record.facts": None,
    "review.TaskVersion.body": SPEC, "review.Assignment.unfinished": None, "review.Decision.fields": None,
    "audit.AuditRow.detail": None, "jobs.Job.error": None,
    "jobs.JobEvent.payload": frozenset({"message", "text", "line"}), "generation.Call.fields": None,
    "generation.TaskProposal.changes": frozenset({"value", "why"}), "evaluation.EvaluationOutput.fields": None,
    "evaluation.EvaluationOutput.marks": frozenset({"message"}), "campaigns.Event.payload": None,
    "webhooks.Event.data": None,
}  # fmt: skip
# Of all other JSON, where most texts are words of the code: what is called so, at any depth.
NAMED = frozenset(
    {"name", "title", "label", "text", "note", "description", "message", "hint", "reason", "why", "words", "licence",
     "hypothesis", "base_url", "claim", "summary", "sentence", "said", "detail", "comment", "gpu", "company"}
)  # fmt: skip
# Whose keys are anybody's, too: columns of an imported file, what another system sent.
OPEN_KEYS = frozenset(
    {"review.Record.facts", "audit.AuditRow.detail", "campaigns.Event.payload", "webhooks.Event.data"}
)


def poison(installation: Installation) -> int:
    """Append the poison to every stored text, past what keeps rows from changing; a draft gets a line of a megabyte.

    Returns:
        How many columns of how many models were poisoned, as one count.
    """
    _let_rows_change()
    columns = 0
    for room in ROOMS:
        for model in apps.get_app_config(room).get_models():
            columns += _poison(model)
    draft = Draft.objects.get(pk=installation.objects["draft"])
    draft.fields = {**draft.fields, "body": LINE + POISON}
    draft.save(update_fields=["fields"])
    return columns


def _poison(model: type[models.Model]) -> int:
    columns = list(_prose(model))
    nested = [
        (field.name, f"{model._meta.label}.{field.name}")
        for field in model._meta.concrete_fields
        if isinstance(field, models.JSONField) and not field.primary_key
    ]
    for row in model._default_manager.all():
        values = {field.name: _with(getattr(row, field.name), field) for field in columns}
        values |= {name: _json(getattr(row, name), where) for name, where in nested}
        if values:
            model._default_manager.filter(pk=row.pk).update(**values)
    return len(columns) + len(nested)


def _prose(model: type[models.Model]) -> Iterator[models.Field[Any, Any]]:
    for field in model._meta.concrete_fields:
        is_text = isinstance(field, models.CharField | models.TextField) and not field.choices
        if is_text and not field.primary_key and field.name not in KEYS:
            yield field


def _with(value: str | None, field: models.Field[Any, Any]) -> str:
    if "url" in field.name:
        # Services take nothing but web addresses, and paths of our own; none means something too.
        return f"{value}{SHORT}" if value else ""
    longest = field.max_length or 10_000
    bad = next((each for each in (POISON, SHORT) if longest >= len(each) + 40), "")
    return (value or "")[: longest - len(bad)] + bad


def _json(value: Any, where: str) -> Any:
    bad = _inside(value, JSON.get(where, NAMED))
    return {**bad, POISON: POISON} if where in OPEN_KEYS else bad


def _inside(value: Any, keys: frozenset[str] | None, *, is_wanted: bool = False) -> Any:
    """Return the value with the poison behind each text, or behind those of certain keys."""
    if isinstance(value, dict):
        return {
            key: _inside(each, keys, is_wanted=is_wanted or (keys is not None and key in keys))
            for key, each in value.items()
        }
    if isinstance(value, list):
        return [_inside(each, keys, is_wanted=is_wanted) for each in value]
    return value + POISON if isinstance(value, str) and (keys is None or is_wanted) else value


def _let_rows_change() -> None:
    """Take the triggers away, for this transaction:
    what is stored once could have been stored so from the beginning.
    """
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
            for (name,) in cursor.fetchall():
                cursor.execute(f'DROP TRIGGER "{name}"')
            return
        connection.check_constraints()
        cursor.execute(
            "SELECT DISTINCT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid WHERE NOT "
            "t.tgisinternal"
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')
