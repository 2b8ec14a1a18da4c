"""When a member last said what a reply means, and mails that wait since a value was never filled in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0017_mean_log_probs")]

    operations = [
        migrations.AddField("reply", "corrected_at", models.DateTimeField(blank=True, null=True)),
        migrations.AddIndex(
            "reply",
            models.Index(
                fields=["corrected_at"], name="replies_corrected", condition=models.Q(corrected_at__isnull=False)
            ),
        ),
        migrations.AlterField(
            "message",
            "held_because",
            models.CharField(
                blank=True,
                choices=[
                    ("contact", "The contact had a first mail from another campaign"),
                    ("company", "The company had its first mails"),
                    ("conversation", "The contact answered another campaign"),
                    ("holdout", "Another campaign keeps the contact without mail"),
                    ("sender", "The sender has sent its mails of the day"),
                    ("provider", "The reader's mail provider is given time"),
                    ("value", "A value of the contact or the sender was never filled in"),
                ],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
    ]
