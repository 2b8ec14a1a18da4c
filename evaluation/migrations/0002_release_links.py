
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('evaluation', '0001_release_tables'),
        ('generation', '0002_release_links'),
        ('jobs', '0002_release_links'),
        ('review', '0001_release_tables'),
        ('training', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='arena',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='arena',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arenas', to='review.task'),
        ),
        migrations.AddField(
            model_name='arenapair',
            name='arena',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pairs', to='evaluation.arena'),
        ),
        migrations.AddField(
            model_name='arenapair',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='arenavote',
            name='pair',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='votes', to='evaluation.arenapair'),
        ),
        migrations.AddField(
            model_name='arenavote',
            name='retracts',
            field=models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='retracted_by', to='evaluation.arenavote'),
        ),
        migrations.AddField(
            model_name='arenavote',
            name='voter',
            field=models.ForeignKey(on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='dataset_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.datasetversion'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='job',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evaluation', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='run',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='training.trainingrun'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='review.task'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='task_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.taskversion'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='teacher_order',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.order'),
        ),
        migrations.AddField(
            model_name='arena',
            name='evaluation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='arenas', to='evaluation.evaluation'),
        ),
        migrations.AddField(
            model_name='evaluationoutput',
            name='evaluation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='outputs', to='evaluation.evaluation'),
        ),
        migrations.AddField(
            model_name='evaluationoutput',
            name='record',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.record'),
        ),
        migrations.AddField(
            model_name='gate',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='gate',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='gates', to='review.task'),
        ),
        migrations.AddField(
            model_name='measurement',
            name='job',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='measurement',
            name='run',
            field=models.OneToOneField(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='measurement', to='training.trainingrun'),
        ),
        migrations.AddField(
            model_name='splitopening',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='splitopening',
            name='evaluation',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='opening', to='evaluation.evaluation'),
        ),
        migrations.AddField(
            model_name='splitopening',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='test_openings', to='review.task'),
        ),
        migrations.CreateModel(
            name='StudyVerdict',
            fields=[
                ('study', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='verdict', serialize=False, to='evaluation.study')),
                ('body', models.JSONField()),
                ('written_at', models.DateTimeField(auto_now=True)),
            ],
        ),
        migrations.AddField(
            model_name='study',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='study',
            name='dataset_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.datasetversion'),
        ),
        migrations.AddField(
            model_name='study',
            name='job',
            field=models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='study', to='jobs.job'),
        ),
        migrations.AddField(
            model_name='study',
            name='student',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.student'),
        ),
        migrations.AddField(
            model_name='study',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='studies', to='review.task'),
        ),
        migrations.AddField(
            model_name='studycell',
            name='measurement',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='evaluation.measurement'),
        ),
        migrations.AddField(
            model_name='studycell',
            name='study',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='cells', to='evaluation.study'),
        ),
        migrations.AddField(
            model_name='suite',
            name='created_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='suite',
            name='task',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='suites', to='review.task'),
        ),
        migrations.AddField(
            model_name='suite',
            name='task_version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='review.taskversion'),
        ),
        migrations.AddField(
            model_name='evaluation',
            name='suite',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='evaluations', to='evaluation.suite'),
        ),
        migrations.AddConstraint(
            model_name='arenapair',
            constraint=models.UniqueConstraint(fields=('arena', 'record', 'left', 'right'), name='one_pair_of_systems_and_record'),
        ),
        migrations.AddIndex(
            model_name='arena',
            index=models.Index(fields=['task', '-created_at'], name='arenas_of_task'),
        ),
        migrations.AddConstraint(
            model_name='evaluationoutput',
            constraint=models.UniqueConstraint(fields=('evaluation', 'system', 'record'), name='one_output_per_system_and_record'),
        ),
        migrations.AddConstraint(
            model_name='gate',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='one_gate_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='splitopening',
            constraint=models.UniqueConstraint(fields=('task', 'number'), name='one_opening_of_a_number'),
        ),
        migrations.AddIndex(
            model_name='study',
            index=models.Index(fields=['task', '-created_at'], name='studies_of_task'),
        ),
        migrations.AddConstraint(
            model_name='studycell',
            constraint=models.UniqueConstraint(fields=('study', 'position'), name='one_cell_per_place'),
        ),
        migrations.AddConstraint(
            model_name='suite',
            constraint=models.UniqueConstraint(fields=('task', 'name'), name='suite_name_once_per_task'),
        ),
        migrations.AddIndex(
            model_name='evaluation',
            index=models.Index(fields=['task', '-created_at'], name='evaluations_of_task'),
        ),
    ]
