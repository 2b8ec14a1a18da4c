
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Arena',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('systems', models.JSONField(default=list)),
                ('most_votes', models.PositiveIntegerField()),
                ('seed', models.CharField(max_length=32)),
                ('left_out', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('closed_at', models.DateTimeField(null=True)),
                ('ended', models.CharField(blank=True, choices=[('clear', 'every order is clear'), ('spent', 'the planned votes are given'), ('lead', 'a lead closed it')], max_length=8)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='ArenaPair',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('left', models.PositiveSmallIntegerField()),
                ('right', models.PositiveSmallIntegerField()),
                ('is_identical', models.BooleanField(default=False)),
                ('is_doubled', models.BooleanField(default=False)),
            ],
            options={
                'ordering': ['arena', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ArenaVote',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('left', 'Left is better'), ('right', 'Right is better'), ('tie', 'A tie'), ('both_bad', 'Both are bad'), ('retract', 'Taken back')], max_length=8)),
                ('seconds', models.FloatField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Evaluation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('teacher_note', models.CharField(blank=True, max_length=300)),
                ('split', models.CharField(choices=[('train', 'Train'), ('validation', 'Validation'), ('test', 'Test')], db_default='test', default='test', max_length=10)),
                ('baselines', models.JSONField(db_default=[], default=list)),
                ('record_ids', models.JSONField(default=list)),
                ('records_hash', models.CharField(blank=True, max_length=64)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('summary', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='EvaluationOutput',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('system', models.CharField(max_length=120)),
                ('kind', models.CharField(choices=[('teacher', 'Teacher'), ('base', 'Base'), ('lora', 'LoRA'), ('full', 'Full'), ('baseline', 'Baseline')], max_length=8)),
                ('text', models.TextField(blank=True)),
                ('fields', models.JSONField(null=True)),
                ('error', models.CharField(blank=True, max_length=300)),
                ('marks', models.JSONField(default=list)),
                ('seconds', models.FloatField(default=0)),
                ('cost_usd', models.FloatField(default=0)),
                ('tokens', models.PositiveIntegerField(default=0)),
                ('scores', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['evaluation', 'record', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Gate',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('rules', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['task', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Measurement',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('fingerprint', models.CharField(max_length=64, unique=True)),
                ('plan', models.JSONField()),
                ('scores', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='SplitOpening',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('planned', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['task', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Study',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('samples', 'How many samples'), ('methods', 'LoRA against full'), ('filter', 'Does the human filter help'), ('students', 'The smallest student that holds'), ('transfer', 'Does it transfer between tasks'), ('context', 'A shorter context against a longer'), ('cloning', 'Imitating texts against logits'), ('experts', 'An expert of a mixture against a dense student'), ('minutes', 'SFT, DPO, KTO and on-policy at equal expert minutes'), ('router', 'Several experts behind a router against one larger student'), ('retrieval', 'A miniature that vets retrieved passages'), ('precision', 'Half precision against full'), ('shapes', 'An encoder–decoder against a decoder')], max_length=10)),
                ('question', models.CharField(max_length=200)),
                ('record_text', models.TextField()),
                ('record_sha256', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='StudyCell',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('position', models.PositiveIntegerField()),
                ('arm', models.CharField(max_length=120)),
                ('records', models.PositiveIntegerField()),
                ('seed', models.PositiveBigIntegerField()),
                ('is_reused', models.BooleanField(default=False)),
                ('begun_at', models.DateTimeField(null=True)),
                ('problem', models.CharField(blank=True, max_length=400)),
            ],
            options={
                'ordering': ['study', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Suite',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('held_out', 'Held-out'), ('hard', 'Hard cases'), ('adversarial', 'Adversarial'), ('regression', 'Regression'), ('slice', 'Slice')], max_length=12)),
                ('name', models.CharField(max_length=80)),
                ('choice', models.JSONField(default=dict)),
                ('cases', models.JSONField(default=list)),
                ('content_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
    ]
