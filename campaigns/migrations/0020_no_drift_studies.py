"""Studies of drift are gone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0019_possible_opt_outs")]

    operations = [migrations.DeleteModel("DriftLook"), migrations.DeleteModel("DriftStudy")]
