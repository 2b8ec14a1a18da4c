"""One verdict for many drafts, carried out as it was previewed.

Drafts are taken in chunks, a transaction each, so that nobody else at the desk waits for long: what another request
holds or has judged meanwhile is passed over and counted. Ids of decisions follow from the act's and the draft's, so
that an act which was cut off is asked for again and goes on where it stopped. Knows no page.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID, uuid5

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from audit import trail
from members.models import Member
from review.bulk import planning
from review.bulk.bulk_verdict import SET_ASIDE, TYPED_ABOVE, BulkVerdict
from review.bulk.planning import EligibleDraft
from review.desk import deck, golds
from review.models import Assignment, BulkAct, Decision, Draft, Gold, Task
from review.states import BEHIND_THE_REST, AssignmentState, DraftState, Role, Verdict
from review.tasks.permissions import require
from review.text import edits
from web.errors import Refusal

UNDONE = "undone meanwhile"


def carry_out(
    task: Task,
    *,
    by: Member,
    id: UUID,
    drafts: Sequence[UUID],
    submission: BulkVerdict,
    tag: str | None,
    typed: int | None = None,
    how: Mapping[str, str] | None = None,
) -> BulkAct:
    """Give one verdict to drafts as a preview named them.

    Drafts that changed since the preview are passed over and counted by why. The same id with the same drafts and
    verdict gives the first result, or goes on where it was cut off; after an undo it does nothing.

    Args:
        by: A reviewer of it.
        id: The client's UUID for the act.
        drafts: What the preview listed as doable.
        typed: To accept more than 50, their number, typed by hand: accepting unread is to be meant.
        how: How the drafts were found, for the record.

    Raises:
        PermissionDenied: Not a reviewer of the task.
        Refusal: 428 without the tag, 412 when it names another set or verdict, 409 when the id came with another body,
            413 for more drafts than one act takes, 422 when the number was not typed.
    """
    require(by, task, Role.REVIEWER)
    _check(drafts, submission, tag, typed)
    act = _act(task, by=by, id=id, submission=submission, tag=tag or "", how=how or {}, draft_count=len(drafts))
    if act.undone_at or act.is_done:
        return act
    done = set(Decision.objects.filter(bulk=act).values_list("draft_id", flat=True))
    done |= {UUID(draft_id) for draft_id in act.selection["places"]}
    left_out: Counter[str] = Counter()
    for chunk in planning.chunks([draft_id for draft_id in drafts if draft_id not in done]):
        left_out += _carry_out_chunk(act, chunk, submission, by=by, task=task)
    return _finish(act, left_out)


@transaction.atomic
def _finish(act: BulkAct, left_out: Counter[str]) -> BulkAct:
    now = BulkAct.objects.select_for_update(of=("self",)).select_related("task", "by").get(pk=act.pk)
    if not now.is_done:
        now.selection |= {"left_out": dict(left_out), "is_done": True}
        now.save(update_fields=["selection"])
    return now


def _check(drafts: Sequence[UUID], submission: BulkVerdict, tag: str | None, typed: int | None) -> None:
    if not drafts:
        raise Refusal("no_drafts", "No draft is chosen.", hint="Choose drafts that wait to be judged.")
    if len(drafts) > planning.AT_MOST:
        message = f"One act takes at most {planning.AT_MOST:,} drafts; these are {len(drafts):,}."
        raise Refusal("too_many_drafts", message, hint="Narrow the list and do the rest afterwards.", status=413)
    if not tag:
        raise Refusal(
            "preview_missing",
            "A decision on many drafts must name its preview.",
            hint="Request a preview and send its tag.",
            status=428,
        )
    if tag != submission.tag(drafts):
        raise Refusal(
            "preview_changed", "The drafts have changed since the preview.", hint="Preview again.", status=412
        )
    if submission.verdict == Verdict.ACCEPT and len(drafts) > TYPED_ABOVE and typed != len(drafts):
        message = f"To accept {len(drafts):,} drafts unread, type their number."
        raise Refusal(
            "number_missing", message, hint="The number confirms that you mean it.", errors={"typed": [message]}
        )


def _act(
    task: Task, *, by: Member, id: UUID, submission: BulkVerdict, tag: str, how: Mapping[str, str], draft_count: int
) -> BulkAct:
    """The act's row, this request's or that of an earlier one with the same id and body."""
    values = {
        "task": task,
        "by": by,
        "verdict": submission.verdict,
        "body_hash": tag,
        "selection": {"how": dict(how), "asked": draft_count, "said": submission.body(), "places": {}},
    }
    act, is_new = BulkAct.objects.get_or_create(id=id, defaults=values)
    if not is_new and (act.body_hash != tag or act.by_id != by.pk or act.task_id != task.pk):
        raise Refusal(
            "act_id_reused",
            "This id was already used for another act.",
            hint="Use a new UUID for each act.",
            status=409,
        )
    if is_new:
        trail.record("bulk_act", by=by, about=act, task=task.slug, verdict=act.verdict, count=draft_count)
    return act


@transaction.atomic
def _carry_out_chunk(
    act: BulkAct, ids: Sequence[UUID], submission: BulkVerdict, *, by: Member, task: Task
) -> Counter[str]:
    # The act's own row first, so that two requests for one act take turns, and none goes on after an undo.
    now = BulkAct.objects.select_for_update().get(pk=act.pk)
    if now.undone_at is not None:
        return Counter({UNDONE: len(ids)})
    # Drafts are locked before assignments everywhere; what another request holds is passed over, not waited for.
    drafts = list(planning.rows(task, ids, by=by).select_for_update(skip_locked=True, of=("self",)))
    sifted = planning.split_eligible(drafts, submission, draft_ids=ids, by=by, task=task)
    if submission.verdict == SET_ASIDE:
        now.selection["places"] |= _set_aside(sifted.doable, by=by, note=submission.note)
    else:
        _judge(now, sifted.doable, submission, by=by)
    now.count += len(sifted.doable)
    now.save(update_fields=["selection", "count"])
    return sifted.left_out


def _judge(act: BulkAct, doable: Sequence[EligibleDraft], submission: BulkVerdict, *, by: Member) -> None:
    ids = [eligible.draft.pk for eligible in doable]
    Draft.objects.filter(pk__in=ids).update(state=DraftState.DECIDED, for_reviewer=None)
    _assign([eligible.draft for eligible in doable], by=by, state=AssignmentState.DONE)
    decisions = Decision.objects.bulk_create([_decision(act, eligible, submission, by) for eligible in doable])
    Gold.objects.bulk_create([golds.as_gold(decision) for decision in decisions])


def _decision(act: BulkAct, eligible: EligibleDraft, submission: BulkVerdict, by: Member) -> Decision:
    draft = eligible.draft
    if eligible.verdict is None:
        raise ValueError("setting aside is not a decision")
    edit = edits.edit_columns(draft.task_version.spec, draft.record.facts, draft.fields, eligible.fields)
    return Decision(
        id=uuid5(act.pk, str(draft.pk)),
        draft=draft,
        task_id=draft.task_id,
        reviewer=by,
        verdict=eligible.verdict,
        fields=eligible.fields,
        before_hash=draft.fields_hash,
        body_hash=act.body_hash,
        reasons=list(submission.reasons),
        note=submission.note,
        seconds=0,
        bulk=act,
        **edit,
    )


def _set_aside(doable: Sequence[EligibleDraft], *, by: Member, note: str) -> dict[str, int]:
    """Put drafts behind the rest; returns where each stood."""
    drafts = [eligible.draft for eligible in doable]
    behind = BEHIND_THE_REST + int(timezone.now().timestamp() * 1000)
    Draft.objects.filter(pk__in=[draft.pk for draft in drafts]).update(queue_position=behind)
    _assign(drafts, by=by, state=AssignmentState.SET_ASIDE, note=note)
    return {str(draft.pk): draft.queue_position for draft in drafts}


def _assign(drafts: Sequence[Draft], *, by: Member, state: AssignmentState, note: str = "") -> None:
    now = timezone.now()
    rows = [
        Assignment(
            draft=draft,
            reviewer=by,
            task_id=draft.task_id,
            state=state,
            note=note,
            etag=deck.etag_for(draft, by),
            leased_until=now + timedelta(seconds=settings.CARD_LEASE_S),
            updated_at=now,
        )
        for draft in drafts
    ]
    # What was left on a card unfinished stays there, and so does how it once came.
    columns = ["state", "etag", "leased_until", "updated_at", *(["note"] if note else [])]
    Assignment.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["draft", "reviewer"], update_fields=columns
    )
