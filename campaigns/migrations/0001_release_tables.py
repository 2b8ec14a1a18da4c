
import functools
import secrets
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Arm',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=80)),
                ('position', models.PositiveSmallIntegerField(default=0)),
                ('weight', models.PositiveIntegerField(default=1)),
                ('is_control', models.BooleanField(default=False)),
                ('is_holdout', models.BooleanField(db_default=False, default=False)),
            ],
            options={
                'ordering': ['campaign', 'position'],
            },
        ),
        migrations.CreateModel(
            name='Campaign',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('state', models.CharField(choices=[('planned', 'Planned'), ('running', 'Running'), ('paused', 'Paused'), ('ended', 'Ended')], default='planned', max_length=8)),
                ('approval', models.CharField(choices=[('all', 'Every mail'), ('sample', 'A share, and every mail a check marks')], default='all', max_length=8)),
                ('sample_share', models.FloatField(default=0.2)),
                ('max_model_usd', models.DecimalField(decimal_places=6, default=1, max_digits=12)),
                ('mails_per_minute', models.PositiveIntegerField(default=60)),
                ('daily_cap', models.PositiveIntegerField(default=500)),
                ('max_complaints', models.FloatField(blank=True, null=True)),
                ('max_bounces', models.FloatField(blank=True, null=True)),
                ('max_unsubscribes', models.FloatField(blank=True, null=True)),
                ('contact_cap', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('company_cap', models.PositiveSmallIntegerField(blank=True, null=True)),
                ('quiet_from', models.PositiveSmallIntegerField(default=20)),
                ('quiet_until', models.PositiveSmallIntegerField(default=8)),
                ('sends_at_weekends', models.BooleanField(default=False)),
                ('time_zone', models.CharField(default='UTC', max_length=64)),
                ('days_off', models.JSONField(blank=True, null=True)),
                ('salt', models.CharField(default=functools.partial(secrets.token_hex, *(16,), **{}), editable=False, max_length=32)),
                ('audience', models.JSONField(blank=True, default=dict)),
                ('is_held', models.BooleanField(default=False)),
                ('tracks_opens', models.BooleanField(default=False)),
                ('is_simulated', models.BooleanField(default=False)),
                ('holds_out_everywhere', models.BooleanField(db_default=False, default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('launched_at', models.DateTimeField(blank=True, null=True)),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Contact',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('address', models.CharField(blank=True, max_length=254)),
                ('address_hmac', models.CharField(max_length=64)),
                ('first_name', models.CharField(blank=True, max_length=80)),
                ('last_name', models.CharField(blank=True, max_length=80)),
                ('company', models.CharField(blank=True, max_length=200)),
                ('cluster', models.CharField(max_length=254)),
                ('segment', models.CharField(blank=True, max_length=80)),
                ('time_zone', models.CharField(blank=True, max_length=64)),
                ('language', models.CharField(blank=True, choices=[('en', 'English'), ('de', 'German'), ('fr', 'French'), ('it', 'Italian'), ('nl', 'Dutch'), ('es', 'Spanish')], db_default='', default='', max_length=2)),
                ('lawful_basis', models.CharField(choices=[('consent', 'Consent'), ('contract', 'Contract'), ('legitimate_interest', 'Legitimate interest')], max_length=20)),
                ('basis_source', models.CharField(max_length=200)),
                ('basis_date', models.DateField()),
                ('may_track_opens', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('erased_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='ContactImport',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('filename', models.CharField(blank=True, max_length=200)),
                ('sha256', models.CharField(max_length=64)),
                ('mapping', models.JSONField(default=dict)),
                ('rows_total', models.PositiveIntegerField(default=0)),
                ('rows_added', models.PositiveIntegerField(default=0)),
                ('rows_changed', models.PositiveIntegerField(db_default=0, default=0)),
                ('rows_known', models.PositiveIntegerField(default=0)),
                ('rows_suppressed', models.PositiveIntegerField(default=0)),
                ('rows_bad', models.PositiveIntegerField(default=0)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='Enrolment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('cluster', models.CharField(max_length=254)),
                ('segment', models.CharField(blank=True, max_length=80)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Event',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('sent', 'Sent'), ('bounced', 'Bounced'), ('deferred', 'Deferred'), ('opened', 'Opened'), ('clicked', 'Clicked'), ('replied', 'Replied'), ('auto_replied', 'Automatic reply'), ('unsubscribed', 'Unsubscribed'), ('complained', 'Complained'), ('meeting', 'Meeting'), ('opportunity', 'Opportunity'), ('revenue', 'Revenue')], max_length=12)),
                ('source', models.CharField(choices=[('wire', 'The mail server'), ('webhook', "The provider's webhook"), ('mail', 'An incoming mail'), ('link', 'A link of the mail'), ('page', 'A page of ours'), ('api', 'A report over the API')], max_length=8)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('is_machine', models.BooleanField(default=False)),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(auto_now_add=True)),
                ('payload', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['occurred_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Experiment',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('hypothesis', models.CharField(max_length=500)),
                ('claim', models.CharField(choices=[('not_worse', 'Not worse by more than a margin'), ('better', 'Better by at least an effect')], default='not_worse', max_length=10)),
                ('metric', models.CharField(choices=[('reply', 'Replied'), ('positive_reply', 'Replied with interest'), ('click', 'Clicked'), ('unsubscribe', 'Unsubscribed'), ('meeting', 'Met'), ('opportunity', 'Became an opportunity'), ('revenue', 'Bought')], default='reply', max_length=16)),
                ('margin', models.FloatField()),
                ('alpha', models.FloatField(default=0.05)),
                ('power', models.FloatField(default=0.8)),
                ('baseline', models.FloatField()),
                ('icc', models.FloatField(default=0.05)),
                ('horizon_days', models.PositiveSmallIntegerField(default=14)),
                ('registration', models.JSONField(default=dict)),
                ('registration_sha256', models.CharField(blank=True, max_length=64)),
                ('registered_at', models.DateTimeField(blank=True, null=True)),
                ('simulated_truth', models.JSONField(default=dict)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='FurtherSender',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
            ],
            options={
                'ordering': ['campaign', 'position'],
            },
        ),
        migrations.CreateModel(
            name='GuardrailTrip',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('guardrail', models.CharField(choices=[('complaints', 'Complaints'), ('bounces', 'Bounces'), ('unsubscribes', 'Unsubscribes')], max_length=12)),
                ('count', models.PositiveIntegerField()),
                ('of', models.PositiveIntegerField()),
                ('bound', models.FloatField()),
                ('limit', models.FloatField()),
                ('tripped_at', models.DateTimeField(auto_now_add=True)),
                ('lifted_at', models.DateTimeField(blank=True, null=True)),
                ('reason', models.CharField(blank=True, max_length=300)),
            ],
            options={
                'ordering': ['-tripped_at', 'guardrail'],
            },
        ),
        migrations.CreateModel(
            name='HoldoutOutcome',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('kind', models.CharField(choices=[('meeting', 'Meeting'), ('opportunity', 'Opportunity'), ('revenue', 'Revenue')], max_length=12)),
                ('key', models.CharField(max_length=120, unique=True)),
                ('value_usd', models.DecimalField(decimal_places=2, max_digits=14, null=True)),
                ('occurred_at', models.DateTimeField()),
                ('received_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['occurred_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='InboxAnswer',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('open', 'Being written'), ('approved', 'About to be sent'), ('sending', 'Being sent'), ('sent', 'Sent'), ('unknown', 'Outcome unknown'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='open', max_length=10)),
                ('stop_reason', models.CharField(blank=True, choices=[('suppressed', 'On the suppression list'), ('replied', 'The contact replied'), ('bounced', 'An earlier mail bounced'), ('unsubscribed', 'The contact unsubscribed'), ('complained', 'The contact complained'), ('meeting', 'A meeting was made'), ('objected', 'Opt-out, read from a reply'), ('condition', 'The condition of its step holds no more'), ('erased', 'The person was erased'), ('ended', 'The campaign ended'), ('unqualified', 'A stage did not let it pass')], max_length=12)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('body', models.TextField(blank=True)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField(blank=True)),
                ('revision', models.PositiveIntegerField(default=0)),
                ('ordered_at_revision', models.PositiveIntegerField(default=0)),
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('tries', models.PositiveSmallIntegerField(default=0)),
                ('sending_at', models.DateTimeField(blank=True, null=True)),
                ('sender_job', models.UUIDField(blank=True, null=True)),
                ('sender_fence', models.PositiveIntegerField(default=0)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.CreateModel(
            name='Link',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('name', models.SlugField(max_length=40)),
                ('url', models.CharField(max_length=500)),
            ],
        ),
        migrations.CreateModel(
            name='Look',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('is_final', models.BooleanField(default=False)),
                ('result', models.JSONField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['experiment', '-number'],
            },
        ),
        migrations.CreateModel(
            name='Message',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('state', models.CharField(choices=[('preparing', 'Being prepared'), ('planned', 'Planned'), ('writing', 'Being written'), ('written', 'Written'), ('awaiting', 'Awaiting approval'), ('approved', 'Approved'), ('sending', 'Being sent'), ('sent', 'Sent'), ('rejected', 'Not approved'), ('unknown', 'Outcome unknown'), ('failed', 'Failed'), ('stopped', 'Stopped')], default='planned', max_length=10)),
                ('stop_reason', models.CharField(blank=True, choices=[('suppressed', 'On the suppression list'), ('replied', 'The contact replied'), ('bounced', 'An earlier mail bounced'), ('unsubscribed', 'The contact unsubscribed'), ('complained', 'The contact complained'), ('meeting', 'A meeting was made'), ('objected', 'Opt-out, read from a reply'), ('condition', 'The condition of its step holds no more'), ('erased', 'The person was erased'), ('ended', 'The campaign ended'), ('unqualified', 'A stage did not let it pass')], max_length=12)),
                ('problem', models.CharField(blank=True, max_length=300)),
                ('needs_approval', models.BooleanField(default=False)),
                ('approved_at', models.DateTimeField(blank=True, null=True)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('body', models.TextField(blank=True)),
                ('message_id', models.CharField(blank=True, max_length=200)),
                ('due_at', models.DateTimeField(blank=True, null=True)),
                ('held_because', models.CharField(blank=True, choices=[('contact', 'The contact had a first mail from another campaign'), ('company', 'The company had its first mails'), ('conversation', 'The contact answered another campaign'), ('holdout', 'Another campaign keeps the contact without mail'), ('sender', 'The sender has sent its mails of the day'), ('value', 'A value of the contact or the sender was never filled in'), ('optout', 'A reply may ask to leave, and no person has decided yet')], db_default='', default='', max_length=12)),
                ('sending_at', models.DateTimeField(blank=True, null=True)),
                ('sender_job', models.UUIDField(blank=True, null=True)),
                ('sender_fence', models.PositiveIntegerField(default=0)),
                ('sent_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['campaign', 'step', 'created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Pipeline',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=80, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='PipelinePromotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('promote', 'Promoted'), ('demote', 'Taken back')], max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='PipelineVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['pipeline', '-number'],
            },
        ),
        migrations.CreateModel(
            name='ReplyRecord',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='SenderIdentity',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('from_name', models.CharField(max_length=120)),
                ('from_address', models.CharField(max_length=254)),
                ('reply_address', models.CharField(max_length=254)),
                ('postal_address', models.CharField(blank=True, max_length=300)),
                ('dkim_selector', models.CharField(blank=True, db_default='', default='', max_length=100)),
                ('domain_checks', models.JSONField(blank=True, null=True)),
                ('domain_checked_at', models.DateTimeField(blank=True, null=True)),
                ('daily_limit', models.PositiveIntegerField(blank=True, null=True)),
                ('tracking_domain', models.CharField(blank=True, db_default='', default='', max_length=253)),
                ('tracking_verified_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('updated_at', models.DateTimeField(auto_now=True)),
            ],
            options={
                'ordering': ['name'],
            },
        ),
        migrations.CreateModel(
            name='Stage',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('name', models.CharField(max_length=40)),
                ('kind', models.CharField(choices=[('research', 'Research'), ('verify', 'Verify claims'), ('qualify', 'Qualify'), ('write', 'Write'), ('check', 'Check the mail')], max_length=8)),
                ('inputs', models.JSONField(default=dict)),
                ('condition', models.JSONField(default=dict)),
            ],
            options={
                'ordering': ['version', 'position'],
            },
        ),
        migrations.CreateModel(
            name='StageOrder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='StageRoute',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['campaign', 'stage', 'created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='StageRun',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('part', models.PositiveSmallIntegerField(default=0)),
                ('state', models.CharField(choices=[('waiting', 'Waiting'), ('asked', 'Requested'), ('passed', 'Passed on'), ('stopped', 'Did not pass'), ('failed', 'Failed')], default='waiting', max_length=8)),
                ('output', models.JSONField(default=dict)),
                ('reason', models.CharField(blank=True, max_length=500)),
                ('cost_usd', models.DecimalField(decimal_places=6, default=0, max_digits=12)),
                ('seconds', models.FloatField(null=True)),
                ('mean_log_prob', models.FloatField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('ended_at', models.DateTimeField(null=True)),
            ],
            options={
                'ordering': ['message', 'stage', 'part'],
            },
        ),
        migrations.CreateModel(
            name='Step',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveSmallIntegerField()),
                ('writer', models.CharField(choices=[('model', 'Model of the arm'), ('template', 'A fixed text with slots')], default='model', max_length=10)),
                ('wait_s', models.PositiveIntegerField(default=0)),
                ('same_thread', models.BooleanField(db_default=False, default=False)),
                ('when', models.CharField(choices=[('no_answer', 'There is no answer'), ('clicked', 'A link was clicked, and there is no answer'), ('not_clicked', 'No link was clicked, and there is no answer'), ('replied', 'The last answer says')], db_default='no_answer', default='no_answer', max_length=12)),
                ('reply_classes', models.JSONField(blank=True, null=True)),
                ('subject', models.CharField(blank=True, max_length=200)),
                ('body', models.TextField(blank=True)),
            ],
            options={
                'ordering': ['campaign', 'number'],
            },
        ),
        migrations.CreateModel(
            name='Suppression',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('address_hmac', models.CharField(db_index=True, max_length=64)),
                ('reason', models.CharField(choices=[('unsubscribed', 'Unsubscribed'), ('complained', 'Complained'), ('bounced', 'Address does not exist'), ('erased', 'Requested erasure'), ('manual', 'Entered by hand')], max_length=16)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('message_id', models.UUIDField(blank=True, null=True)),
                ('member_name', models.CharField(blank=True, max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='SuppressionLift',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('reason', models.CharField(max_length=300)),
                ('member_name', models.CharField(blank=True, max_length=150)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='UnmatchedReply',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=64, unique=True)),
                ('message_id', models.CharField(max_length=300)),
                ('sender', models.CharField(blank=True, max_length=254)),
                ('sender_hmac', models.CharField(db_index=True, max_length=64)),
                ('cluster', models.CharField(max_length=254)),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField(blank=True)),
                ('auto_reason', models.CharField(blank=True, max_length=300)),
                ('meaning', models.CharField(choices=[('interested', 'Interested'), ('question', 'Asks something'), ('referral', 'Names somebody else'), ('not_now', 'Not now'), ('not_interested', 'Not interested'), ('unsubscribe', 'Wants no more mails'), ('out_of_office', 'Out of office'), ('machine', 'Sent by a program'), ('other', 'Other')], max_length=16)),
                ('may_be_optout', models.BooleanField(db_default=False, default=False)),
                ('state', models.CharField(choices=[('open', 'To be read by a person'), ('attached', 'Attached to a contact'), ('set_aside', 'Set aside')], default='open', max_length=9)),
                ('settled_by', models.CharField(blank=True, max_length=120)),
                ('settled_why', models.CharField(blank=True, max_length=300)),
                ('settled_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'unmatched replies',
                'ordering': ['-may_be_optout', 'created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WriteOrder',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('branch', models.CharField(blank=True, db_default='', default='', max_length=40)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
    ]
