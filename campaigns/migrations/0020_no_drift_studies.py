"""Studies of drift are gone."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0018_corrected_replies")]

    operations = [migrations.DeleteModel("DriftLook"), migrations.DeleteModel("DriftStudy")]
