
import django.db.models.deletion
import django.utils.timezone
import functools
import secrets
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Task',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('seed', models.CharField(default=functools.partial(secrets.token_hex, *(16,), **{}), editable=False, max_length=32)),
                ('train_fraction', models.FloatField(default=0.8)),
                ('validation_fraction', models.FloatField(default=0.1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('archived_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('pending', 'Pending'), ('leased', 'Leased'), ('decided', 'Decided'), ('disputed', 'Disputed'), ('kept', 'Not for review'), ('machine', 'Accepted by a judge')], default='pending', max_length=10)),
                ('queue_position', models.BigIntegerField(default=0)),
                ('random_key', models.BigIntegerField(default=functools.partial(secrets.randbelow, *(9223372036854775808,), **{}), editable=False)),
                ('verdicts_wanted', models.PositiveSmallIntegerField(default=1)),
                ('fields', models.JSONField()),
                ('fields_hash', models.CharField(max_length=64)),
                ('words', models.PositiveIntegerField(default=0)),
                ('messages', models.JSONField(default=list)),
                ('thread', models.JSONField(blank=True, null=True)),
                ('marks', models.JSONField(default=list)),
                ('marks_count', models.PositiveSmallIntegerField(default=0)),
                ('is_checked', models.BooleanField(db_default=True, default=True)),
                ('origin', models.CharField(default='teacher', max_length=20)),
                ('provenance', models.CharField(blank=True, max_length=200)),
                ('job_id', models.UUIDField(blank=True, null=True)),
                ('call_id', models.CharField(blank=True, max_length=64, null=True)),
                ('teacher', models.CharField(blank=True, max_length=120)),
                ('model', models.CharField(blank=True, max_length=120)),
                ('parameters', models.JSONField(default=dict)),
                ('prompt_hash', models.CharField(blank=True, max_length=64)),
                ('input_tokens', models.PositiveIntegerField(default=0)),
                ('output_tokens', models.PositiveIntegerField(default=0)),
                ('cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ('latency_s', models.FloatField(default=0)),
                ('labelled_defects', models.JSONField(default=list)),
                ('mean_log_prob', models.FloatField(blank=True, null=True)),
                ('round', models.PositiveSmallIntegerField(default=1)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('for_reviewer', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('parent', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='revisions', to='review.draft')),
            ],
            options={
                'ordering': ['queue_position', 'created_at'],
            },
        ),
        migrations.CreateModel(
            name='SearchBacklog',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('drafts', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='BulkAct',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(max_length=10)),
                ('selection', models.JSONField(default=dict)),
                ('body_hash', models.CharField(max_length=64)),
                ('count', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='bulk_acts', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Dataset',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('filters', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='datasets', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='DatasetVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('filters', models.JSONField(default=dict)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('content_hash', models.CharField(blank=True, max_length=64)),
                ('counts', models.JSONField(default=dict)),
                ('manifest', models.JSONField(default=dict)),
                ('card', models.TextField(blank=True)),
                ('frozen_at', models.DateTimeField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('dataset', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='review.dataset')),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='jobs.job')),
            ],
            options={
                'ordering': ['dataset', '-number'],
            },
        ),
        migrations.CreateModel(
            name='DatasetFile',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('split', models.CharField(choices=[('train', 'Train'), ('validation', 'Validation'), ('test', 'Test')], max_length=10)),
                ('format', models.CharField(max_length=8)),
                ('container', models.CharField(default='jsonl', max_length=8)),
                ('path', models.CharField(max_length=300)),
                ('sha256', models.CharField(max_length=64)),
                ('bytes', models.BigIntegerField()),
                ('rows', models.PositiveIntegerField()),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='files', to='review.datasetversion')),
            ],
        ),
        migrations.CreateModel(
            name='DeskSettings',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='desk_settings', serialize=False, to='review.task')),
                ('order', models.CharField(choices=[('oldest', 'Oldest first'), ('uncertain', 'Most uncertain first'), ('diverse', 'Most diverse first'), ('likely', 'Likely good first'), ('unlikely', 'Likely wrong first')], default='oldest', max_length=10)),
                ('random_share', models.FloatField(default=0.15)),
                ('overlap_share', models.FloatField(default=0)),
                ('overlap_reviewers', models.PositiveSmallIntegerField(default=2)),
                ('known_every', models.PositiveSmallIntegerField(default=0)),
                ('ordered_at', models.DateTimeField(blank=True, null=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.CreateModel(
            name='JudgeTask',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='judges', serialize=False, to='review.task')),
            ],
        ),
        migrations.CreateModel(
            name='Record',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('row_number', models.PositiveIntegerField()),
                ('title', models.CharField(max_length=200)),
                ('facts', models.JSONField()),
                ('group', models.CharField(max_length=200)),
                ('domain', models.CharField(blank=True, default='', max_length=200)),
                ('split', models.CharField(choices=[('train', 'Train'), ('validation', 'Validation'), ('test', 'Test')], max_length=10)),
                ('content_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
                ('erased_hash', models.CharField(blank=True, max_length=64)),
                ('task', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='review.task')),
            ],
            options={
                'ordering': ['source', 'row_number'],
            },
        ),
        migrations.CreateModel(
            name='AcceptanceRule',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('judge', models.CharField(max_length=120)),
                ('judge_model', models.CharField(max_length=120)),
                ('prompt_version', models.PositiveSmallIntegerField()),
                ('bound', models.FloatField()),
                ('audit_share', models.FloatField()),
                ('attempt', models.PositiveSmallIntegerField(default=1)),
                ('proposed', models.FloatField(null=True)),
                ('threshold', models.FloatField(null=True)),
                ('wrong', models.PositiveIntegerField(default=0)),
                ('of', models.PositiveIntegerField(default=0)),
                ('started_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
                ('ended_why', models.CharField(blank=True, max_length=300)),
                ('started_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='acceptance_rules', to='review.task')),
            ],
            options={
                'ordering': ['-started_at'],
            },
        ),
        migrations.CreateModel(
            name='Gold',
            fields=[
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='gold', serialize=False, to='review.draft')),
                ('verdict', models.CharField(choices=[('accept', 'Accepted'), ('edit', 'Edited'), ('reject', 'Rejected'), ('retract', 'Taken back')], max_length=10)),
                ('decided_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='draft',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='review.record'),
        ),
        migrations.AddField(
            model_name='draft',
            name='task',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='review.task'),
        ),
        migrations.CreateModel(
            name='Decision',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('accept', 'Accepted'), ('edit', 'Edited'), ('reject', 'Rejected'), ('retract', 'Taken back')], max_length=10)),
                ('fields', models.JSONField(null=True)),
                ('before_hash', models.CharField(max_length=64)),
                ('body_hash', models.CharField(max_length=64)),
                ('reasons', models.JSONField(default=list)),
                ('ratings', models.JSONField(default=dict)),
                ('note', models.TextField(blank=True)),
                ('seconds', models.FloatField(blank=True, default=0, null=True)),
                ('is_late', models.BooleanField(default=False)),
                ('edit_size', models.FloatField(blank=True, null=True)),
                ('edit_kinds', models.JSONField(blank=True, default=list)),
                ('teacher_hidden', models.BooleanField(blank=True, null=True)),
                ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False)),
                ('bulk', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to='review.bulkact')),
                ('retracts', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='retracted_by', to='review.decision')),
                ('reviewer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.task')),
                ('draft', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to='review.draft')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='DatasetRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('split', models.CharField(choices=[('train', 'Train'), ('validation', 'Validation'), ('test', 'Test')], max_length=10)),
                ('row_hash', models.CharField(max_length=64)),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='rows', to='review.datasetversion')),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.decision')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.draft')),
            ],
        ),
        migrations.CreateModel(
            name='Comment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('text', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('author', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='comments', to='review.draft')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Assignment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('active', 'On a deck'), ('released', 'Released'), ('set_aside', 'Set aside'), ('done', 'Done')], default='active', max_length=10)),
                ('drawn', models.CharField(choices=[('queue', 'In the order of the queue'), ('random', 'At random'), ('overlap', 'For overlap'), ('known', 'With a known answer'), ('assigned', 'Assigned'), ('asked', 'Requested'), ('sent_back', 'Sent back')], default='queue', max_length=10)),
                ('leased_until', models.DateTimeField()),
                ('etag', models.CharField(max_length=64)),
                ('unfinished', models.JSONField(blank=True, null=True)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('reviewer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='review.task')),
                ('draft', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='review.draft')),
            ],
        ),
        migrations.CreateModel(
            name='KnownAnswer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('verdict', models.CharField(choices=[('accept', 'Accepted'), ('edit', 'Edited'), ('reject', 'Rejected'), ('retract', 'Taken back')], max_length=10)),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('retired_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='known_answer', to='review.draft')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='known_answers', to='review.task')),
            ],
        ),
        migrations.CreateModel(
            name='MachineAcceptance',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('judging_id', models.UUIDField()),
                ('score', models.FloatField()),
                ('is_audit', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='machine_acceptance', to='review.draft')),
                ('rule', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='acceptances', to='review.acceptancerule')),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Membership',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('role', models.CharField(choices=[('lead', 'Lead'), ('reviewer', 'Reviewer'), ('viewer', 'Viewer')], max_length=10)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='review.task')),
            ],
        ),
        migrations.CreateModel(
            name='Mention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('read_at', models.DateTimeField(blank=True, null=True)),
                ('comment', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to='review.comment')),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='mentions', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='Preference',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('shown', models.JSONField(default=list)),
                ('seconds', models.FloatField(default=0)),
                ('note', models.TextField(blank=True)),
                ('body_hash', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('chosen', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='chosen_in', to='review.draft')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='preferences', to='review.record')),
                ('retracts', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='retracted_by', to='review.preference')),
                ('reviewer', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Recall',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('criteria', models.JSONField(default=dict)),
                ('reason', models.TextField()),
                ('count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='recalls', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='RecalledDraft',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('state_before', models.CharField(choices=[('pending', 'Pending'), ('leased', 'Leased'), ('decided', 'Decided'), ('disputed', 'Disputed'), ('kept', 'Not for review'), ('machine', 'Accepted by a judge')], max_length=10)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.draft')),
                ('recall', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='recalled', to='review.recall')),
            ],
        ),
        migrations.CreateModel(
            name='RecallUndo',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('as_before', 'As before'), ('judge_anew', 'Back to the desk')], max_length=10)),
                ('count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('recall', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, related_name='undo', to='review.recall')),
            ],
        ),
        migrations.CreateModel(
            name='RevisionRequest',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('instruction', models.TextField()),
                ('teacher', models.CharField(blank=True, max_length=120)),
                ('job_id', models.UUIDField(blank=True, null=True, unique=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('asked_by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='revision_requests', to='review.draft')),
                ('result', models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='asked_by', to='review.draft')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Revocation',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.TextField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, related_name='revocation', to='review.draft')),
                ('recall', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='revocations', to='review.recall')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Ruling',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('adopt', 'Adopted'), ('leave', 'Dismissed'), ('settle', 'Settled'), ('reopen', 'Reopened'), ('send_back', 'Sent back')], max_length=10)),
                ('note', models.TextField(blank=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('decision', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='rulings', to='review.decision')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='rulings', to='review.draft')),
                ('lead', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='rulings', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SearchText',
            fields=[
                ('id', models.BigAutoField(primary_key=True, serialize=False)),
                ('words', models.TextField()),
                ('signature', models.BinaryField(default=b'')),
                ('draft', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='search_text', to='review.draft')),
                ('task', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='review.task')),
            ],
        ),
        migrations.CreateModel(
            name='ShareOut',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('until', models.DateField()),
                ('asked', models.PositiveIntegerField()),
                ('count', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('ended_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='share_outs', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='SharePart',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('count', models.PositiveIntegerField()),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('share_out', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='review.shareout')),
            ],
            options={
                'ordering': ['pk'],
            },
        ),
        migrations.CreateModel(
            name='SharedCard',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='review.draft')),
                ('part', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='cards', to='review.sharepart')),
            ],
        ),
        migrations.CreateModel(
            name='Source',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80)),
                ('name', models.CharField(max_length=160)),
                ('kind', models.CharField(choices=[('records', 'Records'), ('drafts', 'Finished drafts'), ('decisions', 'Decisions made elsewhere')], default='records', max_length=10)),
                ('filename', models.CharField(blank=True, max_length=200)),
                ('format', models.CharField(max_length=10)),
                ('mapping', models.JSONField(default=dict)),
                ('reading', models.JSONField(blank=True, null=True)),
                ('provenance', models.CharField(blank=True, max_length=200)),
                ('synthetic_job', models.UUIDField(blank=True, null=True)),
                ('sha256', models.CharField(max_length=64)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_added', models.PositiveIntegerField(default=0)),
                ('rows_known', models.PositiveIntegerField(default=0)),
                ('rows_bad', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('arriving_until', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='sources', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='record',
            name='source',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='review.source'),
        ),
        migrations.AddField(
            model_name='draft',
            name='imported_from',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.source'),
        ),
        migrations.AddField(
            model_name='decision',
            name='imported_from',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.source'),
        ),
        migrations.CreateModel(
            name='TaskVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('body', models.JSONField()),
                ('content_hash', models.CharField(max_length=64)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='review.task')),
            ],
            options={
                'ordering': ['task', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Reconsideration',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(max_length=10)),
                ('reasons', models.JSONField(blank=True, default=list)),
                ('earlier', models.PositiveIntegerField(default=0)),
                ('asked_again', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='reconsiderations', to='review.task')),
                ('task_version', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.taskversion')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='draft',
            name='task_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='drafts', to='review.taskversion'),
        ),
        migrations.AddField(
            model_name='acceptancerule',
            name='task_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='review.taskversion'),
        ),
        migrations.CreateModel(
            name='UnjudgedRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('row_hash', models.CharField(max_length=64)),
                ('draft', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.draft')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='unjudged_rows', to='review.datasetversion')),
            ],
        ),
        migrations.CreateModel(
            name='ClaimOrigin',
            fields=[
                ('claim', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='claim_origin', serialize=False, to='review.record')),
                ('record', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='claims_made', to='review.record')),
            ],
        ),
        migrations.CreateModel(
            name='DailyMail',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('due_at', models.DateTimeField()),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('member', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(condition=models.Q(('sent_at__isnull', True)), fields=['due_at'], name='daily_mails_due')],
                'constraints': [models.UniqueConstraint(fields=('member', 'day'), name='one_mail_a_day')],
            },
        ),
        migrations.AddConstraint(
            model_name='datasetversion',
            constraint=models.UniqueConstraint(fields=('dataset', 'number'), name='dataset_version_number_once'),
        ),
        migrations.AddConstraint(
            model_name='datasetfile',
            constraint=models.UniqueConstraint(fields=('version', 'split', 'format', 'container'), name='one_file_per_format'),
        ),
        migrations.AddField(
            model_name='desksettings',
            name='updated_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='judgetask',
            name='judged',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='judge_task', to='review.task'),
        ),
        migrations.AddIndex(
            model_name='bulkact',
            index=models.Index(fields=['task', '-created_at'], name='bulk_acts_of_task'),
        ),
        migrations.AddField(
            model_name='gold',
            name='decision',
            field=models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, related_name='gold', to='review.decision'),
        ),
        migrations.AddField(
            model_name='gold',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='golds', to='review.task'),
        ),
        migrations.AddConstraint(
            model_name='datasetrow',
            constraint=models.UniqueConstraint(fields=('version', 'draft'), name='row_once_per_version'),
        ),
        migrations.AddIndex(
            model_name='comment',
            index=models.Index(fields=['draft', 'created_at'], name='comments_of_draft'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(fields=['reviewer', 'task', 'state'], name='assignments_in_deck'),
        ),
        migrations.AddIndex(
            model_name='assignment',
            index=models.Index(condition=models.Q(('state', 'active')), fields=['leased_until'], name='leases_to_expire'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(fields=('draft', 'reviewer'), name='one_assignment_per_reviewer'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('draft',), name='one_holder_per_draft'),
        ),
        migrations.AddIndex(
            model_name='machineacceptance',
            index=models.Index(fields=['rule', 'is_audit'], name='acceptances_of_rule'),
        ),
        migrations.AddConstraint(
            model_name='membership',
            constraint=models.UniqueConstraint(fields=('member', 'task'), name='one_role_per_task'),
        ),
        migrations.AddIndex(
            model_name='mention',
            index=models.Index(condition=models.Q(('read_at__isnull', True)), fields=['member'], name='unread_mentions'),
        ),
        migrations.AddConstraint(
            model_name='mention',
            constraint=models.UniqueConstraint(fields=('comment', 'member'), name='one_mention_per_comment'),
        ),
        migrations.AddIndex(
            model_name='preference',
            index=models.Index(fields=['task', '-created_at'], name='preferences_of_task'),
        ),
        migrations.AddIndex(
            model_name='recall',
            index=models.Index(fields=['task', '-created_at'], name='recalls_of_task'),
        ),
        migrations.AddConstraint(
            model_name='recalleddraft',
            constraint=models.UniqueConstraint(fields=('recall', 'draft'), name='draft_once_per_recall'),
        ),
        migrations.AddIndex(
            model_name='ruling',
            index=models.Index(fields=['draft', 'created_at'], name='rulings_of_draft'),
        ),
        migrations.AddConstraint(
            model_name='ruling',
            constraint=models.UniqueConstraint(condition=models.Q(('kind__in', ['adopt', 'leave'])), fields=('decision',), name='one_ruling_per_late_decision'),
        ),
        migrations.AddIndex(
            model_name='searchtext',
            index=models.Index(fields=['task', '-id'], name='search_texts_newest'),
        ),
        migrations.AddIndex(
            model_name='shareout',
            index=models.Index(fields=['task', '-created_at'], name='share_outs_of_task'),
        ),
        migrations.AddIndex(
            model_name='shareout',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['until'], name='share_outs_to_end'),
        ),
        migrations.AddConstraint(
            model_name='sharepart',
            constraint=models.UniqueConstraint(fields=('share_out', 'member'), name='one_part_per_reviewer'),
        ),
        migrations.AddConstraint(
            model_name='sharedcard',
            constraint=models.UniqueConstraint(fields=('part', 'draft'), name='card_once_per_part'),
        ),
        migrations.AddConstraint(
            model_name='source',
            constraint=models.UniqueConstraint(fields=('task', 'slug'), name='source_slug_once_per_task'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['task', 'split'], name='review_reco_task_id_00d844_idx'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['source', 'row_number'], name='review_reco_source__45ea7d_idx'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(fields=['task', 'group'], name='records_of_group'),
        ),
        migrations.AddIndex(
            model_name='record',
            index=models.Index(condition=models.Q(('domain', ''), _negated=True), fields=['task', 'domain'], name='records_of_domain'),
        ),
        migrations.AddConstraint(
            model_name='record',
            constraint=models.UniqueConstraint(fields=('task', 'content_hash'), name='record_once_per_task'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['reviewer', 'task', '-created_at'], name='my_decisions'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('seconds__gt', 0)), fields=['reviewer', 'task', '-created_at'], name='my_timed_decisions'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(fields=['draft', 'created_at'], name='decisions_of_draft'),
        ),
        migrations.AddIndex(
            model_name='decision',
            index=models.Index(condition=models.Q(('is_late', True)), fields=['task', '-created_at'], name='late_decisions'),
        ),
        migrations.AddConstraint(
            model_name='taskversion',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='task_version_number_once'),
        ),
        migrations.AddIndex(
            model_name='reconsideration',
            index=models.Index(fields=['task', '-created_at'], name='reconsiderations_of_task'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('job_id__isnull', False)), fields=['job_id'], name='drafts_of_job'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('imported_from__isnull', False)), fields=['imported_from'], name='drafts_of_import'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('parent__isnull', False)), fields=['parent'], name='drafts_revising'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('is_checked', False)), fields=['task'], name='drafts_unchecked'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('erased_at__isnull', False)), fields=['erased_at'], name='drafts_erased'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('for_reviewer__isnull', True), ('state', 'pending'), ('random_key__gte', 1844674407370955161), ('verdicts_wanted', 1)), fields=['task', 'queue_position', 'id'], name='desk_queue'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('for_reviewer__isnull', True), ('state', 'pending'), ('random_key__lt', 1844674407370955161), ('verdicts_wanted', 1)), fields=['task', 'random_key'], name='desk_queue_at_random'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('for_reviewer__isnull', True), ('state', 'pending'), ('verdicts_wanted__gt', 1)), fields=['task', 'queue_position', 'id'], name='desk_queue_of_overlap'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('for_reviewer__isnull', False), ('state', 'pending')), fields=['for_reviewer', 'task', 'queue_position', 'id'], name='desk_queue_of_reviewer'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(fields=['task', 'state', '-created_at'], name='drafts_by_state'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(condition=models.Q(('state', 'kept'), _negated=True), fields=['task', '-created_at', '-id'], name='drafts_newest'),
        ),
        migrations.AddIndex(
            model_name='draft',
            index=models.Index(fields=['task', 'queue_position'], name='drafts_by_place'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('call_id',), name='draft_once_per_call'),
        ),
        migrations.AddConstraint(
            model_name='acceptancerule',
            constraint=models.UniqueConstraint(condition=models.Q(('ended_at__isnull', True)), fields=('task',), name='one_acceptance_rule_at_a_time'),
        ),
        migrations.AddConstraint(
            model_name='acceptancerule',
            constraint=models.CheckConstraint(condition=models.Q(('audit_share__gt', 0), ('audit_share__lte', 1), ('bound__gt', 0), ('bound__lt', 1), ('wrong__lte', models.F('of'))), name='acceptance_rule_has_shares'),
        ),
        migrations.AddConstraint(
            model_name='unjudgedrow',
            constraint=models.UniqueConstraint(fields=('version', 'draft'), name='unjudged_row_once_per_version'),
        ),
        migrations.AddConstraint(
            model_name='desksettings',
            constraint=models.CheckConstraint(condition=models.Q(('random_share__gte', 0.1), ('random_share__lte', 0.2)), name='random_share_from_10_to_20_percent'),
        ),
        migrations.AddConstraint(
            model_name='desksettings',
            constraint=models.CheckConstraint(condition=models.Q(('overlap_share__gte', 0), ('overlap_share__lte', 1)), name='overlap_share_is_a_share'),
        ),
        migrations.AddIndex(
            model_name='gold',
            index=models.Index(fields=['task', 'verdict', 'decided_at'], name='golds_by_verdict'),
        ),
        migrations.AddIndex(
            model_name='gold',
            index=models.Index(fields=['task', '-decided_at'], name='golds_newest'),
        ),
    ]
