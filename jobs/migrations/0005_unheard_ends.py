from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0004_halt")]

    operations = [
        migrations.AddField(model_name="job", name="unheard_since", field=models.DateTimeField(null=True)),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                fields=["unheard_since"], condition=models.Q(unheard_since__isnull=False), name="jobs_unheard"
            ),
        ),
        migrations.CreateModel(
            name="ReaperTurn",
            fields=[
                ("id", models.PositiveSmallIntegerField(primary_key=True, serialize=False)),
                ("held_until", models.DateTimeField(null=True)),
                ("looked_through_at", models.DateTimeField(null=True)),
                ("consumers", models.JSONField(default=dict)),
            ],
        ),
    ]
