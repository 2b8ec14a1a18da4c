"""Pages of tasks: the list, a new one, one version, the difference of two."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.views.decorators.http import require_http_methods, require_safe

from members.session import member_of
from review.forms.spec_form import drawn
from review.forms.tasks import NewTaskForm
from review.permissions import may, may_create, require_may_create, task_or_404
from review.selectors import reconsidering, team
from review.selectors import tasks as selectors
from review.selectors.examples import example
from review.services import tasks
from review.spec_diff import changes
from review.starters import STARTERS
from review.states import Role
from web.errors import Refusal
from web.forms import show_refusal


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {
        "section": "task",
        "tasks": selectors.with_counts(member_of(request)),
        "may_create": may_create(member_of(request)),
    }
    return render(request, "review/tasks/index.html", context)


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    require_may_create(member_of(request))
    form = NewTaskForm(request.POST or None, initial=_initial(request.GET.get("from", "")))
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data
        try:
            task = tasks.create(
                name=chosen["name"],
                slug=chosen["slug"] or slugify(chosen["name"])[: tasks.SLUG_CHARS].strip("-"),
                spec=STARTERS[chosen["starter"]].spec,
                by=member_of(request),
                note=f"From the starter “{STARTERS[chosen['starter']].name}”",
            )
        except Refusal as refusal:
            show_refusal(form, refusal)
        else:
            messages.success(request, f"{task.name} is made. Read it through and change what does not fit.")
            return redirect("review:edit", task.slug)
    context = {"section": "task", "form": form, "starters": STARTERS.values(), "chosen": form["starter"].value()}
    return render(request, "review/tasks/new.html", context, status=400 if form.errors else 200)


@require_safe
def detail(request: HttpRequest, slug: str, number: int | None = None) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    latest = selectors.latest_version(task)
    version = latest if number is None else selectors.version_or_404(task, number)
    context: dict[str, Any] = {
        "task": task,
        "section": "task",
        "version": version,
        "is_latest": version.number == latest.number,
        "latest": latest,
        "spec": version.spec,
        "sections": drawn(version.body, {}),
        "example": example(version.spec, task),
        "history": selectors.history(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
        "about": reconsidering.question(task) if may(member_of(request), task, Role.LEAD) else None,
        "panel": team.panel(member_of(request), task) if version.number == latest.number else None,
    }
    return render(request, "review/tasks/detail.html", context)


@require_safe
def diff(request: HttpRequest, slug: str, a: int, b: int) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    old, new_version = selectors.version_or_404(task, a), selectors.version_or_404(task, b)
    context = {
        "task": task,
        "section": "task",
        "old": old,
        "new": new_version,
        "changes": changes(old.spec, new_version.spec),
        "history": selectors.history(task),
    }
    return render(request, "review/tasks/diff.html", context)


def _initial(starter: str) -> dict[str, str]:
    found = STARTERS.get(starter) or next(iter(STARTERS.values()))
    return {"starter": found.slug, "name": found.name}
