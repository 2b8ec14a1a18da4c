"""Say of each student whether it thinks before it answers; those that were registered before do not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("training", "0006_beginnings_of_sweeps"),
    ]

    operations = [
        migrations.AddField(
            model_name="student",
            name="thinks",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
