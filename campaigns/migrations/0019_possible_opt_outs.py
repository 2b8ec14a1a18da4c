"""Replies that may ask to leave, and mails that wait until a person has decided."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0018_corrected_replies")]

    operations = [
        migrations.AddField("reply", "may_be_optout", models.BooleanField(db_default=False, default=False)),
        migrations.AddIndex(
            "reply",
            models.Index(fields=["message"], name="replies_in_doubt", condition=models.Q(may_be_optout=True)),
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
                    ("optout", "A reply may ask to leave, and no person has decided yet"),
                ],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
    ]
