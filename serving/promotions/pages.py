"""Parts of the registry and of a miniature's page: how serving stands, promote, take back, start, stop."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from serving.promotions import panels, promotion
from serving.runtime import switch
from serving.states import LONGEST_REASON
from training.miniatures import queries
from web.errors import Refusal
from web.http.htmx import is_htmx, page_address
from web.http.safe_redirect import safe_next_path

if TYPE_CHECKING:
    from training.models import Miniature


@require_safe
def task_panel(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    return _part(request, "task", panels.of_task(member_of(request), task))


@require_safe
def miniature_panel(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    return _part(request, "miniature", panels.of_miniature(member_of(request), miniature))


@require_POST
def promote(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    reason = request.POST.get("override_reason", "")
    try:
        promotion.promote(miniature, by=member_of(request), override_reason=reason)
    except Refusal as refusal:
        if "override_reason" not in refusal.errors:
            raise
        return _over_the_gate(request, miniature, refusal, reason)
    messages.success(request, f"{miniature.name} is promoted: programs call it as '{miniature.slug}'.")
    return _back(request, miniature.task.slug)


def _over_the_gate(request: HttpRequest, miniature: Miniature, refusal: Refusal, reason: str) -> HttpResponse:
    context = {
        "miniature": miniature,
        "task": miniature.task,
        "section": "serving",
        "refusal": refusal,
        "reasons": refusal.errors.get("gate", [f"{refusal.message} {refusal.hint}"]),
        "reason": reason,
        "longest": LONGEST_REASON,
        "next": request.POST.get("next", ""),
    }
    return render(request, "serving/gate.html", context, status=refusal.status)


@require_POST
def demote(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    if promotion.demote(miniature, by=member_of(request)):
        messages.success(request, f"{miniature.name} is demoted; it is no longer served.")
    return _back(request, miniature.task.slug)


@require_POST
def start(request: HttpRequest, slug: str) -> HttpResponse:
    task_or_404(member_of(request), slug, least=Role.LEAD)
    switch.start_serving(by=member_of(request))
    return _back(request, slug)


@require_POST
def stop(request: HttpRequest, slug: str) -> HttpResponse:
    task_or_404(member_of(request), slug)
    switch.stop_serving(by=member_of(request))
    messages.success(request, "Serving is stopped, for all tasks.")
    return _back(request, slug)


def _part(request: HttpRequest, name: str, context: dict[str, Any]) -> HttpResponse:
    """Render the part alone for a page that loads it, else a page of its own."""
    template = f"serving/_{name}.html" if is_htmx(request) else f"serving/{name}.html"
    return render(request, template, {**context, "section": "serving", "next": page_address(request)})


def _back(request: HttpRequest, slug: str) -> HttpResponse:
    return redirect(safe_next_path(request.POST.get("next", ""), otherwise=reverse("training:miniatures", args=[slug])))
