"""Pages of studies of drift: those of a task, registering one with what it can show, one with its series and its verdict."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from campaigns.drift import queries, register
from campaigns.drift.forms import DriftForm
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.errors import Refusal
from web.http.form_errors import add_refusal

PER_PAGE = 25


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    page = Paginator(queries.visible(member, task=task), PER_PAGE).get_page(request.GET.get("page"))
    rows = [(study, queries.last_look(study)) for study in page]
    context = {
        "task": task,
        "section": "experiments",
        "page": page,
        "rows": rows,
        "may_lead": may(member, task, Role.LEAD),
    }
    return render(request, "campaigns/drift/index.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A study to register; what it can show is told before, where it is asked for."""
    member = member_of(request)
    task = task_or_404(member, slug)
    require(member, task, Role.LEAD)
    form, told = DriftForm(request.POST if request.method == "POST" else None), None
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("verb") != "outlook":
                made = register.register(task, form.asked(), by=member)
                messages.success(request, "Registered. It cannot be changed any more.")
                return redirect("campaigns:drift-study", made.pk)
            told = register.what_it_can_show(task, form.asked())
        except Refusal as refusal:
            add_refusal(form, refusal)
    context: dict[str, Any] = {
        "task": task,
        "section": "experiments",
        "form": form,
        "told": told,
        "rule": register.RULE,
    }
    return render(request, "campaigns/drift/new.html", context, status=422 if form.errors else 200)


@require_safe
def study(request: HttpRequest, drift_id: UUID) -> HttpResponse:
    member = member_of(request)
    found = queries.study_or_404(member, drift_id)
    look = queries.last_look(found)
    context = {
        "task": found.task,
        "section": "experiments",
        "study": found,
        "record": found.record,
        "look": look,
        "looks": list(found.looks.all()),
        "chart": queries.chart(look) if look else None,
        "due": queries.look_due(found),
        "next_look_on": queries.next_look_on(found),
        "may_lead": may(member, found.task, Role.LEAD),
    }
    return render(request, "campaigns/drift/study.html", context)


@require_POST
def look(request: HttpRequest, drift_id: UUID) -> HttpResponse:
    """Take the look that is due, and keep it."""
    member = member_of(request)
    found = queries.study_or_404(member, drift_id)
    try:
        made = register.record_look(found, by=member)
        messages.success(request, f"The look after {made.covered} {found.record['noun']}s is recorded.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    return redirect("campaigns:drift-study", found.pk)


@require_safe
def record_json(request: HttpRequest, drift_id: UUID) -> HttpResponse:
    """The registration as a file, byte for byte as it was hashed."""
    found = queries.study_or_404(member_of(request), drift_id)
    answer = HttpResponse(found.record_text.encode(), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="drift-{found.pk}-record.json"'
    return answer
