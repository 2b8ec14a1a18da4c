"""Give drafts that wait, or arrive late, the new name of a label that a newer version of their task renamed.

Such a draft goes over to the new version, which alone knows the name; its provenance keeps what the teacher wrote. Left
as they are: drafts that anybody judged, those with an unfinished edit, those kept from the desk or taken by a rule, and
those that the new version would refuse for another reason. It does not know who edits a task.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import QuerySet

from review.drafts import etags, search_index, waiting_marks
from review.models import Assignment, Decision, Draft, SearchText, TaskVersion
from review.spec import spec_diff
from review.spec.paths import word_count
from review.spec.prompting import fields_hash
from review.spec.spec_diff import Renames
from review.spec.values import normalise_fields
from review.states import OPEN, AssignmentState, DraftState
from web.db.chunks import chunked

CHUNK = 500
LONGEST_PROVENANCE = 200
# One plain statement a draft: a bulk update's chains of cases take longer than everything else here.
_WRITE = (
    "UPDATE review_draft SET fields = %s, fields_hash = %s, words = %s, provenance = %s, marks = %s, marks_count = %s,"
    " task_version_id = %s, is_checked = %s WHERE id = %s"
)


def carry_arrived(version: TaskVersion, drafts: Sequence[Draft]) -> None:
    """Carry labels that were renamed since an order began over to its drafts, inside the transaction that adds them."""
    newer = TaskVersion.objects.filter(task=version.task_id, number__gte=version.number).order_by("number")
    for latest, new in pairwise(newer):
        carry_over(latest, new, among=[draft.pk for draft in drafts])


def carry_over(latest: TaskVersion, new: TaskVersion, *, among: Sequence[UUID] | None = None) -> int:
    """Carry renamed labels over to the drafts that wait. Runs inside the transaction that makes the version.

    Drafts are locked a chunk at a time, in the order of their ids. A few are marked and indexed at once, many within
    seconds (see `search_index`).

    Args:
        among: Drafts by id; all of the task by default.

    Returns:
        How many drafts say a new name now.
    """
    renamed = spec_diff.renames(latest.spec.output_schema, new.spec.output_schema)
    if not renamed:
        return 0
    versions = {each.pk: each for each in TaskVersion.objects.filter(task=new.task_id, number__lt=new.number)}
    carried = [pk for chunk in _chunks(new, among) for pk in _carry_chunk(chunk, renamed, versions, new)]
    if len(carried) > search_index.AT_ONCE:
        search_index.defer(carried)
    else:
        search_index.index(carried)
        waiting_marks.mark_waiting(carried)
    return len(carried)


def _chunks(new: TaskVersion, among: Sequence[UUID] | None) -> Iterator[list[Draft]]:
    open_drafts = Draft.objects.filter(task=new.task_id, state__in=OPEN, erased_at__isnull=True).exclude(
        task_version=new
    )
    ids = sorted(among) if among is not None else list(open_drafts.order_by("pk").values_list("pk", flat=True))
    for chunk in chunked(ids, CHUNK):
        locked = open_drafts.select_for_update(of=("self",)).filter(pk__in=chunk).order_by("pk")
        yield list(locked.only("state", "provenance", "fields", "marks", "task_version_id"))


def _carry_chunk(
    drafts: Sequence[Draft], renamed: Renames, versions: dict[UUID, TaskVersion], new: TaskVersion
) -> list[UUID]:
    touched = _touched([draft.pk for draft in drafts])
    carried = [draft for draft in drafts if draft.pk not in touched and _rename(draft, renamed, versions, new)]
    if carried:
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE, [_row(draft) for draft in carried])
        SearchText.objects.filter(draft__in=[draft.pk for draft in carried]).delete()
        _refresh_etags({draft.pk: draft for draft in carried if draft.state == DraftState.LEASED})
    return [draft.pk for draft in carried]


def _touched(ids: Sequence[UUID]) -> set[UUID]:
    """Drafts that somebody judged or began to edit; asked once they are locked, so that no verdict slips between."""
    edits: QuerySet[Assignment] = Assignment.objects.filter(draft__in=ids, unfinished__isnull=False)
    judged = Decision.objects.filter(draft__in=ids)
    return {*edits.values_list("draft_id", flat=True), *judged.values_list("draft_id", flat=True)}


def _rename(draft: Draft, renamed: Renames, versions: dict[UUID, TaskVersion], new: TaskVersion) -> bool:
    """Write the new names onto a draft, unsaved; answers whether it gives one and fits the version."""
    fields = spec_diff.with_new_names(draft.fields, renamed)
    if fields == draft.fields:
        return False
    try:
        fields = normalise_fields(new.spec.output_schema, fields)
    except ValueError:
        return False
    own = {check.kind for check in versions[draft.task_version_id].spec.checks}
    note = f"; written for version {versions[draft.task_version_id].number}: {spec_diff.words(renamed)}"
    draft.provenance = f"{draft.provenance[: max(0, LONGEST_PROVENANCE - len(note))]}{note}".lstrip("; ")
    draft.provenance = draft.provenance[:LONGEST_PROVENANCE]
    draft.fields, draft.fields_hash, draft.words = fields, fields_hash(fields), word_count(fields)
    draft.marks = [mark for mark in draft.marks if mark["check"] not in own]
    draft.marks_count, draft.is_checked, draft.task_version = len(draft.marks), False, new
    return True


def _row(draft: Draft) -> tuple[Any, ...]:
    texts = (json.dumps(draft.fields), draft.fields_hash, draft.words, draft.provenance, json.dumps(draft.marks))
    version, key = waiting_marks.key(draft.task_version_id), waiting_marks.key(draft.pk)
    return (*texts, draft.marks_count, version, draft.is_checked, key)


def _refresh_etags(leased: dict[UUID, Draft]) -> None:
    """Give cards before reviewers the tag of what they say now, so that a verdict on the former text is refused."""
    cards = Assignment.objects.select_for_update(of=("self",)).select_related("reviewer")
    held = list(cards.filter(draft__in=leased, state=AssignmentState.ACTIVE))
    for card in held:
        card.etag = etags.etag_for(leased[card.draft_id], card.reviewer)
    Assignment.objects.bulk_update(held, ["etag"], batch_size=CHUNK)
