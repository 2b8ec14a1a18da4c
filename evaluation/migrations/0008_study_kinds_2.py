from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0007_more_studies'),
    ]

    operations = [
        migrations.AlterField(
            model_name='study',
            name='kind',
            field=models.CharField(choices=[('samples', 'How many samples'), ('methods', 'LoRA against full'), ('filter', 'Does the human filter help'), ('students', 'The smallest student that holds'), ('transfer', 'Does it transfer between tasks'), ('context', 'A shorter context against a longer'), ('cloning', 'Imitating texts against logits'), ('experts', 'An expert of a mixture against a dense student')], max_length=10),
        ),
    ]
