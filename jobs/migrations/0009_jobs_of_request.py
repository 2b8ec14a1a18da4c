from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('jobs', '0008_request_of_jobs'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='job',
            index=models.Index(fields=['request_id', '-created_at'], name='jobs_of_request'),
        ),
    ]
