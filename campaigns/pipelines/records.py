"""Make the records that stages ask about by the product's own builder: a company stays on its side of the split.

Equal facts share one record, and so one answer. Records of one campaign and stage stand in one source.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from uuid import UUID

from django.db.models import F

from campaigns.models import Campaign, Stage
from review.models import Record, Source, Task, TaskVersion
from review.sources.imports import staging
from review.sources.imports.company_splits import CompanySplits
from review.sources.imports.record_import import RecordRowBuilder, content_hash
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from web.db.chunks import rows_of

CHUNK = 500


def find_or_make(
    campaign: Campaign, stage: Stage, version: TaskVersion, facts_by_id: Mapping[UUID, Facts]
) -> tuple[dict[UUID, UUID], dict[UUID, str]]:
    """Find or make the record of each mail's or run's facts. Runs in the tick's transaction and locks the task's row.

    Args:
        version: The version of the task that the records are for.

    Returns:
        The record by id; and why there is none, by id.

    Raises:
        Refusal: `import_running` (409), a file is being imported into the task.
    """
    if not facts_by_id:
        return {}, {}
    task = version.task
    staging.lock_task(task)
    digests = {message: content_hash(facts) for message, facts in facts_by_id.items()}
    fresh = {digests[message]: facts for message, facts in facts_by_id.items()}
    same = Record.objects.filter(task=task).values_list("content_hash", "pk")
    existing = dict(rows_of(same, "content_hash", fresh))
    refused: dict[str, str] = {}
    if new := {digest: facts for digest, facts in fresh.items() if digest not in existing}:
        made, refused = make(_source(campaign, stage, task), version.spec, new)
        existing |= made
    records = {message: existing[digest] for message, digest in digests.items() if digest in existing}
    return records, {message: refused[digest] for message, digest in digests.items() if digest in refused}


def make(source: Source, spec: TaskSpec, new: Mapping[str, Facts]) -> tuple[dict[str, UUID], dict[str, str]]:
    """Make records of one source. Runs inside a transaction that holds the task's row.

    Args:
        new: Facts by the hash that the record is to be known by; none of these is there yet.

    Returns:
        The record by hash; and why there is none, by hash.
    """
    building, companies = RecordRowBuilder(spec), CompanySplits(source.task)
    rows = [(digest, facts, building.naming.company(facts, digest)) for digest, facts in new.items()]
    companies.learn(company for _, _, company in rows)
    made: list[Record] = []
    refused: dict[str, str] = {}
    for digest, facts, company in rows:
        try:
            side = companies.side_of(company)
        except ValueError as error:
            refused[digest] = f"{error}."
        else:
            number = source.rows_added + len(made) + 1
            made.append(building.record(source, number, facts, digest, company, side))
    Record.objects.bulk_create(made, batch_size=CHUNK)
    count = F("rows_added") + len(made)
    Source.objects.filter(pk=source.pk).update(rows_added=count, rows_total=count)
    return {record.content_hash: record.pk for record in made}, refused


def _source(campaign: Campaign, stage: Stage, task: Task) -> Source:
    slug = f"stage-{campaign.pk.hex[:16]}-{stage.pk.hex[:16]}"
    source, _ = Source.objects.get_or_create(
        task=task,
        slug=slug,
        defaults={
            "name": f"{campaign.name}: {stage.name}"[:160],
            "kind": SourceKind.RECORDS,
            "format": "stages",
            "provenance": f"Made by the stage '{stage.name}' of a campaign",
            "sha256": hashlib.sha256(slug.encode()).hexdigest(),
            "created_by": campaign.launched_by,
        },
    )
    return source
