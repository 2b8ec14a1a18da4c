
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='BestOf',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('by', models.CharField(choices=[('alone', 'The only one'), ('checks', 'Checks'), ('judge', 'A judge')], max_length=10)),
                ('drafts', models.JSONField(default=list)),
                ('weights', models.JSONField(default=dict)),
                ('shown', models.JSONField(default=list)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Budget',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('scope', models.CharField(choices=[('installation-month', 'Whole installation, each month'), ('task-month', 'This task, each month'), ('task-total', 'This task, in all')], max_length=20)),
                ('limit_usd', models.DecimalField(decimal_places=2, max_digits=12)),
                ('warned_for', models.CharField(blank=True, max_length=7)),
                ('warned_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['created_at'],
            },
        ),
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveIntegerField(default=0)),
                ('state', models.CharField(choices=[('sent', 'In flight'), ('answered', 'Answered'), ('failed', 'Failed'), ('uncertain', 'Uncertain')], max_length=10)),
                ('settlement', models.CharField(blank=True, choices=[('', 'Open'), ('retried', 'Sent again'), ('dropped', 'Dropped'), ('paid', 'Billed'), ('not-paid', 'Not billed')], default='', max_length=8)),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('cached_tokens', models.PositiveIntegerField(default=0)),
                ('cache_write_tokens', models.PositiveIntegerField(default=0)),
                ('way', models.CharField(choices=[('live', 'Live'), ('batch', 'Batch')], default='live', max_length=5)),
                ('teacher_name', models.CharField(blank=True, max_length=120)),
                ('cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ('cost_is_estimate', models.BooleanField(default=False)),
                ('possible_cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ('claimed_cost_usd', models.DecimalField(decimal_places=6, max_digits=20, null=True)),
                ('is_repair', models.BooleanField(db_default=False, default=False)),
                ('is_corrected', models.BooleanField(db_default=False, default=False)),
                ('error_code', models.CharField(blank=True, max_length=40)),
                ('error_message', models.TextField(blank=True)),
                ('excerpt', models.TextField(blank=True)),
                ('fields', models.JSONField(null=True)),
                ('model', models.CharField(blank=True, max_length=120)),
                ('request_id', models.CharField(blank=True, max_length=120)),
                ('prompt_hash', models.CharField(blank=True, max_length=64)),
                ('latency_s', models.FloatField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['order', 'position'],
            },
        ),
        migrations.CreateModel(
            name='CallCorrection',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('was_usd', models.DecimalField(decimal_places=6, max_digits=12)),
                ('cost_usd', models.DecimalField(decimal_places=6, max_digits=12)),
                ('reason', models.CharField(max_length=300)),
                ('at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ClaimCheck',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('asked_as', models.CharField(db_index=True, max_length=64)),
                ('claims', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
    ]
