"""Stages whose model a router chooses, and where it sent each record."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("campaigns", "0010_inbox_answers"),
        ("review", "0011_judge_tasks"),
        ("serving", "0004_router_task_versions"),
    ]

    operations = [
        migrations.AddField(
            model_name="stage",
            name="router",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="serving.routerversion"
            ),
        ),
        migrations.CreateModel(
            name="StageRoute",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("cost_usd", models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                (
                    "campaign",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="stage_routes",
                        to="campaigns.campaign",
                    ),
                ),
                (
                    "draft",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.draft"
                    ),
                ),
                (
                    "record",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="review.record"
                    ),
                ),
                (
                    "routed",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="serving.routed"
                    ),
                ),
                (
                    "stage",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.DO_NOTHING, related_name="routes", to="campaigns.stage"
                    ),
                ),
            ],
            options={
                "ordering": ["campaign", "stage", "created_at", "id"],
                "indexes": [models.Index(fields=["stage", "campaign"], name="stage_routes_of_stage")],
                "constraints": [
                    models.UniqueConstraint(fields=("campaign", "stage", "record"), name="stage_route_once")
                ],
            },
        ),
    ]
