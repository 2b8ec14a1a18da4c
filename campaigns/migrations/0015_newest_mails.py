from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('campaigns', '0014_default_pipelines'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='message',
            index=models.Index(fields=['campaign', '-created_at', '-id'], name='mails_newest'),
        ),
    ]
