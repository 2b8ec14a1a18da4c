"""Keeping the text index: drafts of a small batch at once, those of a large one behind it, never those of the erased.

What is to be indexed later stands in rows of `SearchBacklog`, written with the drafts themselves, and the clock has a
worker look for them every few seconds. Indexing a draft twice changes nothing. It does not know who searches.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from review.db import text_index
from review.drafts import waiting_marks
from review.models import Draft, SearchBacklog, SearchText
from review.spec.schema import Facts, Fields
from review.text.near_duplicates import minhash
from review.text.search import words
from review.text.search.words import texts_of_facts, texts_of_fields
from web.db.bulk_insert import BulkInserter, as_json
from web.db.chunks import chunked

# Up to so many are indexed with the batch that brings them: a reviewer finds them as soon as they are there.
AT_ONCE = 50
CHUNK = 500


@transaction.atomic
def add(drafts: Sequence[Draft], records: dict[UUID, tuple[str, Facts]]) -> None:
    """Index drafts that were just made; runs inside the transaction that makes them.

    Args:
        drafts: Saved drafts.
        records: Title and facts by record.
    """
    if not drafts:
        return
    if len(drafts) > AT_ONCE:
        defer([draft.pk for draft in drafts])
        return
    _write([(draft.pk, draft.task_id, *records[draft.record_id], draft.fields) for draft in drafts])


def defer(draft_ids: Sequence[UUID] | Sequence[str]) -> None:
    """Have drafts indexed by a worker, within seconds."""
    batches = chunked(draft_ids, CHUNK)
    BulkInserter(SearchBacklog(), ["drafts"]).pour([as_json(list(map(str, batch)))] for batch in batches)


def catch_up(*, for_s: float = 4.0) -> int:
    """Index and check what waits, a batch per transaction, the oldest first; parallel workers take different batches.

    Args:
        for_s: After so many seconds the rest is left to the next look.

    Returns:
        How many drafts were indexed.
    """
    done, until = 0, time.monotonic() + for_s
    while time.monotonic() < until:
        with transaction.atomic():
            batch = SearchBacklog.objects.select_for_update(skip_locked=True).order_by("id").first()
            if batch is None:
                break
            ids = [UUID(pk) for pk in batch.drafts]
            done += index(ids)
            waiting_marks.mark_waiting(ids)
            batch.delete()
    return done


def index(draft_ids: Sequence[UUID]) -> int:
    """Index drafts that are not yet; those that are gone or erased are passed over.

    Returns:
        How many were indexed.
    """
    unindexed = Draft.objects.filter(pk__in=draft_ids, erased_at__isnull=True, search_text__isnull=True)
    rows = unindexed.order_by("created_at", "id").values_list(
        "pk", "task_id", "record__title", "record__facts", "fields"
    )
    return _write(list(rows))


def forget(draft_ids: Iterable[UUID]) -> None:
    """Take drafts out of the index, their words out of its file."""
    gone, _ = SearchText.objects.filter(draft__in=list(draft_ids)).delete()
    if gone:
        text_index.purge()


def missing() -> QuerySet[Draft, UUID]:
    """Drafts that should be in the index and are not, the oldest first; looks at every draft."""
    drafts = Draft.objects.filter(erased_at__isnull=True, search_text__isnull=True)
    return drafts.order_by("created_at", "id").values_list("pk", flat=True)


def index_missing() -> int:
    """Index every draft that is not, a chunk a transaction; returns how many."""
    done = 0
    while chunk := list(missing()[:CHUNK]):
        with transaction.atomic():
            done += index(chunk)
    return done


def clear() -> None:
    """Delete the whole index, to rebuild it."""
    SearchText.objects.all()._raw_delete(SearchText.objects.db)
    text_index.purge()


def _write(rows: Sequence[tuple[UUID, UUID, str, Facts, Fields]]) -> int:
    written = [words.folded(texts_of_fields(fields)) for *_, fields in rows]
    signatures = minhash.signatures(written)
    texts = [
        SearchText(
            draft_id=pk,
            task_id=task_id,
            words=" ".join([*words.folded(title), *own, *words.folded(texts_of_facts(facts))])[: words.LONGEST_TEXT],
            signature=signature.tobytes(),
        )
        for (pk, task_id, title, facts, _), own, signature in zip(rows, written, signatures, strict=True)
    ]
    # Two workers with one draft: the first wins, and both write the same.
    SearchText.objects.bulk_create(texts, batch_size=CHUNK, ignore_conflicts=True)
    return len(texts)
