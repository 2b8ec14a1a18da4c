"""Pages of sweeps: those of a task, a new one with what it takes, one of them live, its cells as a file."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from members.session import member_of
from review.datasets import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.miniatures import queries as miniatures_queries
from training.notices import followers
from training.runs import starting_point
from training.students import queries as student_selectors
from training.sweeps import launch_sweep, plan, presentation
from training.sweeps import queries as selectors
from training.sweeps.forms import SweepForm
from web.errors import Refusal
from web.http.pagination import numbered_page


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = _form(request, task, request.POST if request.method == "POST" else None, request.GET), None
    if request.method == "POST" and form.is_valid():
        try:
            sweep = launch_sweep.launch(form.order(), by=member_of(request), **_chosen(request, task, form))
            return redirect("training:sweep", sweep.pk)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "training",
        "form": form,
        "refusal": refusal,
        "page": numbered_page(selectors.visible(member_of(request), task=task), request.GET.get("page")),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    status = refusal.status if refusal else 400 if form.errors else 200
    return render(request, "training/sweeps.html", context, status=status)


@require_GET
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    """What the sweep in the form would be and take; a refusal stands in its place."""
    task = task_or_404(member_of(request), slug)
    form, context = _form(request, task, request.GET, {}), dict[str, Any](task=task)
    if not form.is_valid():
        return render(request, "training/_sweep_estimate.html", {**context, "form": form})
    try:
        chosen = _chosen(request, task, form)
        context["laid"] = plan.plan_sweep(form.order(), version=chosen.pop("dataset_version"), **chosen)
    except Refusal as error:
        context["refusal"] = error
    return render(request, "training/_sweep_estimate.html", context)


@require_GET
def sweep(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    return render(request, "training/sweep.html", _context(request, sweep_id))


@require_GET
def progress(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """The part of a sweep's page that changes while it goes on."""
    return render(request, "training/_sweep_cells.html", _context(request, sweep_id))


@require_GET
def cells_csv(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    answer = HttpResponse("".join(presentation.csv_of(sweep_row)).encode(), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{sweep_row.task.slug}-sweep-{sweep_row.number}.csv"'
    return answer


@require_POST
def keep(request: HttpRequest, sweep_id: UUID) -> HttpResponse:
    """Bring one of its runs into the lists."""
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    position = request.POST.get("cell", "")
    try:
        run = launch_sweep.keep_run(
            sweep_row, position=int(position) if position.isdecimal() else 0, by=member_of(request)
        )
    except Refusal as refusal:
        context = {**_context(request, sweep_id), "refusal": refusal}
        return render(request, "training/sweep.html", context, status=refusal.status)
    messages.success(request, f"{run.name} and its miniature stand in the lists now.")
    return redirect("training:sweep", sweep_id)


def _context(request: HttpRequest, sweep_id: UUID) -> dict[str, Any]:
    sweep_row = selectors.sweep_or_404(member_of(request), sweep_id)
    return {
        "task": sweep_row.task,
        "section": "training",
        "sweep": sweep_row,
        "job": sweep_row.job,
        "may_lead": may(member_of(request), sweep_row.task, Role.LEAD),
        "watching": followers.following_context(member_of(request), sweep_row.job),
        "mails_go": settings.NOTICES_BY_MAIL,
        **presentation.page(sweep_row),
    }


def _form(request: HttpRequest, task: Any, data: Any, initial: Any) -> SweepForm:
    versions = queries.frozen_versions(task).select_related("dataset")
    students = student_selectors.all_students()
    # Something that can be launched as it stands, so that the estimate begins with figures and not with a refusal.
    begin = {"recipe": "demo", "max_hours": "" if initial.get("max_usd") else 1, **dict(initial.items())}
    begun = miniatures_queries.listed(member_of(request), task=task)
    return SweepForm(data, versions=versions, students=students, miniatures=begun, initial=begin)


def _chosen(request: HttpRequest, task: Any, form: SweepForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    names = {name: chosen[name] for name in ("starts_from", "teacher")}
    return {
        "dataset_version": queries.version_or_404(member_of(request), chosen["dataset_version"]),
        "student": student_selectors.by_slug(chosen["student"]),
        "device": chosen["device"],
        **starting_point.starting_point(member_of(request), task, **names),
    }
