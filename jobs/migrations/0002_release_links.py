
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('jobs', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='halt',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='job',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='finishednotice',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='jobevent',
            name='job',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='events', to='jobs.job'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state__in', ['queued', 'waiting'])), fields=['queue', 'queued_at'], name='jobs_to_claim'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state__in', ['running', 'pausing', 'cancelling'])), fields=['lease_until'], name='jobs_held'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['-created_at', '-id'], name='jobs_newest'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['subject_id', '-created_at'], name='jobs_of_subject'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['request_id', '-created_at'], name='jobs_of_request'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state__in', ['cancelled', 'failed', 'succeeded']), _negated=True), fields=['-created_at'], name='jobs_open'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(fields=['state', 'lease_until'], name='jobs_by_state'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('unheard_since__isnull', False)), fields=['unheard_since'], name='jobs_unheard'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('state', 'failed')), fields=['-finished_at'], name='jobs_failed'),
        ),
        migrations.AddIndex(
            model_name='job',
            index=models.Index(condition=models.Q(('finished_at__isnull', False)), fields=['-finished_at'], name='jobs_ended'),
        ),
        migrations.AddConstraint(
            model_name='finishednotice',
            constraint=models.UniqueConstraint(fields=('job', 'consumer'), name='notice_consumed_once'),
        ),
        migrations.AddConstraint(
            model_name='jobevent',
            constraint=models.UniqueConstraint(fields=('job', 'seq'), name='event_seq_once'),
        ),
        migrations.AddConstraint(
            model_name='jobevent',
            constraint=models.UniqueConstraint(fields=('job', 'fence', 'engine_seq'), name='engine_event_once'),
        ),
    ]
