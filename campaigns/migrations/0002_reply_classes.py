"""One list of what replies mean: the nine labels of *Reply sorting*. *Declined* and *later* get their names from there."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models

RENAMED = {"later": "not_now", "declined": "not_interested"}
ADDED = {"referral": "other", "out_of_office": "other", "machine": "other"}
CHOICES = [
    ("interested", "Interested"),
    ("question", "Asks something"),
    ("referral", "Names somebody else"),
    ("not_now", "Not now"),
    ("not_interested", "Not interested"),
    ("unsubscribe", "Wants no more mails"),
    ("out_of_office", "Out of office"),
    ("machine", "Sent by a program"),
    ("other", "Other"),
]


def rename(apps: Any, schema_editor: Any) -> None:
    """Give replies the names of the one list."""
    replies = apps.get_model("campaigns", "Reply").objects.using(schema_editor.connection.alias)
    for old, new in RENAMED.items():
        replies.filter(meaning=old).update(meaning=new)


def rename_back(apps: Any, schema_editor: Any) -> None:
    """Give them back; what had no name before is *other*."""
    replies = apps.get_model("campaigns", "Reply").objects.using(schema_editor.connection.alias)
    for old, new in RENAMED.items():
        replies.filter(meaning=new).update(meaning=old)
    for new, old in ADDED.items():
        replies.filter(meaning=new).update(meaning=old)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0001_initial")]

    operations = [
        migrations.AlterField(
            model_name="reply",
            name="meaning",
            field=models.CharField(max_length=16, choices=CHOICES, blank=True),
        ),
        migrations.AddField(
            model_name="reply",
            name="is_unsure",
            field=models.BooleanField(default=False, db_default=False),
        ),
        migrations.RunPython(rename, rename_back),
    ]
