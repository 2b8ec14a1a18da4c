from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0006_job_reached")]

    operations = [
        migrations.AddIndex(
            model_name="job", index=models.Index(fields=["state", "lease_until"], name="jobs_by_state")
        ),
    ]
