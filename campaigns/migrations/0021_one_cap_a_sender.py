"""One daily cap a sender: warm-ups, paces by provider and slowings are gone."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0020_no_drift_studies")]

    operations = [
        migrations.DeleteModel("ProviderSlowing"),
        migrations.DeleteModel("RecipientDomain"),
        migrations.RemoveField("senderidentity", "warm_up_first"),
        migrations.RemoveField("senderidentity", "warm_up_percent"),
        migrations.RemoveField("senderidentity", "warm_up_since"),
        migrations.RemoveField("senderidentity", "provider_paces"),
        migrations.RemoveField("message", "provider"),
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
                    ("value", "A value of the contact or the sender was never filled in"),
                ],
                db_default="",
                default="",
                max_length=12,
            ),
        ),
    ]
