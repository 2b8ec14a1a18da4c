"""Pages of teachers: the list with prices and keys, add, edit, and how a real one is connected."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from generation.forms import TeacherForm, initial_of
from generation.selectors import teachers as selectors
from generation.services import teachers
from members.reauthentication import require_recent
from members.session import member_of
from web.errors import Refusal
from web.forms import show_refusal


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    context = {"section": "generation", "lines": selectors.lines(member_of(request))}
    return render(request, "generation/teachers.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str = "") -> HttpResponse:
    """Add a teacher, or change the one of this slug."""
    teachers.require_admin(member_of(request))
    # Asked before anything is typed: now and then it is the key itself, and that waits in no session.
    require_recent(request, keep=False)
    teacher = selectors.teacher_or_404(member_of(request), slug) if slug else None
    initial = initial_of(teacher) if teacher else {"provider": request.GET.get("provider", "openai")}
    form = TeacherForm(request.POST or None, initial=initial, is_new=teacher is None)
    if request.method == "POST" and form.is_valid():
        try:
            if teacher is None:
                saved = teachers.create(form.new_teacher(), by=member_of(request))
            else:
                saved = teachers.change(teacher, form.new_teacher(teacher.slug), by=member_of(request))
        except Refusal as refusal:
            show_refusal(form, refusal)
            if "secret_ref" in form.errors:
                form.forget_secret()
        else:
            messages.success(request, f"{saved.name} is saved.")
            return redirect("generation:teachers")
    context = {"section": "generation", "form": form, "teacher": teacher}
    return render(request, "generation/teacher.html", context, status=400 if form.errors else 200)
