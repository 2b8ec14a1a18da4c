"""The page of students: which there are, and for admins a form to register others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from training.states import StudentSource
from training.students import queries as selectors
from training.students import registration, servable
from training.students.catalogue import FORECAST_ROWS, KNOWN_STUDENTS
from training.students.forms import StudentForm
from web.errors import Refusal
from web.http.form_errors import add_refusal

if TYPE_CHECKING:
    from members.models import Member
    from training.models import Student


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    form, status = StudentForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            made = _register(form.cleaned_data, member_of(request))
        except Refusal as refusal:
            add_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, f"{made.name} is registered as '{made.slug}'.")
            return redirect("training:students")
    context = {
        "section": "training",
        "form": form,
        "students": [(student, servable.kind_name(student.model_type)) for student in selectors.all_students()],
        "may_register": member_of(request).is_admin,
        "known": KNOWN_STUDENTS,
        "forecast_for": FORECAST_ROWS,
        "roots": settings.STUDENT_ROOTS,
    }
    return render(request, "training/students.html", context, status=status)


def _register(data: dict[str, Any], by: Member) -> Student:
    common = {"by": by, "name": data["name"], "licence": data["licence"], "thinks": data["thinks"]}
    if data["source"] == StudentSource.HUB:
        return registration.register_hub(hub_id=data["hub_id"], revision=data["revision"], **common)
    return registration.register_folder(path=data["path"], **common)
