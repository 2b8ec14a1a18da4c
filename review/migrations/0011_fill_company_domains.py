"""Give records that were there before the domain their company is known by."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from review.domains import company_domain

CHUNK = 500


def fill(apps: Any, schema_editor: Any) -> None:
    alias = schema_editor.connection.alias
    versions = apps.get_model("review", "TaskVersion").objects.using(alias)
    records = apps.get_model("review", "Record").objects.using(alias)
    names = {
        task_id: name
        for task_id, body in versions.order_by("number").values_list("task_id", "body")
        if (name := _domain_field(body))
    }
    batch = []
    for record in records.filter(task_id__in=list(names)).only("pk", "task_id", "facts").iterator(chunk_size=CHUNK):
        record.domain = company_domain(record.facts.get(names[record.task_id]))
        if record.domain:
            batch.append(record)
        if len(batch) == CHUNK:
            records.bulk_update(batch, ["domain"])
            batch = []
    records.bulk_update(batch, ["domain"])


def _domain_field(body: dict[str, Any]) -> str:
    """The fact with the role domain, by the latest version that has one."""
    return next((field["name"] for field in body.get("input_schema", []) if field.get("role") == "domain"), "")


class Migration(migrations.Migration):
    dependencies = [("review", "0010_company_domains")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
