
import django.db.models.deletion
import django.db.models.expressions
import uuid
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('generation', '0002_release_links'),
        ('jobs', '0002_release_links'),
        ('review', '0001_release_tables'),
        ('training', '0001_release_tables'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='Routed',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('route', models.PositiveSmallIntegerField()),
                ('value', models.FloatField(null=True)),
                ('is_audit', models.BooleanField(default=False)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
            options={
                'ordering': ['-created_at', 'id'],
            },
        ),
        migrations.CreateModel(
            name='Switch',
            fields=[
                ('id', models.PositiveSmallIntegerField(default=1, editable=False, primary_key=True, serialize=False)),
            ],
        ),
        migrations.CreateModel(
            name='Fallback',
            fields=[
                ('task', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='+', serialize=False, to='review.task')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='generation.teacher')),
            ],
        ),
        migrations.CreateModel(
            name='Replica',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('host_id', models.CharField(blank=True, default='', max_length=64)),
                ('draining_since', models.DateTimeField(null=True)),
                ('socket', models.CharField(blank=True, default='', max_length=200)),
                ('address', models.CharField(blank=True, default='', max_length=300)),
                ('reported_fence', models.PositiveIntegerField(default=0)),
                ('job', models.OneToOneField(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs.job')),
            ],
            options={
                'ordering': ['id'],
            },
        ),
        migrations.CreateModel(
            name='RouteOutcome',
            fields=[
                ('routed', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='outcome', serialize=False, to='serving.routed')),
                ('cost_usd', models.DecimalField(decimal_places=6, max_digits=12, null=True)),
                ('route_passes', models.BooleanField(null=True)),
                ('teacher_passes', models.BooleanField(null=True)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name='Router',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('slug', models.SlugField(max_length=60, unique=True)),
                ('name', models.CharField(max_length=120)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='routers', to='review.task')),
            ],
            options={
                'ordering': ['-created_at'],
            },
        ),
        migrations.CreateModel(
            name='RouterVersion',
            fields=[
                ('id', models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False)),
                ('number', models.PositiveIntegerField()),
                ('feature', models.CharField(choices=[('checks', "Marks of the checks on the miniature's text"), ('confidence', 'How sure the miniature was of its text'), ('fact', 'A number of the record')], max_length=10)),
                ('fact', models.CharField(blank=True, max_length=80)),
                ('takes_low', models.BooleanField(default=False)),
                ('thresholds', models.JSONField(default=list)),
                ('margin', models.FloatField()),
                ('confidence', models.FloatField()),
                ('level', models.FloatField()),
                ('attempt', models.PositiveIntegerField()),
                ('audit_share', models.FloatField()),
                ('pairs', models.PositiveIntegerField()),
                ('lost', models.PositiveIntegerField()),
                ('won', models.PositiveIntegerField()),
                ('p_value', models.FloatField(null=True)),
                ('records_hash', models.CharField(max_length=64)),
                ('expected', models.JSONField(default=list)),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('created_by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('larger', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.miniature')),
                ('miniature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='training.miniature')),
                ('router', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='versions', to='serving.router')),
                ('task_version', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='review.taskversion')),
                ('teacher', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='generation.teacher')),
            ],
            options={
                'ordering': ['router', '-number'],
            },
        ),
        migrations.AddField(
            model_name='routed',
            name='version',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='routed', to='serving.routerversion'),
        ),
        migrations.CreateModel(
            name='Usage',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('token', models.CharField(max_length=40)),
                ('requests', models.PositiveBigIntegerField(default=0)),
                ('errors', models.PositiveBigIntegerField(default=0)),
                ('cancelled', models.PositiveBigIntegerField(default=0)),
                ('prompt_tokens', models.PositiveBigIntegerField(default=0)),
                ('completion_tokens', models.PositiveBigIntegerField(default=0)),
                ('seconds', models.FloatField(default=0)),
                ('member', models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('miniature', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='usage', to='training.miniature')),
            ],
            options={
                'ordering': ['-day'],
            },
        ),
        migrations.CreateModel(
            name='Promotion',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('act', models.CharField(choices=[('promote', 'Promoted'), ('demote', 'Taken back')], max_length=8)),
                ('override_reason', models.CharField(blank=True, db_default='', default='', max_length=500)),
                ('overridden', models.TextField(blank=True, db_default='', default='')),
                ('created_at', models.DateTimeField(auto_now_add=True)),
                ('by', models.ForeignKey(null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('miniature', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promotions', to='training.miniature')),
                ('task', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='promotions', to='review.task')),
            ],
            options={
                'ordering': ['-id'],
                'indexes': [models.Index(fields=['miniature', '-id'], name='promotions_of_miniature')],
            },
        ),
        migrations.AddIndex(
            model_name='router',
            index=models.Index(fields=['task', '-created_at'], name='routers_of_task'),
        ),
        migrations.AddConstraint(
            model_name='routerversion',
            constraint=models.UniqueConstraint(fields=('router', 'number'), name='one_router_version_of_a_number'),
        ),
        migrations.AddConstraint(
            model_name='routerversion',
            constraint=models.CheckConstraint(condition=models.Q(('audit_share__gte', 0), ('audit_share__lte', 1), ('margin__gt', 0), ('margin__lt', 1), ('pairs__gte', django.db.models.expressions.CombinedExpression(models.F('lost'), '+', models.F('won')))), name='router_version_has_shares'),
        ),
        migrations.AddIndex(
            model_name='routed',
            index=models.Index(fields=['version', 'is_audit'], name='routed_of_version'),
        ),
        migrations.AddConstraint(
            model_name='usage',
            constraint=models.UniqueConstraint(fields=('day', 'miniature', 'token'), name='usage_once_a_day_and_token'),
        ),
    ]
