"""Showing a judged draft as an example of the guideline, and no longer: each makes the next version of the task.

A lead also answers here whether the earlier decisions hold under a new version; the answer is kept for good.

A version keeps only which draft and which verdict; texts are read when they are shown, so that erasing reaches them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from uuid import UUID

from django.db import transaction
from django.http import Http404

from members.models import Member
from review.desk import golds
from review.desk.guidelines import queries
from review.models import Draft, Reconsideration, Ruling, Task, TaskVersion
from review.spec.task_spec import MOST_EXAMPLES, GuidelineExample
from review.states import DraftState, Role
from review.tasks import authoring, reconsideration
from review.tasks.permissions import require, tasks_for
from review.tasks.queries import latest_version
from review.tasks.reconsideration import KINDS, ReconsiderationQuestion
from web.db.chunks import chunked
from web.errors import Refusal
from web.http.first_or_404 import first_or_404

LONGEST_NOTE = 200
Examples = Sequence[GuidelineExample]


def show(draft_id: UUID, *, by: Member, note: str = "") -> TaskVersion:
    """Show a judged draft as an example of what is accepted or rejected, by the verdict that counts.

    Args:
        draft_id: A judged draft.
        by: A lead of its task, or admin.
        note: What it shows; it stays in the version for good, so it should name nobody.

    Returns:
        The next version of the task.

    Raises:
        Http404: No such draft for this member.
        PermissionDenied: The member does not lead the task.
        Refusal: 409 when nothing counts for the draft, it is shown already with this note, or there are twelve already;
            422 for a note that is too long.
    """
    draft = first_or_404(
        Draft.objects.select_related("task").filter(pk=draft_id, task__in=tasks_for(by)), "There is no such draft."
    )
    require(by, draft.task, Role.LEAD)
    words = " ".join(note.split())
    if len(words) > LONGEST_NOTE:
        message = f"The note has {len(words)} characters; at most {LONGEST_NOTE} are kept."
        raise Refusal("note_too_long", message, errors={"note": [message]})
    gold = queries.gold_of(draft)
    if gold is None:
        raise Refusal(
            "not_judged",
            "Only a judged draft can be an example.",
            hint="Judge it first. An erased or revoked draft cannot be shown.",
            status=409,
        )
    verdict = queries.verdict_of(gold)
    example = GuidelineExample.model_validate({"draft": str(draft.pk), "verdict": verdict, "note": words})
    version_note = f"Example of the guideline: {'accepted' if verdict == 'accept' else 'rejected'}"
    return _next_version(draft.task, lambda shown: _with(shown, example), note=version_note, by=by)


def hide(task: Task, draft_id: UUID, *, by: Member) -> TaskVersion:
    """Show a draft as an example no longer.

    Raises:
        PermissionDenied: The member does not lead the task.
        Http404: It is no example.
    """
    require(by, task, Role.LEAD)
    return _next_version(task, lambda shown: _without(shown, str(draft_id)), note="Example removed", by=by)


def _next_version(
    task: Task, change: Callable[[Examples], list[GuidelineExample]], *, note: str, by: Member
) -> TaskVersion:
    with transaction.atomic():
        # The row that new versions wait for: of two leads at once the second starts from the first's version.
        Task.objects.select_for_update().get(pk=task.pk)
        spec = latest_version(task).spec
        changed = change(spec.guideline_examples)
        body = spec.canonical() | {"guideline_examples": [example.model_dump(mode="json") for example in changed]}
        return authoring.new_version(task, spec=authoring.parse_spec(body, spec), by=by, note=note)


def _with(shown: Examples, example: GuidelineExample) -> list[GuidelineExample]:
    others = [shown_example for shown_example in shown if shown_example.draft != example.draft]
    if len(others) >= MOST_EXAMPLES:
        raise Refusal(
            "too_many_examples",
            f"The guideline shows {MOST_EXAMPLES} examples already.",
            hint="Take one away first: few good ones are read.",
            status=409,
        )
    return [*others, example]


def _without(shown: Examples, draft: str) -> list[GuidelineExample]:
    left = [shown_example for shown_example in shown if shown_example.draft != draft]
    if len(left) == len(shown):
        raise Http404("This draft is not an example of the guideline.")
    return left


STAND = "stand"
CHUNK = 500


def answer(task: Task, *, by: Member, version: int, kind: str = STAND, reasons: Sequence[str] = ()) -> Reconsideration:
    """Say that the earlier decisions stand, or have some of them asked about again.

    Drafts that are asked about again wait for a second opinion, in front of those who have not judged them; the verdict
    that stands goes on to count until another contradicts it. What a lead has ruled on stays ruled. All of it is one
    transaction under the task's row: of two leads who answer at once the second is told.

    Args:
        by: A lead of it, or admin.
        version: Number of the version the question was asked for.
        kind: `stand`, `marked`, `accepted` or `reasons`.
        reasons: With `reasons`, codes of reasons for rejection.

    Raises:
        PermissionDenied: The member does not lead the task.
        Refusal: 422 for an answer there is not; 409 when nothing is asked, or another version came meanwhile.
    """
    require(by, task, Role.LEAD)
    if kind != STAND and kind not in KINDS:
        raise Refusal("unknown_answer", f"'{kind}' is not an answer; write {', '.join([STAND, *KINDS])}.")
    if kind == "reasons" and not reasons:
        raise Refusal("no_reasons", "Name at least one reason.", errors={"reasons": ["Choose at least one."]})
    with transaction.atomic():
        Task.objects.select_for_update().get(pk=task.pk)
        about = _asked(task, version)
        ids = [] if kind == STAND else list(reconsideration.drafts_to_ask_again(about, kind=kind, reasons=reasons))
        return Reconsideration.objects.create(
            task=task,
            task_version=about.version,
            kind=kind,
            reasons=list(reasons) if kind == "reasons" else [],
            earlier=about.earlier,
            asked_again=sum(_to_desk(chunk) for chunk in chunked(ids, CHUNK)),
            by=by,
        )


def _asked(task: Task, version: int) -> ReconsiderationQuestion:
    about = reconsideration.open_question(task)
    if about is None or about.version.number != version:
        raise Refusal(
            "nothing_asked",
            "This was answered already, or another version came meanwhile.",
            hint="Reload the page.",
            status=409,
        )
    return about


def _to_desk(ids: list[UUID]) -> int:
    rows = Draft.objects.select_for_update(of=("self",)).filter(pk__in=ids, state=DraftState.DECIDED)
    judged = [draft.pk for draft in rows.only("pk").order_by("pk")]
    touched = set(Ruling.objects.filter(draft__in=judged).values_list("draft_id", flat=True))
    free = [pk for pk in judged if pk not in touched or golds.in_force(pk) is None]
    return Draft.objects.filter(pk__in=free).update(state=DraftState.PENDING, for_reviewer=None)
