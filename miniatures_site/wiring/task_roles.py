"""Roles of members in tasks: the one place where members and tasks meet in a page."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.accounts import queries as members
from members.models import Member
from members.ports import Roles
from members.session import member_of
from miniatures_site.wiring import leaving
from review.models import Membership
from review.states import Role
from review.tasks import permissions, team
from review.tasks.permissions import RANK, may_create, task_or_404, tasks_for
from web.errors import Refusal


class TaskTeams:
    def roles_of(self, member: Member) -> Roles:
        rows = Membership.objects.filter(member=member, task__archived_at__isnull=True).order_by("task__name")
        return [{"task": slug, "role": role} for slug, role in rows.values_list("task__slug", "role")]

    def led_by(self, member: Member) -> dict[str, str]:
        return dict(permissions.led_by(member))

    def leads_any(self, member: Member) -> bool:
        return may_create(member)

    def roles(self) -> dict[str, str]:
        return {role.value: str(role.label) for role in sorted(Role, key=lambda role: RANK[role.value])}

    def give(self, member: Member, *, task: str, role: str, by: Member) -> None:
        team.give_role(member, task_or_404(by, task), role=role, by=by)


@require_http_methods(["GET", "HEAD", "POST"])
def member_page(request: HttpRequest, member_id: uuid.UUID) -> HttpResponse:
    admin = member_of(request)
    member = members.member_or_404(admin, member_id)
    if request.POST.get("do") == "hand_over":
        return _hand_over(request, member)
    if request.method == "POST":
        task = task_or_404(admin, request.POST.get("task", ""))
        try:
            team.give_role(member, task, role=request.POST.get("role", ""), by=admin)
            messages.success(request, f"{member.name}: the role in {task.name} is saved.")
        except Refusal as refusal:
            messages.error(request, f"{refusal.message} {refusal.hint}".strip())
        return redirect("team_member", member_id=member.pk)
    roles = {row["task"]: row["role"] for row in TaskTeams().roles_of(member)}
    tasks = [{"slug": task.slug, "name": task.name, "role": roles.get(task.slug, "")} for task in tasks_for(admin)]
    context = {"section": "settings", "tab": "members", "person": member, "tasks": tasks, "roles": Role.choices}
    context["leaving"] = leaving.read(member) if member.is_active else None
    context["has_second_factor"] = members.has_second_factor(member)
    return render(request, "settings/member.html", context)


def _hand_over(request: HttpRequest, member: Member) -> HttpResponse:
    try:
        taker = leaving.hand_over(member, to=request.POST.get("to", ""), by=member_of(request))
        messages.success(request, f"{taker.name} has taken over from {member.name}.")
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}".strip())
    return redirect("team_member", member_id=member.pk)
