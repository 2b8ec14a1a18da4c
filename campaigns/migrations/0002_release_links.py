
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('campaigns', '0001_release_tables'),
        ('generation', '0002_release_links'),
        ('review', '0001_release_tables'),
        ('serving', '0001_release_tables'),
        ('training', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='arm',
            name='miniature',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arms', to='training.miniature'),
        ),
        migrations.AddField(
            model_name='arm',
            name='teacher',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.teacher'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='campaign',
            name='follows',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='followed_by', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='launched_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='campaign',
            name='reply_teacher',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.teacher'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='review.task'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='task_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.taskversion'),
        ),
        migrations.AddField(
            model_name='arm',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='arms', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='contact',
            name='record',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='contact',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contacts', to='review.task'),
        ),
        migrations.AddField(
            model_name='contactimport',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='contactimport',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='contact_imports', to='review.task'),
        ),
        migrations.AddField(
            model_name='contact',
            name='imported_with',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='contacts', to='campaigns.contactimport'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='arm',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='campaigns.arm'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='contact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='enrolments', to='campaigns.contact'),
        ),
        migrations.CreateModel(
            name='Reply',
            fields=[
                ('event', models.OneToOneField(on_delete=django.db.models.deletion.DO_NOTHING, primary_key=True, related_name='reply', serialize=False, to='campaigns.event')),
                ('subject', models.CharField(blank=True, max_length=300)),
                ('text', models.TextField(blank=True)),
                ('meaning', models.CharField(blank=True, choices=[('interested', 'Interested'), ('question', 'Asks something'), ('referral', 'Names somebody else'), ('not_now', 'Not now'), ('not_interested', 'Not interested'), ('unsubscribe', 'Wants no more mails'), ('out_of_office', 'Out of office'), ('machine', 'Sent by a program'), ('other', 'Other')], max_length=16)),
                ('meant_by', models.CharField(blank=True, max_length=120)),
                ('meant_why', models.CharField(blank=True, db_default='', default='', max_length=300)),
                ('is_unsure', models.BooleanField(db_default=False, default=False)),
                ('may_be_optout', models.BooleanField(db_default=False, default=False)),
                ('classified_at', models.DateTimeField(blank=True, null=True)),
                ('corrected_at', models.DateTimeField(blank=True, null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'verbose_name_plural': 'replies',
                'ordering': ['-created_at'],
            },
        ),
        migrations.AddField(
            model_name='event',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='event',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.enrolment'),
        ),
        migrations.AddField(
            model_name='experiment',
            name='campaign',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='experiment', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='experiment',
            name='registered_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='furthersender',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='further_senders', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='guardrailtrip',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='guardrail_trips', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='guardrailtrip',
            name='lifted_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='holdoutoutcome',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='holdout_outcomes', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='holdoutoutcome',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='holdout_outcomes', to='campaigns.enrolment'),
        ),
        migrations.AddField(
            model_name='inboxanswer',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='inboxanswer',
            name='draft',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.draft'),
        ),
        migrations.AddField(
            model_name='inboxanswer',
            name='order',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.order'),
        ),
        migrations.AddField(
            model_name='inboxanswer',
            name='written_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='link',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='links', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='look',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='look',
            name='experiment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='looks', to='campaigns.experiment'),
        ),
        migrations.AddField(
            model_name='message',
            name='approved_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='message',
            name='arm',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='campaigns.arm'),
        ),
        migrations.AddField(
            model_name='message',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='message',
            name='contact',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='campaigns.contact'),
        ),
        migrations.AddField(
            model_name='message',
            name='draft',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.draft'),
        ),
        migrations.AddField(
            model_name='message',
            name='enrolment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='campaigns.enrolment'),
        ),
        migrations.AddField(
            model_name='message',
            name='record',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='event',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='campaigns.message'),
        ),
        migrations.AddField(
            model_name='pipeline',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pipeline',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pipelines', to='review.task'),
        ),
        migrations.AddField(
            model_name='pipelinepromotion',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pipelinepromotion',
            name='experiment',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.experiment'),
        ),
        migrations.AddField(
            model_name='pipelinepromotion',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pipeline_promotions', to='review.task'),
        ),
        migrations.AddField(
            model_name='pipelineversion',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='pipelineversion',
            name='pipeline',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='versions', to='campaigns.pipeline'),
        ),
        migrations.AddField(
            model_name='pipelinepromotion',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='promotions', to='campaigns.pipelineversion'),
        ),
        migrations.AddField(
            model_name='arm',
            name='pipeline',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='arms', to='campaigns.pipelineversion'),
        ),
        migrations.AddField(
            model_name='replyrecord',
            name='record',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='message',
            name='sender',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='furthersender',
            name='sender',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='further_campaigns', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='enrolment',
            name='sender',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='campaign',
            name='sender',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='campaigns', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='stage',
            name='router',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='serving.routerversion'),
        ),
        migrations.AddField(
            model_name='stage',
            name='task_version',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.taskversion'),
        ),
        migrations.AddField(
            model_name='stage',
            name='teacher',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='generation.teacher'),
        ),
        migrations.AddField(
            model_name='stage',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='stages', to='campaigns.pipelineversion'),
        ),
        migrations.AddField(
            model_name='stageorder',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_orders', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='stageorder',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.order'),
        ),
        migrations.AddField(
            model_name='stageorder',
            name='stage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.stage'),
        ),
        migrations.AddField(
            model_name='stageroute',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_routes', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='stageroute',
            name='draft',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.draft'),
        ),
        migrations.AddField(
            model_name='stageroute',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='stageroute',
            name='routed',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='serving.routed'),
        ),
        migrations.AddField(
            model_name='stageroute',
            name='stage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='routes', to='campaigns.stage'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='draft',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.draft'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='stage_runs', to='campaigns.message'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.order'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='record',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='site',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='generation.researchedsite'),
        ),
        migrations.AddField(
            model_name='stagerun',
            name='stage',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='runs', to='campaigns.stage'),
        ),
        migrations.AddField(
            model_name='step',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='steps', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='message',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='messages', to='campaigns.step'),
        ),
        migrations.AddField(
            model_name='suppressionlift',
            name='suppression',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='lift', to='campaigns.suppression'),
        ),
        migrations.AddField(
            model_name='unmatchedreply',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='unmatched_replies', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='writeorder',
            name='arm',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='write_orders', to='campaigns.arm'),
        ),
        migrations.AddField(
            model_name='writeorder',
            name='campaign',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='write_orders', to='campaigns.campaign'),
        ),
        migrations.AddField(
            model_name='writeorder',
            name='order',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.order'),
        ),
        migrations.AddField(
            model_name='writeorder',
            name='step',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='campaigns.step'),
        ),
        migrations.CreateModel(
            name='InboxSetup',
            fields=[
                ('campaign', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='inbox_setup', serialize=False, to='campaigns.campaign')),
                ('updated_at', models.DateTimeField(auto_now=True)),
                ('answer_task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.task')),
                ('answer_teacher', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.teacher')),
                ('sorting_task', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.task')),
            ],
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['address_hmac'], name='contacts_by_address'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['task', 'cluster'], name='contacts_by_cluster'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['cluster'], name='contacts_by_company'),
        ),
        migrations.AddIndex(
            model_name='contact',
            index=models.Index(fields=['task', '-created_at', '-id'], name='contacts_newest'),
        ),
        migrations.AddConstraint(
            model_name='contact',
            constraint=models.UniqueConstraint(fields=('task', 'address_hmac'), name='contact_once_per_task'),
        ),
        migrations.AddField(
            model_name='unmatchedreply',
            name='attached_to',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='campaigns.reply'),
        ),
        migrations.AddField(
            model_name='replyrecord',
            name='reply',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='records', to='campaigns.reply'),
        ),
        migrations.AddField(
            model_name='reply',
            name='message',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='replies', to='campaigns.message'),
        ),
        migrations.AddField(
            model_name='inboxanswer',
            name='reply',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='answers', to='campaigns.reply'),
        ),
        migrations.AddConstraint(
            model_name='guardrailtrip',
            constraint=models.UniqueConstraint(condition=models.Q(('lifted_at__isnull', True)), fields=('campaign', 'guardrail'), name='one_open_trip'),
        ),
        migrations.AddIndex(
            model_name='holdoutoutcome',
            index=models.Index(fields=['campaign', 'kind'], name='holdout_outcomes_by_kind'),
        ),
        migrations.AddConstraint(
            model_name='link',
            constraint=models.UniqueConstraint(fields=('campaign', 'name'), name='link_name_once'),
        ),
        migrations.AddConstraint(
            model_name='look',
            constraint=models.UniqueConstraint(fields=('experiment', 'number'), name='look_number_once'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['campaign', 'kind', 'occurred_at'], name='events_by_kind'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['message', 'occurred_at'], name='events_of_mail'),
        ),
        migrations.AddIndex(
            model_name='event',
            index=models.Index(fields=['enrolment', 'kind'], name='events_of_enrolment'),
        ),
        migrations.AddConstraint(
            model_name='pipelineversion',
            constraint=models.UniqueConstraint(fields=('pipeline', 'number'), name='pipeline_version_once'),
        ),
        migrations.AddConstraint(
            model_name='arm',
            constraint=models.UniqueConstraint(fields=('campaign', 'name'), name='arm_name_once'),
        ),
        migrations.AddConstraint(
            model_name='furthersender',
            constraint=models.UniqueConstraint(fields=('campaign', 'sender'), name='further_sender_once'),
        ),
        migrations.AddIndex(
            model_name='enrolment',
            index=models.Index(fields=['campaign', 'arm'], name='enrolments_of_arm'),
        ),
        migrations.AddConstraint(
            model_name='enrolment',
            constraint=models.UniqueConstraint(fields=('campaign', 'contact'), name='contact_once_per_campaign'),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.UniqueConstraint(fields=('version', 'position'), name='stage_position_once'),
        ),
        migrations.AddConstraint(
            model_name='stage',
            constraint=models.UniqueConstraint(fields=('version', 'name'), name='stage_name_once'),
        ),
        migrations.AddIndex(
            model_name='stageroute',
            index=models.Index(fields=['stage', 'campaign'], name='stage_routes_of_stage'),
        ),
        migrations.AddConstraint(
            model_name='stageroute',
            constraint=models.UniqueConstraint(fields=('campaign', 'stage', 'record'), name='stage_route_once'),
        ),
        migrations.AddIndex(
            model_name='stagerun',
            index=models.Index(fields=['stage', 'state'], name='stage_runs_by_state'),
        ),
        migrations.AddConstraint(
            model_name='stagerun',
            constraint=models.UniqueConstraint(fields=('message', 'stage', 'part'), name='stage_run_once'),
        ),
        migrations.AddConstraint(
            model_name='step',
            constraint=models.UniqueConstraint(fields=('campaign', 'number'), name='step_number_once'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['campaign', 'state'], name='mails_by_state'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(condition=models.Q(('state', 'approved')), fields=['campaign', 'due_at', 'id'], name='mails_due'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['campaign', '-created_at', '-id'], name='mails_newest'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['draft'], name='mails_of_draft'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['campaign', 'sent_at'], name='mails_by_day'),
        ),
        migrations.AddIndex(
            model_name='message',
            index=models.Index(fields=['sender', 'sending_at'], name='mails_of_sender'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(fields=('campaign', 'contact', 'step'), name='mail_once'),
        ),
        migrations.AddConstraint(
            model_name='message',
            constraint=models.UniqueConstraint(condition=models.Q(('message_id', ''), _negated=True), fields=('message_id',), name='message_id_once'),
        ),
        migrations.AddIndex(
            model_name='unmatchedreply',
            index=models.Index(condition=models.Q(('state', 'open')), fields=['campaign'], name='unmatched_open'),
        ),
        migrations.AddIndex(
            model_name='unmatchedreply',
            index=models.Index(condition=models.Q(('may_be_optout', True), ('state', 'open')), fields=['cluster'], name='unmatched_in_doubt'),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(condition=models.Q(('corrected_at__isnull', False)), fields=['corrected_at'], name='replies_corrected'),
        ),
        migrations.AddIndex(
            model_name='reply',
            index=models.Index(condition=models.Q(('may_be_optout', True)), fields=['message'], name='replies_in_doubt'),
        ),
        migrations.AddConstraint(
            model_name='inboxanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ('open', 'approved', 'sending', 'unknown'))), fields=('reply',), name='one_open_answer'),
        ),
        migrations.AddConstraint(
            model_name='inboxanswer',
            constraint=models.UniqueConstraint(condition=models.Q(('message_id', ''), _negated=True), fields=('message_id',), name='answer_message_id_once'),
        ),
    ]
