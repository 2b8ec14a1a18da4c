from django.db import migrations, models

from web.db.migration_operations import AddIndexWithoutLock


class Migration(migrations.Migration):

    # The index comes first: broken off there, the migration may be run again.
    atomic = False

    dependencies = [
        ('jobs', '0004_failed_jobs'),
    ]

    operations = [
        AddIndexWithoutLock(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['-finished_at'], name='jobs_ended'),
        ),
        migrations.CreateModel(
            name='Alert',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(max_length=60)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('message', models.CharField(max_length=500)),
                ('hint', models.CharField(blank=True, max_length=500)),
                ('first_seen_at', models.DateTimeField()),
                ('last_seen_at', models.DateTimeField()),
                ('told', models.JSONField(default=list)),
                ('telling', models.JSONField(default=list)),
                ('claimed_until', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['first_seen_at', 'name', 'subject'],
                'constraints': [models.UniqueConstraint(fields=('name', 'subject'), name='alert_open_once')],
            },
        ),
    ]
