"""Which version of a pipeline a task's next campaign begins with."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ('campaigns', '0013_mails_of_sender'),
        ('review', '0011_judge_tasks'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='PipelinePromotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('promote', 'Promoted'), ('demote', 'Taken back')], max_length=8)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('experiment', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='campaigns.experiment')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pipeline_promotions', to='review.task')),
                ('version', models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='promotions', to='campaigns.pipelineversion')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
    ]
