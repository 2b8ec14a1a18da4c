"""Pages of teachers: the list with prices and keys, add, edit, and how a real one is connected."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from generation.money import prices
from generation.money.prices import require_admin
from generation.teachers import edit as teachers_edit
from generation.teachers import presets as teacher_presets
from generation.teachers import queries as selectors
from generation.teachers.forms import TeacherForm, teacher_initial
from generation.teachers.offered_models import models_of
from members.recent_login.reauthentication import require_recent
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require, tasks_for
from web.errors import Refusal
from web.http.form_errors import submit
from web.whole_numbers import whole_number

if TYPE_CHECKING:
    from generation.models import Teacher
    from generation.teachers.presets import Preset
    from review.models import Task


@require_safe
def teacher_list(request: HttpRequest) -> HttpResponse:
    lines = selectors.lines(member_of(request))
    context = {
        "section": "generation",
        "lines": lines,
        "teachers_listed": [line.teacher for line in lines],
        "presets": _presets(request),
        "is_local_open": settings.SERVES_THIS_MACHINE_ALONE,
        "for_task": _task_waiting(request),
    }
    return render(request, "generation/teachers.html", context)


@sensitive_post_parameters("key", "secret_ref")
@require_http_methods(["GET", "HEAD", "POST"])
def edit_teacher(request: HttpRequest, slug: str = "") -> HttpResponse:
    require_admin(member_of(request))
    # Asked before anything is typed: the key is typed here, and that waits in no session.
    require_recent(request, keep=False)
    teacher = selectors.teacher_or_404(member_of(request), slug) if slug else None
    presets = _presets(request)
    preset = None if teacher else teacher_presets.preset_of(request.GET.get("provider", ""), presets)
    initial = teacher_initial(teacher) if teacher else preset.initial if preset else {}
    form = TeacherForm(request.POST or None, initial=initial, is_new=teacher is None)
    if preset:
        form.fields["model"].help_text = preset.model_help
    if request.method == "POST":
        write = partial(teachers_edit.change, teacher) if teacher else teachers_edit.create
        saved, _ = submit(
            form, lambda _: write(form.new_teacher(teacher.slug if teacher else ""), by=member_of(request))
        )
        if "secret_ref" in form.errors:
            form.forget_secret()
        if saved:
            messages.success(request, f"{saved.name} is saved.")
            if task := _task_waiting(request):
                query = urlencode({"teacher": saved.slug})
                return redirect(f"{reverse('generation:list', args=[task.slug])}?{query}")
            return redirect("generation:teachers")
    context = {
        "section": "generation",
        "form": form,
        "teacher": teacher,
        "line": selectors.line_of(teacher, None) if teacher else None,
        "presets": presets,
        "preset": preset,
        "is_local_open": settings.SERVES_THIS_MACHINE_ALONE,
        "for_task": _task_waiting(request),
    }
    return render(request, "generation/teacher.html", context, status=400 if form.errors else 200)


def _presets(request: HttpRequest) -> list[Preset]:
    # The port of the socket, whatever name and port a proxy shows to others.
    return teacher_presets.offered(whole_number(str(request.META["SERVER_PORT"]), otherwise=0))


def _task_waiting(request: HttpRequest) -> Task | None:
    """Task whose order sent its lead here for a teacher, and to which the new one leads back."""
    return tasks_for(member_of(request)).filter(slug=request.GET.get("task", "")).first()


@sensitive_post_parameters("key", "secret_ref")
@require_POST
def offered_models(request: HttpRequest) -> HttpResponse:
    """Names of the models that the provider offers, or the reason why there are none; a part of the form's page."""
    member = member_of(request)
    require_admin(member)
    sent, context = request.POST, dict[str, object]()
    teacher = selectors.visible(member).filter(slug=sent.get("teacher", "")).first()
    try:
        offered = models_of(
            sent.get("provider", ""),
            sent.get("base_url", ""),
            key=sent.get("key", ""),
            secret_ref=sent.get("secret_ref", ""),
            teacher_id=teacher.pk if teacher else None,
        )
        prices.keep_shutdown_dates(sent.get("provider", ""), offered.shutdown_dates, by=member)
        context |= {"models": offered.names, "shutdowns": offered.shutdown_dates}
    except Refusal as refusal:
        context["refusal"] = refusal
    return render(request, "generation/_models.html", context)


def teacher_price_part(
    request: HttpRequest, template: str, task: Task, quoted: Callable[[Teacher], dict[str, Any]]
) -> HttpResponse:
    """Price of asking the chosen teacher, or the reason why it cannot be asked; a part of a form's page."""
    member = member_of(request)
    require(member, task, Role.LEAD)
    context: dict[str, Any] = {"task": task}
    try:
        if chosen := (request.POST or request.GET).get("teacher", ""):
            context |= quoted(selectors.teacher_or_404(member, chosen))
    except Refusal as refusal:
        context["no_quote"] = refusal
    return render(request, template, context)


@require_POST
def remove_key(request: HttpRequest, slug: str) -> HttpResponse:
    require_admin(member_of(request))
    require_recent(request)
    teacher = selectors.teacher_or_404(member_of(request), slug)
    had_key = teachers_edit.remove_key(teacher, by=member_of(request))
    messages.success(
        request, f"The key of {teacher.name} is removed." if had_key else f"No key of {teacher.name} is stored."
    )
    return redirect("generation:teachers")
