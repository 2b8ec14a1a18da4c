from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('jobs', '0003_backup_trials'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['-finished_at'], name='jobs_failed'),
        ),
    ]
