"""Arms without mails and what came of their contacts; and which campaign a campaign follows as the next round."""

import uuid

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_domain_checks")]

    operations = [
        migrations.AddField(
            model_name="campaign",
            name="follows",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="followed_by",
                to="campaigns.campaign",
            ),
        ),
        migrations.AddField(
            model_name='arm',
            name='is_holdout',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name='campaign',
            name='holds_out_everywhere',
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AlterField(
            model_name='experiment',
            name='metric',
            field=models.CharField(choices=[('reply', 'Replied'), ('positive_reply', 'Replied with interest'), ('click', 'Clicked'), ('unsubscribe', 'Unsubscribed'), ('meeting', 'Met'), ('opportunity', 'Became an opportunity'), ('revenue', 'Bought')], default='reply', max_length=16),
        ),
        migrations.AlterField(
            model_name='message',
            name='held_because',
            field=models.CharField(blank=True, choices=[('contact', 'The contact had a first mail from another campaign'), ('company', 'The company had its first mails'), ('conversation', 'The contact answered another campaign'), ('holdout', 'Another campaign keeps the contact without mail')], db_default='', default='', max_length=12),
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
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='holdout_outcomes', to='campaigns.campaign')),
                ('enrolment', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='holdout_outcomes', to='campaigns.enrolment')),
            ],
            options={
                'ordering': ['occurred_at', 'id'],
                'indexes': [models.Index(fields=['campaign', 'kind'], name='holdout_outcomes_by_kind')],
            },
        ),
    ]
