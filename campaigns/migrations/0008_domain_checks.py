"""What DNS says of a sender's domains, as it was last asked."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0007_sequences")]

    operations = [
        migrations.AddField(
            model_name="senderidentity",
            name="dkim_selector",
            field=models.CharField(blank=True, db_default="", default="", max_length=100),
        ),
        migrations.AddField(
            model_name="senderidentity",
            name="domain_checks",
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="senderidentity",
            name="domain_checked_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
