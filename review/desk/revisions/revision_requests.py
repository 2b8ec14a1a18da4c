"""Having a teacher write a draft again: asking, the revision's arrival, its failure, and the way back.

The upper room that knows teachers does the work, through `review.ports`; this one keeps who asked for what, and where
draft and revision stand meanwhile. It does not know prices, keys or providers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.http import Http404
from django.utils import timezone

from members.models import Member
from review import ports
from review.desk import deck as desk_deck
from review.desk.destinations import FOR_A_CAMPAIGN
from review.desk.revisions import queries
from review.drafts.intake import NewDraft, add_drafts
from review.drafts.queries import is_in_use
from review.models import Assignment, Draft, RevisionRequest, TaskVersion
from review.spec import revision_prompts
from review.spec.prompting import Message
from review.states import FIRST_IN_QUEUE, AssignmentState, DraftState, Role
from review.tasks.permissions import judging, may, require, task_or_404
from web.errors import Refusal

WAITS = "Revision requested: {}"
ARRIVED = "Revised on request"
FAILED = "The revision failed: {}"
# What the asker's own row says while the card is in no deck.
_WAITING = (AssignmentState.SET_ASIDE, AssignmentState.RELEASED)


@dataclass(frozen=True, slots=True)
class RevisionRequested:
    """Result of requesting a revision.

    Attributes:
        request: The request, this one or, for a repeated one, the first.
        is_replay: Whether the very same was asked before.
        deck: Cards that fill the asker's deck.
    """

    request: RevisionRequest
    is_replay: bool
    deck: Sequence[Assignment]


@dataclass(frozen=True, slots=True)
class RevisionPreview:
    writers: Sequence[ports.Writer]
    presets: Sequence[revision_prompts.InstructionPreset]


def conversation(draft: Draft, instruction: str) -> list[Message]:
    """Return the messages for the teacher. The draft comes with its record and task version."""
    spec = draft.task_version.spec
    return revision_prompts.messages(
        spec, draft.record.facts, prompt=draft.messages, draft=draft.fields, instruction=instruction
    )


def preview(draft: Draft, *, by: Member) -> RevisionPreview:
    """Return the teachers that can be asked, and frequent instructions. Writes nothing, spends nothing."""
    reviser = ports.reviser()
    sample_conversation = conversation(draft, "x" * revision_prompts.LONGEST_INSTRUCTION)
    writers = reviser.writers(draft, sample_conversation, by=by) if reviser else []
    return RevisionPreview(writers, revision_prompts.presets(draft.marks, draft.fields))


def request_revision(
    draft_id: UUID, *, by: Member, id: UUID, instruction: str, writer: str = "", deck_size: int = 0
) -> RevisionRequested:
    """Ask a teacher to write a draft again.

    Meanwhile the draft is among the asker's set-aside cards and in front of nobody else.

    Args:
        draft_id: A draft in the asker's deck, or free to take.
        by: Who asks; reviewer or lead of the task, or admin.
        id: The client's UUID; asking the same again gives the first request.
        writer: Short name of the teacher; the draft's own by default, else the first that can be asked.
        deck_size: How many cards the asker should hold afterwards.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: Not a reviewer of the task.
        Refusal: 422 for an instruction that is empty or too long; 409 when the draft is not the asker's to ask about,
            or was asked about already, or the id came with another request; as the teacher's room refuses. Nothing is
            spent then.
    """
    words = _checked(instruction)
    draft = _draft(draft_id, by=by)
    if (first := _again(id, draft, by=by, words=words)) is not None:
        return RevisionRequested(first, True, [])
    try:
        with transaction.atomic():
            return _ask(draft, by=by, id=id, words=words, writer=writer, deck_size=deck_size)
    except IntegrityError:
        first = _again(id, draft, by=by, words=words)
        if first is None:
            raise
        return RevisionRequested(first, True, [])


def receive(job_id: UUID, draft: NewDraft, *, version: TaskVersion) -> Draft | None:
    """Take a revision in: it waits first on the asker's desk, and what it revises leaves the desk.

    Runs inside the transaction that stores the job's events; told twice it adds nothing.

    Returns:
        The revision; None when it is known already, nobody asked for it, or the record was erased meanwhile.

    Raises:
        Refusal: It does not fit the task version.
    """
    requests = RevisionRequest.objects.select_for_update(of=("self",)).filter(job_id=job_id, result__isnull=True)
    request = requests.select_related("draft").first()
    if request is None or request.draft.erased_at is not None:
        return None
    parent = request.draft
    # What a campaign has ordered stays its draft, whoever writes it again.
    origin = parent.origin if parent.origin == FOR_A_CAMPAIGN else draft.origin
    kept = replace(draft, is_kept=True, round=parent.round, thread=parent.thread or (), origin=origin)
    made = add_drafts(version=version, drafts=[kept], job_id=job_id)
    if not made:
        return None
    Draft.objects.filter(pk=made[0].pk).update(
        parent=parent, for_reviewer=_asker(request), state=DraftState.PENDING, queue_position=FIRST_IN_QUEUE
    )
    RevisionRequest.objects.filter(pk=request.pk).update(result=made[0])
    if _moved_parent(request, state=DraftState.KEPT, for_reviewer=None):
        _write(request, note=ARRIVED)
    made[0].refresh_from_db()
    return made[0]


def give_up(job_id: UUID, *, why: str) -> bool:
    """Bring a draft back whose revision will not come: first on the asker's desk, with why.

    Returns:
        Whether a request was waiting for this job.
    """
    with transaction.atomic():
        requests = RevisionRequest.objects.select_for_update(of=("self",)).filter(job_id=job_id, result__isnull=True)
        request = requests.select_related("draft").first()
        if request is None:
            return False
        if _moved_parent(request, queue_position=FIRST_IN_QUEUE):
            _write(request, note=FAILED.format(why))
        return True


def restore(request_id: UUID, *, by: Member) -> Draft:
    """Put the draft that was revised back on the desk, beside its revision. Twice is once.

    Raises:
        Http404: No such request of this member, or of a task they lead.
        Refusal: 409 when the draft is judged or in front of somebody.
    """
    request = queries.request_or_404(by, request_id)
    with transaction.atomic():
        draft = Draft.objects.select_for_update(of=("self",)).get(pk=request.draft_id)
        if not is_in_use(draft) or draft.state not in (DraftState.KEPT, DraftState.PENDING):
            raise desk_deck.not_free(draft)
        Draft.objects.filter(pk=draft.pk).update(
            state=DraftState.PENDING, for_reviewer=_asker(request), queue_position=FIRST_IN_QUEUE
        )
        _write(request, **{"note": "", **desk_deck.words_of_lead(request.draft_id, request.asked_by_id)})
    draft.refresh_from_db()
    return draft


def _draft(draft_id: UUID, *, by: Member) -> Draft:
    draft = Draft.objects.select_related("task", "task_version", "record").filter(pk=draft_id).first()
    if draft is None or not may(by, draft.task, Role.VIEWER):
        raise Http404("There is no such draft.")
    task_or_404(by, draft.task.slug)
    require(by, draft.task, Role.REVIEWER)
    return draft


def _checked(instruction: str) -> str:
    words = " ".join(instruction.split())
    if not words:
        raise _wrong("Write what should change.")
    if len(words) > revision_prompts.LONGEST_INSTRUCTION:
        raise _wrong(f"{len(words)} characters; at most {revision_prompts.LONGEST_INSTRUCTION} are sent.")
    return words


def _again(id: UUID, draft: Draft, *, by: Member, words: str) -> RevisionRequest | None:
    first = RevisionRequest.objects.filter(pk=id).first()
    if first is None:
        return None
    if (first.draft_id, first.asked_by_id, first.instruction) != (draft.pk, by.pk, words):
        raise Refusal(
            "request_id_reused",
            "This id was already used for another request.",
            hint="Use a new UUID for each.",
            status=409,
        )
    return first


def _ask(draft: Draft, *, by: Member, id: UUID, words: str, writer: str, deck_size: int) -> RevisionRequested:
    reviser = ports.reviser()
    if reviser is None:
        raise Refusal("no_teacher", "No model here can revise a draft.", hint="Edit it yourself with E.")
    if draft.erased_at is not None:
        raise Refusal("erased", "This draft was erased.", status=409)
    held = desk_deck.hold(by, draft.pk)
    if (waiting := queries.pending_request(draft)) is not None:
        raise Refusal(
            "already_asked",
            f"A revision of this draft is on its way already: {waiting.instruction}",
            hint="It goes to the member who requested it.",
            status=409,
        )
    turns = conversation(draft, words)
    job_id = reviser.start(draft, turns, writer=writer, by=by)
    request = RevisionRequest.objects.create(
        id=id, draft=draft, asked_by=by, instruction=words, teacher=writer, job_id=job_id
    )
    note = WAITS.format(words)
    deck = desk_deck.set_aside(draft.pk, by=by, note=note, unfinished=held.unfinished, deck_size=deck_size)
    Draft.objects.filter(pk=draft.pk).update(for_reviewer=by)
    return RevisionRequested(request, False, deck)


def _asker(request: RevisionRequest) -> Member | None:
    """Return the member to whom the draft goes; None, which is anybody, once they judge the task no more."""
    return judging(request.draft.task_id).filter(pk=request.asked_by_id).first()


def _moved_parent(request: RevisionRequest, **values: object) -> bool:
    """Move the revised draft on, if it still waits for the asker, or for anybody once they left."""
    holders = Q(for_reviewer=request.asked_by)
    if _asker(request) is None:
        # Who judges the task no more keeps no card.
        holders |= Q(for_reviewer=None)
    parent = Draft.objects.filter(holders, pk=request.draft_id, state=DraftState.PENDING)
    return bool(parent.update(**values))


def _write(request: RevisionRequest, **columns: str) -> None:
    mine = Assignment.objects.filter(draft=request.draft_id, reviewer=request.asked_by, state__in=_WAITING)
    mine.update(**columns, updated_at=timezone.now())


def _wrong(message: str) -> Refusal:
    return Refusal("invalid_instruction", message, errors={"instruction": [message]})
