"""Plans of bulk acts: the drafts they select, the outcome for each draft, and the latest acts.

Ids of drafts are packed into one short text: five thousand of them fit a form field.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from members.models import Member
from review.bulk.bulk_verdict import SET_ASIDE, BulkVerdict, DoesNotFitError
from review.desk import queues
from review.drafts import draft_filters, queries
from review.drafts.draft_filters import DraftFilter
from review.models import Assignment, BulkAct, Decision, DeskSettings, Draft, KnownAnswer, Task, TaskVersion
from review.spec.schema import Fields
from review.spec.task_spec import Reason
from review.states import AssignmentState, DraftState, Verdict
from web.db import keyset
from web.db.chunks import chunked
from web.errors import Refusal

LATELY = timedelta(hours=24)
# One act is about at most so many drafts.
AT_MOST = 5000
# Drafts that wait are looked through this far for filters that no index holds.
LOOK_AT = 100_000
SAMPLES = 10
CHUNK = 500

MACHINE = "accepted by a judge"
JUDGED, IN_DECK, IN_MY_DECK = "judged already", "in front of a reviewer", "in your deck; judge them there"
DISPUTED, KEPT, GONE = "disputed", "kept from the desk", "no longer there"
SECOND = "waiting for a second verdict, which is given blind"
FOR_ANOTHER = "waiting for a certain reviewer"
_STATES = {
    DraftState.DECIDED: JUDGED,
    DraftState.LEASED: IN_DECK,
    DraftState.DISPUTED: DISPUTED,
    DraftState.KEPT: KEPT,
    DraftState.MACHINE: MACHINE,
}


@dataclass(frozen=True, slots=True)
class EligibleDraft:
    """A draft the verdict can be given to, and how it would end; setting aside is no verdict."""

    draft: Draft
    verdict: Verdict | None
    fields: Fields | None


@dataclass(frozen=True, slots=True)
class BulkPlan:
    """Planned outcome of a bulk act.

    Attributes:
        ids: Drafts it would be done to.
        left_out: How many are not, by why.
        tag: Names the verdict and the drafts; the act itself is asked for with it.
    """

    ids: list[UUID]
    left_out: Counter[str]
    samples: list[EligibleDraft]
    tag: str

    @property
    def count(self) -> int:
        return len(self.ids)


@dataclass(slots=True)
class EligibleDrafts:
    doable: list[EligibleDraft] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)
    refusal: Refusal | None = None


def matching(member: Member, task: Task, draft_filter: DraftFilter) -> list[UUID]:
    """Return waiting drafts that pass the filter, newest first, one more than an act takes where there are more."""
    waiting = draft_filters.drafts_of(task, draft_filter).filter(state=DraftState.PENDING)
    matches = draft_filters.apply_filter(waiting, draft_filter, member=member, task=task).only("pk", "created_at")
    among = waiting if draft_filter.is_walked else None
    page = keyset.page(matches, cursor="", size=AT_MOST + 1, among=among, look_at=LOOK_AT)
    return [draft.pk for draft in page.rows]


def plan(member: Member, task: Task, ids: Sequence[UUID], submission: BulkVerdict) -> BulkPlan:
    """Look at what a verdict would do to drafts of a task; nothing is locked and nothing written.

    Raises:
        Refusal: 422 when the reasons fit no draft's version of the task.
    """
    doable: list[UUID] = []
    left_out: Counter[str] = Counter()
    samples: list[EligibleDraft] = []
    refusal: Refusal | None = None
    for chunk in chunks(ids):
        sifted = split_eligible(rows(task, chunk, by=member), submission, draft_ids=chunk, by=member, task=task)
        doable += [eligible.draft.pk for eligible in sifted.doable]
        left_out += sifted.left_out
        samples += sifted.doable[: SAMPLES - len(samples)]
        refusal = refusal or sifted.refusal
    if refusal and not doable:
        raise refusal
    return BulkPlan(doable, left_out, samples, submission.tag(doable))


def chunks(ids: Sequence[UUID]) -> Iterator[list[UUID]]:
    """Ids in one order for all, each once, so many at a time."""
    return map(sorted, chunked(dict.fromkeys(ids), CHUNK))


def reasons_for(task: Task, ids: Sequence[UUID]) -> list[Reason]:
    """Return the reasons of the task versions that drafts are of, each code once, in the newest version's words."""
    version_ids: set[UUID] = set()
    for chunk in chunks(ids):
        named = draft_filters.drafts_named_in(task).filter(pk__in=chunk)
        version_ids.update(named.order_by().values_list("task_version", flat=True).distinct())
    reasons: dict[str, Reason] = {}
    for version in TaskVersion.objects.filter(pk__in=version_ids).order_by("-number"):
        for reason in version.spec.reasons:
            reasons.setdefault(reason.code, reason)
    return list(reasons.values())


