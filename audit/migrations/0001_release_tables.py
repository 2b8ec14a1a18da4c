
import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='AuditDigest',
            fields=[
                ('day', models.DateField(primary_key=True, serialize=False)),
                ('rows', models.PositiveIntegerField()),
                ('leaves', models.TextField(blank=True)),
                ('previous', models.CharField(blank=True, max_length=64)),
                ('digest', models.CharField(max_length=64)),
                ('made_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
        ),
        migrations.CreateModel(
            name='AuditRow',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField(db_index=True, default=django.utils.timezone.now)),
                ('actor', models.CharField(blank=True, max_length=36)),
                ('act', models.CharField(max_length=40)),
                ('subject_kind', models.CharField(blank=True, max_length=40)),
                ('subject_id', models.CharField(blank=True, max_length=64)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'indexes': [models.Index(fields=['actor', 'id'], name='audit_by_actor'), models.Index(fields=['act', 'id'], name='audit_by_act'), models.Index(fields=['subject_id', 'id'], name='audit_by_subject')],
            },
        ),
    ]
