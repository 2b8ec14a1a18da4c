"""The page of students: which there are, and for admins a form to register others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from members.session import member_of
from review.tasks.permissions import tasks_for
from training.states import StudentSource
from training.students import downloading, registration, servable
from training.students import queries as selectors
from training.students.catalogue import FORECAST_ROWS, KNOWN_STUDENTS
from training.students.published import PUBLISHED_STUDENTS
from web.errors import Refusal
from web.http.form_errors import submit

if TYPE_CHECKING:
    from members.models import Member
    from training.models import Student


class StudentForm(forms.Form):
    """A base model to register: a folder, or a hub id with its commit."""

    source = forms.ChoiceField(
        label="Where from",
        choices=[(s.value, s.label) for s in (StudentSource.FOLDER, StudentSource.HUB)],
        initial=StudentSource.FOLDER,
    )
    path = forms.CharField(label="Folder", required=False, max_length=500)
    hub_id = forms.CharField(
        label="Hub id", required=False, max_length=200, help_text="Owner and name, such as Qwen/Qwen3-0.6B."
    )
    revision = forms.CharField(
        label="Commit",
        required=False,
        max_length=64,
        help_text="40 hex digits, from the model's page under Files and versions, History.",
    )
    name = forms.CharField(
        label="Name", required=False, max_length=120, help_text="Empty: the folder's or the model's own."
    )
    licence = forms.CharField(label="Licence", required=False, max_length=120, help_text="As its model card names it.")
    thinks = forms.BooleanField(
        label="Let it think before it answers",
        required=False,
        help_text="For students that can, such as Qwen3. Thinking is never shown; off, it costs no tokens.",
    )


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest) -> HttpResponse:
    form, status = StudentForm(request.POST or None), 200
    if request.method == "POST":
        made, status = submit(form, lambda values: _register(values, member_of(request)))
        if made:
            messages.success(request, f"{made.name} is registered as '{made.slug}'.")
            return redirect("training:students")
    context = {
        "section": "training",
        "form": form,
        "students": [(student, servable.kind_name(student.model_type)) for student in selectors.all_students()],
        "known": KNOWN_STUDENTS,
        "published": PUBLISHED_STUDENTS,
        "forecast_for": FORECAST_ROWS,
        **download_context(member_of(request)),
    }
    return render(request, "training/students.html", context, status=status)


@require_POST
def download(request: HttpRequest) -> HttpResponse:
    member = member_of(request)
    try:
        downloading.order(hub_id=request.POST.get("hub_id", ""), by=member)
    except Refusal as refusal:
        messages.error(request, f"{refusal.message} {refusal.hint}")
    task = tasks_for(member).filter(slug=request.POST.get("task", "")).first()
    return redirect("training:list", task.slug) if task else redirect("training:students")


def download_context(member: Member) -> dict[str, Any]:
    """Return what a page shows of downloads.

    Those under way, the last one where it failed, and the ways without a network.
    """
    under_way, failed = downloading.recent()
    return {
        "may_register": member.is_admin,
        "downloads": under_way,
        "failed_download": failed,
        "roots": settings.STUDENT_ROOTS,
    }


def _register(data: dict[str, Any], by: Member) -> Student:
    common = {"by": by, "name": data["name"], "licence": data["licence"], "thinks": data["thinks"]}
    if data["source"] == StudentSource.HUB:
        return registration.register_hub(hub_id=data["hub_id"], revision=data["revision"], **common)
    return registration.register_folder(path=data["path"], **common)