def rows(task: Task, ids: Sequence[UUID], *, by: Member) -> QuerySet[Draft]:
    """Drafts of a task with what decides whether a verdict for many may be given to them."""
    decisions = Decision.objects.filter(draft=OuterRef("pk"), is_late=False, retracted_by__isnull=True)
    mine = Assignment.objects.filter(draft=OuterRef("pk"), reviewer=by)
    return (
        draft_filters.drafts_named_in(task)
        .filter(pk__in=ids)
        .select_related("record")
        .defer("messages", "parameters", "labelled_defects", "marks")
        .annotate(
            is_judged=Exists(decisions.exclude(verdict=Verdict.RETRACT).order_by()),
            is_mine=Exists(mine.filter(state=AssignmentState.ACTIVE)),
            is_done=Exists(mine.filter(state=AssignmentState.DONE)),
            is_known=Exists(KnownAnswer.objects.filter(draft=OuterRef("pk"))),
        )
        .order_by("pk")
    )


def split_eligible(
    drafts: Iterable[Draft], submission: BulkVerdict, *, draft_ids: Sequence[UUID], by: Member, task: Task
) -> EligibleDrafts:
    """Part drafts, as `rows` reads them, into those the verdict can be given to and those left out, with why."""
    sifted = EligibleDrafts()
    dealing = DeskSettings.objects.filter(task=task).first()
    count = 0
    for draft in queries.share_versions(drafts):
        count += 1
        why = _why_not(draft, by, task, dealing)
        if why:
            sifted.left_out[why] += 1
            continue
        try:
            verdict, fields = _ending(draft, submission)
        except DoesNotFitError as error:
            sifted.left_out[str(error)] += 1
            if isinstance(error.__cause__, Refusal):
                sifted.refusal = error.__cause__
            continue
        sifted.doable.append(EligibleDraft(draft, verdict, fields))
    if count < len(draft_ids):
        sifted.left_out[GONE] += len(draft_ids) - count
    return sifted


def _ending(draft: Draft, submission: BulkVerdict) -> tuple[Verdict | None, Fields | None]:
    if submission.verdict == SET_ASIDE:
        return None, None
    return submission.of(draft.task_version.spec, draft.fields)


def _why_not(draft: Any, by: Member, task: Task, dealing: DeskSettings | None) -> str:
    if draft.is_mine and draft.state == DraftState.LEASED:
        return IN_MY_DECK
    if draft.state != DraftState.PENDING:
        return _STATES[draft.state]
    if draft.verdicts_wanted > 1 or draft.is_judged or _is_to_overlap(draft, task, dealing):
        return SECOND
    if draft.is_done or draft.is_known:
        return JUDGED
    return FOR_ANOTHER if draft.for_reviewer_id not in (None, by.pk) else ""


def _is_to_overlap(draft: Draft, task: Task, dealing: DeskSettings | None) -> bool:
    if dealing is None:
        return False
    share, reviewers = dealing.overlap_share, dealing.overlap_reviewers
    return queues.verdicts_wanted(task.seed, draft.pk, share=share, reviewers=reviewers) > 1


def latest(member: Member, task: Task) -> list[BulkAct]:
    """The member's own last acts in the task that still stand, for as long as one is likely to want them undone."""
    mine = BulkAct.objects.filter(task=task, by=member, undone_at__isnull=True, count__gt=0)
    return list(mine.filter(created_at__gte=timezone.now() - LATELY).order_by("-created_at")[:3])


def standing(act: BulkAct) -> QuerySet[Decision]:
    """Decisions of an act that were not taken back."""
    return Decision.objects.filter(bulk=act, retracted_by__isnull=True).exclude(verdict=Verdict.RETRACT)


def pack_ids(ids: Sequence[UUID]) -> str:
    """Sixteen bytes each, in base64."""
    return urlsafe_b64encode(b"".join(draft_id.bytes for draft_id in ids)).decode()


def unpack_ids(text: str) -> list[UUID]:
    """The ids of such a text; none where it is no such text."""
    try:
        raw = urlsafe_b64decode(text)
    except ValueError:
        return []
    return [UUID(bytes=raw[at : at + 16]) for at in range(0, len(raw) - 15, 16)]
