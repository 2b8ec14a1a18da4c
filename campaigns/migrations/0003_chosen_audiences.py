from django.db import migrations
from django.db.models import Q


def name_everyone(apps, schema_editor):
    """Keep the audience of campaigns from before: one that named no segment and no import was everyone."""
    campaigns = apps.get_model("campaigns", "Campaign").objects
    unnamed = campaigns.exclude(Q(audience__has_key="segment") | Q(audience__has_key="import"))
    for campaign in unnamed.only("audience").iterator():
        campaigns.filter(pk=campaign.pk).update(audience={**campaign.audience, "everyone": True})


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_links")]

    operations = [migrations.RunPython(name_everyone, migrations.RunPython.noop)]
