"""The mails of a sender by time, to count those of a day."""

from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("campaigns", "0012_several_senders")]

    operations = [
        AddIndexWithoutLock(
            model_name="message", index=models.Index(fields=["sender", "sending_at"], name="mails_of_sender")
        ),
    ]
