"""Several senders of a campaign, what each may send a day and to a provider, and names of their own for links."""

import django.db.models.deletion
import uuid
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('campaigns', '0011_routed_stages'),
    ]

    operations = [
        migrations.CreateModel(
            name='RecipientDomain',
            fields=[
                ('domain', models.CharField(max_length=253, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=253)),
                ('asked_at', models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name='enrolment',
            name='sender',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, db_index=False, related_name='+', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='message',
            name='provider',
            field=models.CharField(blank=True, db_default='', default='', max_length=253),
        ),
        migrations.AddField(
            model_name='message',
            name='sender',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, db_index=False, related_name='+', to='campaigns.senderidentity'),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='daily_limit',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='provider_paces',
            field=models.JSONField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='tracking_domain',
            field=models.CharField(blank=True, db_default='', default='', max_length=253),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='tracking_verified_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='warm_up_first',
            field=models.PositiveIntegerField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='warm_up_percent',
            field=models.PositiveSmallIntegerField(db_default=30, default=30),
        ),
        migrations.AddField(
            model_name='senderidentity',
            name='warm_up_since',
            field=models.DateField(blank=True, null=True),
        ),
        migrations.AlterField(
            model_name='message',
            name='held_because',
            field=models.CharField(blank=True, choices=[('contact', 'The contact had a first mail from another campaign'), ('company', 'The company had its first mails'), ('conversation', 'The contact answered another campaign'), ('holdout', 'Another campaign keeps the contact without mail'), ('sender', 'The sender has sent its mails of the day'), ('provider', "The reader's mail provider is given time")], db_default='', default='', max_length=12),
        ),
        migrations.CreateModel(
            name='FurtherSender',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('position', models.PositiveSmallIntegerField()),
                ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='further_senders', to='campaigns.campaign')),
                ('sender', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='further_campaigns', to='campaigns.senderidentity')),
            ],
            options={
                'ordering': ['campaign', 'position'],
                'constraints': [models.UniqueConstraint(fields=('campaign', 'sender'), name='further_sender_once')],
            },
        ),
        migrations.CreateModel(
            name='ProviderSlowing',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('provider', models.CharField(max_length=253)),
                ('level', models.PositiveSmallIntegerField()),
                ('until', models.DateTimeField()),
                ('said', models.CharField(blank=True, max_length=300)),
                ('updated_at', models.DateTimeField()),
                ('sender', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='slowings', to='campaigns.senderidentity')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('sender', 'provider'), name='slowing_once')],
            },
        ),
    ]
