"""Which task version the verdicts of a router's version are of."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0011_judge_tasks"),
        ("serving", "0003_routers"),
    ]

    operations = [
        migrations.AddField(
            model_name="routerversion",
            name="task_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name="+", to="review.taskversion"
            ),
        ),
    ]
