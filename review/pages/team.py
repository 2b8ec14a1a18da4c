"""The form on a task's page with which its lead says who belongs to it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST

from members.session import member_of
from review.permissions import may, task_or_404
from review.services import team
from review.states import Role
from web.errors import Refusal


@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    lead = member_of(request)
    task = task_or_404(lead, slug)
    role = request.POST.get("role", "")
    try:
        member = team.member_named(request.POST.get("member", ""), task=task, by=lead)
        team.give_role(member, task, role=role, by=lead)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    else:
        said = f"is now {Role(role).label.lower()}" if role else "is no longer in the team"
        messages.success(request, f"{member.name} {said}.")
    # A lead who gave up the role may not see the task any more.
    return redirect("review:task", slug) if may(lead, task, Role.VIEWER) else redirect("review:tasks")
