
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='BackupTrial',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('file_name', models.CharField(max_length=255)),
                ('bytes', models.PositiveBigIntegerField(default=0)),
                ('made_at', models.DateTimeField(null=True)),
                ('tried_at', models.DateTimeField(auto_now_add=True)),
                ('verified_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=500)),
            ],
            options={
                'ordering': ['-tried_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='FinishedNotice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('consumer', models.CharField(max_length=60)),
                ('consumed_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Halt',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
                ('is_on', models.BooleanField(default=False)),
                ('since', models.DateTimeField(null=True)),
                ('reason', models.CharField(blank=True, max_length=200)),
                ('resumed_at', models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name='Host',
            fields=[
                ('id', models.CharField(max_length=64, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=120)),
                ('boot_id', models.CharField(max_length=64)),
                ('gpus', models.JSONField(default=list)),
                ('cores', models.PositiveIntegerField(default=0)),
                ('memory_bytes', models.PositiveBigIntegerField(default=0)),
                ('disk_bytes', models.PositiveBigIntegerField(default=0)),
                ('disk_free_bytes', models.PositiveBigIntegerField(default=0)),
                ('versions', models.JSONField(default=dict)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('is_draining', models.BooleanField(default=False)),
                ('seen_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['name', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Job',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=40)),
                ('queue', models.CharField(default='default', max_length=40)),
                ('state', models.CharField(choices=[('queued', 'queued'), ('waiting', 'waiting'), ('running', 'running'), ('pausing', 'pausing'), ('paused', 'paused'), ('cancelling', 'cancelling'), ('cancelled', 'cancelled'), ('failed', 'failed'), ('succeeded', 'succeeded')], default='queued', max_length=12)),
                ('waiting_reason', models.CharField(blank=True, max_length=200)),
                ('title', models.CharField(max_length=200)),
                ('priority', models.SmallIntegerField(db_default=0, default=0)),
                ('devices', models.PositiveSmallIntegerField(db_default=1, default=1)),
                ('task_slug', models.CharField(blank=True, db_index=True, max_length=60)),
                ('subject_id', models.UUIDField(blank=True, null=True)),
                ('subject_url', models.CharField(blank=True, max_length=300)),
                ('request_id', models.CharField(blank=True, db_default='', default='', max_length=64)),
                ('spec', models.JSONField(default=dict)),
                ('progress', models.JSONField(default=dict)),
                ('result', models.JSONField(null=True)),
                ('error', models.JSONField(null=True)),
                ('fence', models.PositiveIntegerField(default=0)),
                ('lease_until', models.DateTimeField(null=True)),
                ('worker', models.CharField(blank=True, max_length=120)),
                ('host_id', models.CharField(blank=True, max_length=64)),
                ('boot_id', models.CharField(blank=True, max_length=64)),
                ('pid', models.IntegerField(null=True)),
                ('pid_started', models.CharField(blank=True, max_length=40)),
                ('run_fence', models.PositiveIntegerField(default=0)),
                ('settled', models.BooleanField(default=True)),
                ('engine_until', models.DateTimeField(null=True)),
                ('attempts', models.PositiveIntegerField(default=0)),
                ('crashes', models.PositiveIntegerField(default=0)),
                ('reached', models.BigIntegerField(null=True)),
                ('last_seq', models.PositiveBigIntegerField(default=0)),
                ('texts_erased_at', models.DateTimeField(null=True)),
                ('unheard_since', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('queued_at', models.DateTimeField(auto_now_add=True)),
                ('rung_at', models.DateTimeField(auto_now_add=True)),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='JobEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('seq', models.PositiveBigIntegerField()),
                ('fence', models.PositiveIntegerField()),
                ('engine_seq', models.PositiveBigIntegerField(null=True)),
                ('ts', models.DateTimeField()),
                ('kind', models.CharField(max_length=30)),
                ('payload', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['job', 'seq'],
            },
        ),
        migrations.CreateModel(
            name='ReaperTurn',
            fields=[
                ('id', models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ('held_until', models.DateTimeField(null=True)),
                ('looked_through_at', models.DateTimeField(null=True)),
                ('consumers', models.JSONField(default=dict)),
                ('scan', models.JSONField(null=True)),
                ('ticked_at', models.DateTimeField(null=True)),
                ('leases_lost', models.PositiveBigIntegerField(db_default=0, default=0)),
            ],
        ),
        migrations.CreateModel(
            name='WorkerBeat',
            fields=[
                ('worker', models.CharField(max_length=120, primary_key=True, serialize=False)),
                ('host', models.CharField(max_length=64)),
                ('queues', models.CharField(blank=True, max_length=200)),
                ('at', models.DateTimeField()),
            ],
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
