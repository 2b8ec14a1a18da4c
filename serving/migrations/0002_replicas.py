"""Give each engine that serves a row of its own, and a task a teacher for while none serves. The job of the switch moves to the first row."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def move_job(apps, schema_editor):
    """Make the job that served a replica on any host, as it was."""
    replicas = apps.get_model("serving", "Replica").objects
    for switch in apps.get_model("serving", "Switch").objects.filter(job__isnull=False):
        replicas.create(job_id=switch.job_id)


class Migration(migrations.Migration):

    dependencies = [
        ('generation', '0003_plain_labels'),
        ('jobs', '0002_links'),
        ('review', '0006_plain_labels'),
        ('serving', '0001_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Fallback',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='review.task')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='generation.teacher')),
            ],
        ),
        migrations.CreateModel(
            name='Replica',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host_id', models.CharField(blank=True, default='', max_length=64)),
                ('draining_since', models.DateTimeField(null=True)),
                ('socket', models.CharField(blank=True, default='', max_length=200)),
                ('address', models.CharField(blank=True, default='', max_length=300)),
                ('reported_fence', models.PositiveIntegerField(default=0)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.RunPython(move_job, migrations.RunPython.noop),
        migrations.RemoveField(
            model_name='switch',
            name='job',
        ),
    ]
