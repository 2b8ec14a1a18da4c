from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("generation", "0008_variety"),
    ]

    operations = [
        migrations.AddField(
            model_name="teacher",
            name="answers",
            field=models.CharField(
                choices=[
                    ("auto", "as the provider does best"),
                    ("text", "as text"),
                    ("json", "as JSON, by a schema"),
                ],
                default="auto",
                max_length=4,
            ),
        ),
    ]
