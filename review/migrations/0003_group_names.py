"""Bring the group of each record to the form that imports look for: *acme ag*, of *Acme (AG)*, becomes *acme*."""

from __future__ import annotations

from typing import Any

from django.db import migrations

from review.spec.splits import normal_group


def rename_groups(apps: Any, schema_editor: Any) -> None:
    """Rename groups; one whose new name is in another split already keeps its own, as its records' split never moves."""
    records = apps.get_model("review", "Record").objects.using(schema_editor.connection.alias)
    for task, group in list(records.values_list("task", "group").order_by().distinct()):
        name = normal_group(group)
        if name == group:
            continue
        renamed = records.filter(task=task, group=group)
        splits = set(records.filter(task=task, group__in=(group, name)).values_list("split", flat=True))
        if len(splits) == 1:
            renamed.update(group=name)


class Migration(migrations.Migration):
    dependencies = [("review", "0002_search_words")]
    operations = [migrations.RunPython(rename_groups, migrations.RunPython.noop)]
