"""Pages of studies: a task's list, the form with its cost, a study with its progress and verdict, its files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluation.studies import columns, launch_study, presentation, registration
from evaluation.studies import queries as selectors
from evaluation.studies.forms import StudyForm
from evaluation.studies.rules import rule_of
from evaluation.studies.task_names import StudyReader
from evaluation.suites import queries as suites
from evaluation.suites import slicing
from members.session import member_of
from review.datasets import queries
from review.states import Role
from review.tasks.permissions import may, task_or_404
from training.students import queries as student_selectors
from web.errors import Refusal
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


# Number of newest versions of other tasks that the form offers.
MOST_OTHERS = 50


@require_http_methods(["GET", "HEAD", "POST"])
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, refusal = (
        _form(member_of(request), task, request.POST if request.method == "POST" else None, request.GET),
        None,
    )
    if request.method == "POST" and form.is_valid():
        try:
            study = launch_study.launch(form.study_request(), by=member_of(request), **_chosen(request, form))
            return redirect("evaluation:study", study.pk)
        except Refusal as error:
            refusal = error
    page = numbered_page(selectors.visible(member_of(request), task=task), request.GET.get("page"))
    context = {
        "task": task,
        "section": "evaluation",
        "form": form,
        "refusal": refusal,
        "page": page,
        "listed": presentation.listed(page, StudyReader(member_of(request))),
        "may_lead": may(member_of(request), task, Role.LEAD),
    }
    return render(request, "evaluation/studies.html", context, status=refusal.status if refusal else 200)


@require_safe
def estimate(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    form, context = _form(member_of(request), task, request.GET, QueryDict()), dict[str, Any](task=task)
    if not form.is_valid():
        return render(request, "evaluation/_study_estimate.html", {**context, "form": form})
    try:
        laid = registration.plan_study(form.study_request(), **_chosen(request, form))
        context |= {"laid": laid, "rule": rule_of(laid.design), "reused": len(laid.reused)}
    except Refusal as error:
        context["refusal"] = error
    return render(request, "evaluation/_study_estimate.html", context)


@require_safe
def study(request: HttpRequest, study_id: UUID) -> HttpResponse:
    return render(request, "evaluation/study.html", _context(request, study_id))


@require_safe
def progress(request: HttpRequest, study_id: UUID) -> HttpResponse:
    return render(request, "evaluation/_study_cells.html", _context(request, study_id))


@require_safe
def cells_csv(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study_row = selectors.study_or_404(member_of(request), study_id)
    return _file(
        presentation.csv_of(study_row, StudyReader(member_of(request))),
        "text/csv; charset=utf-8",
        f"study-{study_row.pk}-cells.csv",
    )


@require_safe
def record_json(request: HttpRequest, study_id: UUID) -> HttpResponse:
    study_row = selectors.study_or_404(member_of(request), study_id)
    text = presentation.record_file(study_row, StudyReader(member_of(request)))
    answer = _file(text, "application/json", f"study-{study_row.pk}-record.json")
    answer["ETag"] = f'"{study_row.record_sha256}"'
    return answer


def _context(request: HttpRequest, study_id: UUID) -> dict[str, Any]:
    study_row = selectors.study_or_404(member_of(request), study_id)
    return {
        "task": study_row.task,
        "section": "evaluation",
        "study": study_row,
        "job": study_row.job,
        **presentation.page(study_row, StudyReader(member_of(request))),
    }


def _form(member: Member, task: Task, data: QueryDict | None, initial: QueryDict) -> StudyForm:
    students = student_selectors.all_students()
    versions = queries.frozen_versions(task).select_related("dataset")
    others = columns.choices(member, task=task)[:MOST_OTHERS]
    facts = slicing.fact_names(suites.newest_spec(task))
    return StudyForm(
        data, versions=versions, students=students, others=others, facts=facts, initial=dict(initial.items())
    )


def _chosen(request: HttpRequest, form: StudyForm) -> dict[str, Any]:
    chosen = form.cleaned_data
    return {
        "version": queries.version_or_404(member_of(request), chosen["dataset_version"]),
        "student": student_selectors.by_slug(chosen["student"]),
        "others": columns.chosen(member_of(request), chosen["others"]),
    }


def _file(text: str, kind: str, name: str) -> HttpResponse:
    answer = HttpResponse(text.encode(), content_type=kind)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
