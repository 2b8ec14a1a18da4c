"""Drop indexes that no question uses, and two constraints that others imply."""
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0004_import_of_drafts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        # A field that loses its index on PostgreSQL loses every single-column index with it, this constraint's too.
        migrations.RemoveConstraint(
            model_name='assignment',
            name='one_holder_per_draft',
        ),
        migrations.RemoveIndex(
            model_name='draft',
            name='drafts_by_text',
        ),
        migrations.AlterField(
            model_name='assignment',
            name='draft',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to='review.draft'),
        ),
        migrations.AlterField(
            model_name='assignment',
            name='reviewer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='assignments', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='decision',
            name='draft',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to='review.draft'),
        ),
        migrations.AlterField(
            model_name='decision',
            name='reviewer',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='decisions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AlterField(
            model_name='draft',
            name='task',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='drafts', to='review.task'),
        ),
        migrations.AlterField(
            model_name='gold',
            name='task',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='golds', to='review.task'),
        ),
        migrations.AlterField(
            model_name='record',
            name='task',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='records', to='review.task'),
        ),
        migrations.AddConstraint(
            model_name='assignment',
            constraint=models.UniqueConstraint(condition=models.Q(('state', 'active')), fields=('draft',), name='one_holder_per_draft'),
        ),
    ]
