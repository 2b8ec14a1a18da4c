"""Choose who answers for a task while nothing serves."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.states import Role
from review.tasks.permissions import task_or_404
from serving.fallback import setting
from serving.routing import pairs
from web.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def fallback(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    errors: dict[str, list[str]] = {}
    if request.method == "POST":
        try:
            setting.choose(task, teacher=request.POST.get("teacher", ""), by=member)
            messages.success(request, "Saved.")
            return redirect("training:miniatures", slug=slug)
        except Refusal as refusal:
            errors = {"teacher": [f"{refusal.message} {refusal.hint}".strip()]}
    context = {
        "task": task,
        "section": "serving",
        "fallback": setting.of_task(task),
        "teachers": pairs.teachers_of(task),
        "errors": errors,
    }
    return render(request, "serving/fallback.html", context, status=422 if errors else 200)
