"""Give drafts that were there before their place in the random order and their length in words."""

from __future__ import annotations

import secrets
from typing import Any

from django.db import migrations

CHUNK = 500


def fill(apps: Any, schema_editor: Any) -> None:
    candidates = apps.get_model("review", "Candidate").objects.using(schema_editor.connection.alias)
    batch = []
    for candidate in candidates.only("pk", "fields").order_by("pk").iterator(chunk_size=CHUNK):
        candidate.random_key = secrets.randbits(63)
        candidate.words = word_count(candidate.fields)
        batch.append(candidate)
        if len(batch) == CHUNK:
            candidates.bulk_update(batch, ["random_key", "words"])
            batch = []
    candidates.bulk_update(batch, ["random_key", "words"])


def word_count(fields: dict[str, Any]) -> int:
    """Words of all texts of a draft, as `review.schema.word_count` counted them when this migration was written."""
    texts = []
    for value in fields.values():
        items = [text for item in value for text in item.values()] if isinstance(value, list) else [value]
        texts.extend(text for text in items if isinstance(text, str))
    return sum(len(text.split()) for text in texts)


class Migration(migrations.Migration):
    dependencies = [("review", "0006_desk_team_and_datasets")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop, elidable=True)]
