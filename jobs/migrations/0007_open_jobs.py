from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('jobs', '0006_scan_cursor'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='job',
            index=models.Index(fields=['subject_id', '-created_at'], name='jobs_of_subject'),
        ),
        AddIndexWithoutLock(
            model_name='job',
            index=models.Index(
                condition=models.Q(('state__in', ['cancelled', 'failed', 'succeeded']), _negated=True),
                fields=['-created_at'],
                name='jobs_open',
            ),
        ),
    ]
