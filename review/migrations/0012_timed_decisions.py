from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    atomic = False

    dependencies = [
        ('review', '0011_judge_tasks'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='decision',
            index=models.Index(
                condition=models.Q(('seconds__gt', 0)),
                fields=['reviewer', 'task', '-created_at'],
                name='my_timed_decisions',
            ),
        ),
    ]
