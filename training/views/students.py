"""The page of students: which there are, and for admins a form to register others."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from training.forms import StudentForm
from training.known_students import KNOWN, ROWS
from training.selectors import students as selectors
from training.services import students
from training.states import StudentSource
from web.errors import Refusal
from web.forms import show_refusal


@require_http_methods(["GET", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    form, status = StudentForm(request.POST or None), 200
    if request.method == "POST" and form.is_valid():
        try:
            made = _register(form.cleaned_data, member_of(request))
        except Refusal as refusal:
            show_refusal(form, refusal)
            status = refusal.status
        else:
            messages.success(request, f"{made.name} is registered as '{made.slug}'.")
            return redirect("training:students")
    context = {
        "section": "training",
        "form": form,
        "students": selectors.all_students(),
        "may_register": member_of(request).is_admin,
        "known": KNOWN,
        "forecast_for": ROWS,
        "roots": settings.STUDENT_ROOTS,
    }
    return render(request, "training/students.html", context, status=status)


def _register(data: dict[str, Any], by: Any) -> Any:
    common = {"by": by, "name": data["name"], "licence": data["licence"], "thinks": data["thinks"]}
    if data["source"] == StudentSource.HUB:
        return students.register_hub(hub_id=data["hub_id"], revision=data["revision"], **common)
    return students.register_folder(path=data["path"], **common)
