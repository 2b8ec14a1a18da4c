from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('evaluation', '0010_retrieval_study'),
    ]

    operations = [
        migrations.AlterField(
            model_name='study',
            name='kind',
            field=models.CharField(choices=[('samples', 'How many samples'), ('methods', 'LoRA against full'), ('filter', 'Does the human filter help'), ('students', 'The smallest student that holds'), ('transfer', 'Does it transfer between tasks'), ('context', 'A shorter context against a longer'), ('cloning', 'Imitating texts against logits'), ('experts', 'An expert of a mixture against a dense student'), ('minutes', 'SFT, DPO, KTO and on-policy at equal expert minutes'), ('router', 'Several experts behind a router against one larger student')], max_length=10),
        ),
    ]
