"""Let a decision that came with a file tell no time."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('review', '0002_search_words'),
    ]

    operations = [
        migrations.AlterField(
            model_name='decision',
            name='seconds',
            field=models.FloatField(blank=True, default=0, null=True),
        ),
    ]
