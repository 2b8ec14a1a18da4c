"""Drafts name the import they came with."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0003_decision_without_time")]
    operations = [
        migrations.AddField(
            "draft",
            "imported_from",
            models.ForeignKey(
                blank=True,
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="review.source",
            ),
        ),
        migrations.AddIndex(
            "draft",
            models.Index(
                condition=models.Q(("imported_from__isnull", False)), fields=["imported_from"], name="drafts_of_import"
            ),
        ),
    ]
