from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('jobs', '0005_alerts'),
    ]

    operations = [
        migrations.AddField(
            model_name='reaperturn',
            name='scan',
            field=models.JSONField(null=True),
        ),
    ]
