"""Make the record of a reply in a task that sorts or answers replies, once for the same facts.

A company keeps its side of the split.

No two replies share a record, not even with the same words: so a person's text is erased with the person alone.
"""

from __future__ import annotations

import hashlib

from campaigns.models import Reply, ReplyRecord
from campaigns.pipelines import records
from campaigns.replies import reply_facts
from members.models import Member
from review.models import Record, Source, Task
from review.sources.imports import staging
from review.sources.imports.record_import import content_hash
from review.spec.schema import Facts
from review.spec.task_spec import TaskSpec
from review.states import SourceKind
from web.errors import Refusal


def newest(reply: Reply, *, task: Task, spec: TaskSpec) -> Record | None:
    """Return the last record made of a reply in a task that has what the task needs, whatever changed since.

    Runs inside a transaction and locks the task's row.

    Raises:
        Refusal: `import_running` (409), a file is being imported into the task.
    """
    staging.lock_task(task)
    made = ReplyRecord.objects.filter(reply=reply, record__task=task, record__erased_at__isnull=True)
    there = [each.record for each in made.select_related("record").order_by("-pk")]
    return next((record for record in there if not reply_facts.absent(spec, record.facts)), None)


def find_or_make(reply: Reply, *, task: Task, spec: TaskSpec, facts: Facts, by: Member) -> Record:
    """Return the record of a reply in a task. Runs inside a transaction and locks the task's row.

    Raises:
        Refusal: `import_running` (409), a file is being imported into the task; `no_split`, its company has no side.
    """
    staging.lock_task(task)
    digest = hashlib.sha256(reply.pk.bytes + content_hash(facts).encode()).hexdigest()
    made = ReplyRecord.objects.filter(reply=reply, record__task=task, record__content_hash=digest)
    if existing := made.select_related("record").first():
        return existing.record
    source = _source(reply, task, by)
    record_ids, refused = records.make(source, spec, {digest: facts})
    if digest not in record_ids:
        raise Refusal("no_split", f"No record can be made of this reply: {refused[digest]}")
    record = Record.objects.get(pk=record_ids[digest])
    ReplyRecord.objects.create(reply=reply, record=record)
    return record


def _source(reply: Reply, task: Task, by: Member) -> Source:
    campaign = reply.message.campaign
    slug = f"replies-{campaign.pk.hex}"
    source, _ = Source.objects.get_or_create(
        task=task,
        slug=slug,
        defaults={
            "name": f"Replies to {campaign.name}"[:160],
            "kind": SourceKind.RECORDS,
            "format": "replies",
            "provenance": "What contacts wrote back, from the campaign's inbox",
            "sha256": hashlib.sha256(slug.encode()).hexdigest(),
            "created_by": by,
        },
    )
    return source
