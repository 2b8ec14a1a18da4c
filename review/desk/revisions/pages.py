"""The form on which an expert has a draft written again; a part for the desk's dialog, a page without scripts."""

from __future__ import annotations

from uuid import UUID, uuid4

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review.desk.revisions import queries as revisions_queries
from review.desk.revisions import revision_requests
from review.drafts import queries
from review.states import Role
from web.db.keys import uuid_or_none
from web.errors import Refusal
from web.http.htmx import is_htmx
from web.language.sentences import in_language


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    member = member_of(request)
    draft = queries.draft_or_404(member, draft_id, least=Role.REVIEWER)
    refusal = None
    if request.method == "POST":
        try:
            id = uuid_or_none(request.POST.get("id", "")) or uuid4()
            words, writer = request.POST.get("instruction", ""), request.POST.get("teacher", "")
            revision_requests.request_revision(draft.pk, by=member, id=id, instruction=words, writer=writer)
        except Refusal as error:
            refusal = error
        else:
            messages.success(
                request, _("Revision requested. It will come to your desk; until then the draft is set aside.")
            )
            return redirect("review:focus", draft.task.slug)
    context = {
        "task": draft.task,
        "section": "review",
        "draft": draft,
        "offer": revision_requests.preview(draft, by=member),
        "refusal": refusal,
        "request_id": uuid4(),
        "words": request.POST.get("instruction", ""),
    }
    template = "review/choose/_ask.html" if is_htmx(request) else "review/choose/ask.html"
    return render(request, template, context, status=refusal.status if refusal else 200)


@require_POST
def restore(request: HttpRequest, request_id: UUID) -> HttpResponse:
    member = member_of(request)
    slug = revisions_queries.request_or_404(member, request_id).draft.task.slug
    try:
        draft = revision_requests.restore(request_id, by=member)
    except Refusal as refusal:
        messages.error(request, f"{in_language(refusal.message)} {in_language(refusal.hint)}")
        return redirect("review:focus", slug)
    messages.success(request, _("The first draft is back on your desk."))
    return redirect(f"/tasks/{slug}/review/?card={draft.pk}")
