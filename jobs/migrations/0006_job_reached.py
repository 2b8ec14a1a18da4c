from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("jobs", "0005_unheard_ends")]

    operations = [
        migrations.AddField(model_name="job", name="reached", field=models.BigIntegerField(null=True)),
    ]
