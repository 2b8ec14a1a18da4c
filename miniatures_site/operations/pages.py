"""The admin's page of operations. Thin: readings answer, `retry` acts."""

from __future__ import annotations

from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from audit.browse.queries import require_admin
from members.session import member_of
from miniatures_site.operations import readings, retry
from miniatures_site.operations.troubles import troubles
from web.errors import Refusal


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    require_admin(request.user)
    reading = readings.read()
    context = {"section": "settings", "tab": "operations", "reading": reading, "troubles": troubles(reading)}
    return render(request, "operations/index.html", {**context, "warning": retry.WARNING})


@require_POST
def retry_job(request: HttpRequest, job_id: UUID) -> HttpResponse:
    require_admin(request.user)
    try:
        job = retry.retry(job_id, by=member_of(request), is_sure="is_sure" in request.POST)
        messages.success(request, f"'{job.title}' is queued again.")
    except Refusal as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
    return redirect("operations:index")


@require_POST
def retry_kind(request: HttpRequest) -> HttpResponse:
    require_admin(request.user)
    try:
        number = retry.retry_kind(request.POST.get("kind", ""), by=member_of(request))
        messages.success(request, f"{number} {'job is' if number == 1 else 'jobs are'} queued again.")
    except Refusal as refusal:
        messages.warning(request, f"{refusal.message} {refusal.hint}")
    return redirect("operations:index")
