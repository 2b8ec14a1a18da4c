
import django.db.models.deletion
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_release_tables'),
        ('review', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='HostPrice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host', models.CharField(max_length=64, unique=True)),
                ('usd_per_hour', models.DecimalField(decimal_places=4, max_digits=10)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['host'],
            },
        ),
        migrations.CreateModel(
            name='Student',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('source', models.CharField(choices=[('folder', 'Folder on the training host'), ('hub', 'Hugging Face hub'), ('demo', 'Comes with the product')], max_length=10)),
                ('path', models.CharField(blank=True, max_length=500)),
                ('hub_id', models.CharField(blank=True, max_length=200)),
                ('revision', models.CharField(blank=True, max_length=64)),
                ('manifest_sha256', models.CharField(blank=True, max_length=64)),
                ('bytes', models.BigIntegerField(default=0)),
                ('licence', models.CharField(blank=True, max_length=120)),
                ('model_type', models.CharField(blank=True, max_length=60)),
                ('parameters', models.BigIntegerField(blank=True, null=True)),
                ('context_length', models.PositiveIntegerField(blank=True, null=True)),
                ('thinks', models.BooleanField(db_default=False, default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Miniature',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=100, unique=True)),
                ('name', models.CharField(max_length=160)),
                ('method', models.CharField(choices=[('lora', 'LoRA'), ('full', 'Full fine-tuning')], max_length=8)),
                ('storage_prefix', models.CharField(max_length=200)),
                ('files', models.JSONField(default=list)),
                ('manifest_sha256', models.CharField(max_length=64)),
                ('bytes', models.BigIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='miniatures', to='review.task')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='miniatures', to='training.student')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Sweep',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('recipe_name', models.CharField(max_length=60)),
                ('grid', models.JSONField()),
                ('device', models.CharField(choices=[('auto', 'GPU where there is one, else CPU'), ('cpu', 'CPU'), ('cuda', 'GPU')], default='auto', max_length=8)),
                ('max_hours', models.FloatField(blank=True, null=True)),
                ('max_usd', models.DecimalField(blank=True, decimal_places=4, max_digits=12, null=True)),
                ('at_once', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.datasetversion')),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='sweep', to='jobs.job')),
                ('starts_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.miniature')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.student')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sweeps', to='review.task')),
                ('teacher', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.student')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='TrainingRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('recipe_name', models.CharField(max_length=60)),
                ('recipe', models.JSONField()),
                ('overrides', models.JSONField(default=dict)),
                ('device', models.CharField(choices=[('auto', 'GPU where there is one, else CPU'), ('cpu', 'CPU'), ('cuda', 'GPU')], default='auto', max_length=8)),
                ('purpose', models.CharField(choices=[('miniature', 'A miniature'), ('study', 'A study'), ('sweep', 'A sweep')], default='miniature', max_length=10)),
                ('sample', models.JSONField(default=dict)),
                ('estimate', models.JSONField(default=dict)),
                ('summary', models.JSONField(default=dict)),
                ('cost', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_runs', to='review.datasetversion')),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='training_run', to='jobs.job')),
                ('starts_from', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='continued_by', to='training.miniature')),
                ('student', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='runs', to='training.student')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='training_runs', to='review.task')),
                ('task_version', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.taskversion')),
                ('teacher', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='taught_runs', to='training.student')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='SweepCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('values', models.JSONField()),
                ('overrides', models.JSONField(default=dict)),
                ('sample', models.JSONField(default=dict)),
                ('fingerprint', models.CharField(db_index=True, max_length=64)),
                ('estimated_s', models.FloatField(null=True)),
                ('is_reused', models.BooleanField(default=False)),
                ('begun_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=400)),
                ('is_left_out', models.BooleanField(default=False)),
                ('sweep', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='cells', to='training.sweep')),
                ('run', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sweep_cells', to='training.trainingrun')),
            ],
            options={
                'ordering': ['sweep', 'position'],
            },
        ),
        migrations.AddField(
            model_name='miniature',
            name='run',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='miniature', to='training.trainingrun'),
        ),
        migrations.CreateModel(
            name='Checkpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('step', models.PositiveIntegerField()),
                ('fence', models.PositiveIntegerField()),
                ('path', models.CharField(max_length=300)),
                ('manifest_sha256', models.CharField(blank=True, max_length=64)),
                ('stored', models.JSONField(default=list)),
                ('created_at', models.DateTimeField()),
                ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='checkpoints', to='training.trainingrun')),
            ],
            options={
                'ordering': ['run', '-step'],
            },
        ),
        migrations.CreateModel(
            name='Watcher',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.job')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='MiniatureExport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('format', models.CharField(choices=[('merged', 'Merged safetensors'), ('gguf-f16', 'GGUF, 16 bits'), ('gguf-q8', 'GGUF, 8 bits'), ('gguf-q5', 'GGUF, 5 bits'), ('gguf-q4', 'GGUF, 4 bits')], max_length=12)),
                ('storage_prefix', models.CharField(blank=True, max_length=200)),
                ('files', models.JSONField(default=list)),
                ('manifest_sha256', models.CharField(blank=True, max_length=64)),
                ('bytes', models.BigIntegerField(default=0)),
                ('summary', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('job', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='miniature_export', to='jobs.job')),
                ('miniature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='exports', to='training.miniature')),
            ],
            options={
                'ordering': ['format'],
                'constraints': [models.UniqueConstraint(fields=('miniature', 'format'), name='export_once_per_format')],
            },
        ),
        migrations.CreateModel(
            name='Notice',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('subject', models.CharField(max_length=200)),
                ('text', models.TextField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('job', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.job')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['due_at'], name='notices_to_send')],
            },
        ),
        migrations.AddIndex(
            model_name='sweep',
            index=models.Index(fields=['task', '-created_at'], name='sweeps_of_task'),
        ),
        migrations.AddConstraint(
            model_name='sweep',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='sweep_number_once_per_task'),
        ),
        migrations.AddIndex(
            model_name='trainingrun',
            index=models.Index(fields=['student', '-created_at'], name='runs_of_student'),
        ),
        migrations.AddConstraint(
            model_name='trainingrun',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='run_number_once_per_task'),
        ),
        migrations.AddConstraint(
            model_name='sweepcell',
            constraint=models.UniqueConstraint(fields=('sweep', 'position'), name='one_sweep_cell_per_place'),
        ),
        migrations.AddConstraint(
            model_name='checkpoint',
            constraint=models.UniqueConstraint(fields=('run', 'step'), name='checkpoint_once_per_step'),
        ),
        migrations.AddConstraint(
            model_name='watcher',
            constraint=models.UniqueConstraint(fields=('job', 'member'), name='one_watch_per_member'),
        ),
    ]
