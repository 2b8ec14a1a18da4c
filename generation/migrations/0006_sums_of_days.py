from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Count, Sum
from django.db.models.functions import TruncDate


def sum_up(apps: Any, schema_editor: Any) -> None:
    """Sums of the calls made before there were sums, by order, day, teacher and way."""
    orders, calls = apps.get_model("generation", "GenerationJob"), apps.get_model("generation", "Call")
    sums = apps.get_model("generation", "SpendDay")
    for order in orders.objects.only("id", "teacher_spec").iterator(chunk_size=500):
        found = calls.objects.filter(generation_job=order).order_by()
        rows = found.values(day=TruncDate("created_at")).annotate(
            n=Count("pk"), given=Sum("input_tokens"), answered=Sum("output_tokens"),
            cost=Sum("cost_usd"), possible=Sum("possible_cost_usd"),
        )  # fmt: skip
        sums.objects.bulk_create(
            sums(
                generation_job=order, day=row["day"], teacher_name=str(order.teacher_spec.get("name", ""))[:120],
                way="live", calls=row["n"], input_tokens=row["given"], output_tokens=row["answered"],
                cost_usd=row["cost"], possible_usd=row["possible"],
            )
            for row in rows
        )  # fmt: skip


class Migration(migrations.Migration):
    dependencies = [("generation", "0005_money")]

    operations = [migrations.RunPython(sum_up, migrations.RunPython.noop)]
