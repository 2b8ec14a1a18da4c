"""Evidence files that are made by a job and kept for a few days."""

import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("jobs", "0004_failed_jobs"),
        ("serving", "0004_router_task_versions"),
        ("training", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EvidenceFile",
            fields=[
                ("id", models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ("with_rows", models.BooleanField()),
                ("path", models.CharField(blank=True, default="", max_length=200)),
                ("digest", models.CharField(blank=True, default="", max_length=64)),
                ("bytes", models.BigIntegerField(default=0)),
                ("made_at", models.DateTimeField(null=True)),
                ("expires_at", models.DateTimeField(null=True)),
                ("erasures", models.PositiveIntegerField(default=0)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "job",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="evidence_file", to="jobs.job"
                    ),
                ),
                (
                    "miniature",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="evidence_files",
                        to="training.miniature",
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("miniature", "with_rows"), name="evidence_file_once")],
            },
        ),
    ]
