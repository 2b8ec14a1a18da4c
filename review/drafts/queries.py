"""Drafts as lists: what is there, in which state, and one draft with what was said of it.

Every question takes the member and answers only for tasks they see. It does not deal cards.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.http import Http404

from members.models import Member
from review import ports
from review.drafts import draft_filters, etags, sent_mails
from review.drafts.authorship import visible_to
from review.drafts.draft_filters import ON_DESK
from review.drafts.serializers import MailFiguresOut
from review.drafts.waiting_marks import with_marks
from review.models import Decision, Draft, Revocation, Ruling, Task, TaskVersion
from review.states import OPEN, DraftState, Role, Split, Verdict
from review.tasks.permissions import require, role_of, task_or_404, tasks_for
from web.caching.slow_figures import figures
from web.errors import Refusal

STATE_LOOKS = {
    DraftState.PENDING: "is-idle",
    DraftState.LEASED: "is-running",
    DraftState.DECIDED: "is-good",
    DraftState.DISPUTED: "is-look",
    DraftState.KEPT: "is-idle",
    DraftState.MACHINE: "is-idle",
}
VERDICT_LOOKS = {"accept": "is-good", "edit": "is-running", "reject": "is-failed"}


def teachers_of(task: Task) -> list[str]:
    """Names of the teachers that wrote drafts of a task; of very many drafts as they were a while ago."""
    drafts = Draft.objects.filter(task=task).exclude(teacher="").order_by("teacher")
    names = drafts.values_list("teacher", flat=True).distinct()
    return figures(f"teachers:{task.pk}", lambda: list(names)).value


def drafts(member: Member, *, task: str = "", q: str = "", **filters: str) -> QuerySet[Draft]:
    """Drafts the member sees, narrowed by task slug, words and `draft_filters.FILTERS`.

    Unknown values narrow to nothing.

    What is kept from the desk is listed only when that state is asked for. Each comes annotated with `gold_verdict`,
    the verdict that counts, if there is one.

    Raises:
        Http404: Words are asked for in a task that the member does not see.
        Refusal: Words are asked for without a task.
    """
    rows = _seen_by(member)
    draft_filter = draft_filters.parse({**filters, "q": q})
    # Words are looked up in the task alone; see `draft_filters.drafts_named_in`.
    if task and not draft_filter.query.is_askable:
        rows = rows.filter(task__slug=task)
    if draft_filter.words and not task:
        raise Refusal(
            "task_missing",
            "A search for words needs a task.",
            hint="Add task= with its slug.",
            errors={"task": ["Name the task to search."]},
        )
    return draft_filters.apply_filter(
        rows, draft_filter, member=member, task=task_or_404(member, task) if draft_filter.words else None
    )


def _seen_by(member: Member) -> QuerySet[Draft]:
    return with_parts(Draft.objects.filter(task__in=tasks_for(member)))


def with_parts(drafts: QuerySet[Draft]) -> QuerySet[Draft]:
    """Drafts with what a row of a list says beside them, `gold_verdict` among it."""
    return drafts.select_related("task", "task_version", "record__source").annotate(gold_verdict=F("gold__verdict"))


def share_versions(rows: Iterable[Draft]) -> list[Draft]:
    """Drafts with one instance of each task version between them: its wording is parsed once, not for every draft."""
    drafts = list(rows)
    versions = TaskVersion.objects.in_bulk({draft.task_version_id for draft in drafts})
    for draft in drafts:
        draft.task_version = versions[draft.task_version_id]
    return drafts


def draft_or_404(member: Member, draft_id: UUID, *, task: Task | None = None, least: Role | None = None) -> Draft:
    """One draft, if the member sees its task; with `task`, only if it is of that one.

    Raises:
        Http404: No such draft, or not this member's to see.
        PermissionDenied: Their role in its task is below `least`.
    """
    draft = _seen_by(member).filter(pk=draft_id).first()
    if draft is None or (task is not None and draft.task_id != task.pk):
        raise Http404("There is no such draft.")
    if least is not None:
        require(member, draft.task, least)
    return draft


def draft_json(draft: Draft, member: Member) -> dict[str, Any]:
    """A draft for programs. Its ETag is the one a decision of this member names in `If-Match`."""
    is_told = draft.pk in visible_to(member, [draft])
    return {
        **summary_json(draft, is_told=is_told, order=_orders_of([draft]).get(draft.pk)),
        "fields": draft.fields,
        "marks": with_marks(draft).marks,
        "facts": draft.record.facts,
        "etag": etags.etag_for(draft, member),
        "prompt_hash": draft.prompt_hash if is_told else None,
        "parameters": draft.parameters if is_told else None,
        "input_tokens": draft.input_tokens if is_told else None,
        "output_tokens": draft.output_tokens if is_told else None,
        "latency_s": draft.latency_s if is_told else None,
        "mean_log_prob": draft.mean_log_prob if is_told else None,
        "round": draft.round if is_told else None,
        # What was written wrong on purpose is told once the draft is judged, and not before.
        "labelled_defects": draft.labelled_defects if draft.state == DraftState.DECIDED else None,
        "mails": MailFiguresOut(sent_mails.of_each(member, [draft]).get(draft.pk, []), many=True).data,
    }


def summaries_json(drafts: Sequence[Draft], member: Member) -> list[dict[str, Any]]:
    """Drafts in a list, as this member may see them."""
    visible = visible_to(member, drafts)
    orders = _orders_of([draft for draft in drafts if draft.pk in visible])
    return [summary_json(draft, is_told=draft.pk in visible, order=orders.get(draft.pk)) for draft in drafts]


def _orders_of(drafts: Iterable[Draft]) -> Mapping[UUID, UUID]:
    jobs = {draft.pk: draft.job_id for draft in drafts if draft.job_id}
    orders = ports.orders_of(set(jobs.values()))
    return {draft_id: orders[job_id] for draft_id, job_id in jobs.items() if job_id in orders}


def summary_json(draft: Draft, *, is_told: bool, order: UUID | None = None) -> dict[str, Any]:
    """A draft in a list; who wrote it is null for whom it is kept from, see `authorship`."""
    return {
        "id": str(draft.pk),
        "task": draft.task.slug,
        "task_version": draft.task_version.number,
        "record": {"id": str(draft.record_id), "title": draft.record.title},
        "source": draft.record.source.slug,
        "split": draft.record.split,
        "state": draft.state,
        "verdict": _shown_verdict(draft),
        "marks_count": draft.marks_count,
        "order": str(order) if order and is_told else None,
        "origin": draft.origin if is_told else None,
        "provenance": draft.provenance if is_told else None,
        "teacher": draft.teacher if is_told else None,
        "model": draft.model if is_told else None,
        "cost_usd": str(draft.cost_usd) if is_told else None,
        "created_at": draft.created_at.isoformat(),
    }


def decisions_on(member: Member, draft: Draft) -> QuerySet[Decision]:
    """Return the decisions on a draft, the latest first; reviewers get only their own, to judge unbiased."""
    decisions = (
        Decision.objects.filter(draft=draft)  # type: ignore[no-redef]
        .select_related("reviewer", "draft__task_version", "draft__task")
        .annotate(ruled=last_ruling_kind())
        .order_by("-created_at")
    )
    if role_of(member, draft.task) == Role.REVIEWER:
        return decisions.filter(reviewer=member)
    return decisions


def last_ruling_kind() -> Subquery:
    """For a question about decisions: what a lead said of each last, adopt, leave or settle; else null."""
    words = Ruling.objects.filter(decision=OuterRef("pk")).order_by("-created_at", "-id")
    return Subquery(words.values("kind")[:1])


def in_use(path: str = "") -> Q:
    """A condition on drafts: neither erased nor revoked. `path` leads to the draft, such as `draft__`."""
    draft = f"{path}pk" if path else "pk"
    is_revoked = Exists(Revocation.objects.filter(draft=OuterRef(draft)))
    return Q(~is_revoked, **{f"{path}erased_at__isnull": True, f"{path}record__erased_at__isnull": True})


def is_in_use(draft: Draft) -> bool:
    """Return whether a draft is neither erased nor revoked."""
    return Draft.objects.filter(in_use(), pk=draft.pk).exists()


def is_empty(task: Task) -> bool:
    """Return whether no draft of the task ever came to the desk."""
    return not Draft.objects.filter(ON_DESK, task=task).exists()


def list_row(draft: Draft, *, may_review: bool, is_told: bool) -> dict[str, Any]:
    """A draft as a row of the list; what waits opens on the desk, what is judged opens to be read.

    Who wrote it and for how much is empty unless the member may know, see `authorship`.
    """
    waits = draft.state == DraftState.PENDING and may_review
    address = f"/tasks/{draft.task.slug}/review/"
    verdict = _shown_verdict(draft)
    return {
        "title": draft.record.title,
        "href": f"{address}?card={draft.pk}" if waits else f"{address}drafts/{draft.pk}/",
        "state": DraftState(draft.state).label,
        "state_look": STATE_LOOKS[DraftState(draft.state)],
        "verdict": Verdict(verdict).label if verdict else "",
        "verdict_look": VERDICT_LOOKS.get(verdict or "", "is-idle"),
        "marks": draft.marks_count or "",
        "split": Split(draft.record.split).label,
        "is_told": is_told,
        "writer": (draft.model or draft.teacher or draft.provenance or draft.origin) if is_told else "",
        "cost": f"{draft.cost_usd:.4f}" if draft.cost_usd and is_told else "",
        "created_at": draft.created_at,
    }


def _shown_verdict(draft: Draft) -> str | None:
    """The verdict that counts, but not while a second opinion is sought: it is to be one."""
    return None if draft.state in OPEN else getattr(draft, "gold_verdict", None)
