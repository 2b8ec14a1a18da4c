"""Pages of comments: writing one on a draft, taking it away, a card's history, and the member's mentions."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from members.session import member_of
from review.desk.comments import queries as comments_queries
from review.desk.comments import writing
from review.desk.decisions import queries as decisions_queries
from review.drafts import queries
from review.tasks.permissions import task_or_404
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.htmx import is_htmx
from web.language.sentences import in_language

SHOWN = 100


@require_POST
def write(request: HttpRequest, slug: str, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    draft = queries.draft_or_404(member, draft_id, task=task_or_404(member, slug))
    gone = uuid_or_none(request.POST.get("remove", ""))
    try:
        if gone is not None:
            writing.remove(gone, by=member)
            messages.success(request, "The comment is gone.")
        else:
            id = uuid_or_none(request.POST.get("id", "")) or uuid4()
            writing.add(draft.pk, by=member, id=id, text=request.POST.get("text", ""))
    except Refusal as refusal:
        messages.error(request, f"{in_language(refusal.message)} {in_language(refusal.hint)}".strip())
    return redirect(f"/tasks/{slug}/review/drafts/{draft_id}/#comments")


@require_safe
def history(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    draft = queries.draft_or_404(member, draft_id)
    if not is_htmx(request):
        return redirect("review:draft", draft.task.slug, draft.pk)
    decisions = queries.decisions_on(member, draft)[:SHOWN]
    context = {"draft": draft, "said": [decisions_queries.decision_on_draft(decision) for decision in decisions]}
    return render(request, "review/desk/_history.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def mentions(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    if request.method == "POST":
        comment_id = uuid_or_none(request.POST.get("comment", ""))
        writing.read_mentions(member, comments=None if comment_id is None else [comment_id])
        return redirect("review:mentions")
    rows = list(comments_queries.mentions(member).order_by("-comment__created_at", "-id")[:SHOWN])
    context = {
        "section": "home",
        "lines": [{"mention": mention, **comments_queries.comment_row(mention.comment, member)} for mention in rows],
        "unread": sum(mention.read_at is None for mention in rows),
    }
    return render(request, "review/comments/mentions.html", context)
