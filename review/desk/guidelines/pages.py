"""The guidelines of a task: the wording in force, its examples, and for a lead whether earlier decisions stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from members.models import Member
from members.session import member_of
from review.desk import lead_queue
from review.desk.guidelines import guideline_examples
from review.desk.guidelines import queries as guidelines_queries
from review.drafts import queries
from review.states import Role
from review.tasks import reconsideration
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.safe_redirect import safe_next_path
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from review.models import Reconsideration, Task

KINDS = reconsideration.KINDS


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    refusal = None
    if request.method == "POST":
        require(member, task, Role.LEAD)
        try:
            messages.success(request, _answer(request, member, task))
            return redirect("review:guidelines", slug)
        except Refusal as error:
            refusal = error
    is_lead = may(member, task, Role.LEAD)
    context: dict[str, Any] = {
        **lead_queue.tabs(member, task),
        "refusal": refusal,
        "may_lead": is_lead,
        "guidelines": guidelines_queries.current_guidelines(task),
    }
    if is_lead:
        context |= _for_lead(request, task, context["guidelines"])
    return render(request, "review/guidelines/page.html", context, status=refusal.status if refusal else 200)


@require_POST
def show(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    draft = queries.draft_or_404(member, draft_id)
    try:
        if request.POST.get("do") == "hide":
            version = guideline_examples.hide(task, draft.pk, by=member)
            message = "It is no longer an example"
        else:
            version = guideline_examples.show(draft.pk, by=member, note=request.POST.get("note", ""))
            message = "It is shown beside every card as an example"
        messages.success(request, f"{message}: version {version.number}. Under Guidelines you can take that back.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect(safe_next_path(request.POST.get("next", ""), otherwise=reverse("review:guidelines", args=[slug])))


def _answer(request: HttpRequest, member: Member, task: Task) -> str:
    post = request.POST
    kept = guideline_examples.answer(
        task,
        by=member,
        version=whole_number(post.get("version", ""), otherwise=0),
        kind=post.get("kind", guideline_examples.STAND),
        reasons=post.getlist("reason"),
    )
    if kept.kind == guideline_examples.STAND:
        return f"The {kept.earlier:,} earlier decisions remain in force."
    drafts = "1 draft waits" if kept.asked_again == 1 else f"{kept.asked_again:,} drafts wait"
    return f"{drafts} in the queue for reviewers who have not judged them."


def _for_lead(request: HttpRequest, task: Task, now: guidelines_queries.Guidelines) -> dict[str, Any]:
    about = reconsideration.open_question(task)
    shown = {example.draft for example in now.examples}
    return {
        "about": about,
        "preview": _preview(request, about) if about else None,
        "kinds": list(KINDS.items()),
        "answers": [_answer_line(each) for each in reconsideration.answers(task)],
        "suggested": [each for each in guidelines_queries.suggested_examples(task) if each.draft not in shown],
    }


def _preview(request: HttpRequest, about: reconsideration.ReconsiderationQuestion) -> dict[str, Any] | None:
    kind, reasons = request.GET.get("kind", ""), request.GET.getlist("reason")
    if kind not in KINDS:
        return None
    count = sum(1 for _ in reconsideration.drafts_to_ask_again(about, kind=kind, reasons=reasons))
    return {
        "kind": kind,
        "reasons": reasons,
        "count": count,
        "words": KINDS[kind],
        "looked_at": reconsideration.LOOK_AT,
        "is_cut": about.earlier > reconsideration.LOOK_AT,
    }


def _answer_line(kept: Reconsideration) -> dict[str, Any]:
    words = "They still hold" if kept.kind == guideline_examples.STAND else KINDS.get(kept.kind, kept.kind)
    return {"kept": kept, "words": words}
