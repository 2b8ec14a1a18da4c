"""Pages of studies of verifiers over retrieval: the form with its price, and one study with its verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from evaluation.retrieval import queries, register
from evaluation.retrieval.forms import RetrievalForm
from generation.judges.launch import can_judge
from generation.teachers import queries as teachers
from members.session import member_of
from review.states import Role
from review.tasks.permissions import require, task_or_404
from web.errors import Refusal
from web.http.form_errors import add_refusal

if TYPE_CHECKING:
    from members.models import Member
    from review.models import Task


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, slug: str) -> HttpResponse:
    """A study to register; its price is shown before, where it is asked for."""
    member = member_of(request)
    task = task_or_404(member, slug)
    require(member, task, Role.LEAD)
    form = _form(member, task, request)
    context: dict[str, Any] = {"task": task, "section": "studies", "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            if request.POST.get("verb") != "price":
                study = register.launch(task, form.asked(), by=member)
                return redirect("evaluation:retrieval-study", study.pk)
            context["price_usd"] = register.price(task, form.asked(), by=member)
            form.begin_budget(context["price_usd"])
        except Refusal as refusal:
            add_refusal(form, refusal)
    context |= {"has_pages": queries.has_pages(task), "rule": register.RULE, "fewest": register.FEWEST_DOCUMENTS}
    return render(request, "evaluation/retrieval_new.html", context, status=422 if form.errors else 200)


@require_safe
def study(request: HttpRequest, retrieval_id: UUID) -> HttpResponse:
    member = member_of(request)
    found = queries.study_or_404(member, retrieval_id)
    context = {
        "task": found.task,
        "section": "studies",
        "study": found,
        "job": found.job,
        "record": found.record,
        "verdict": queries.verdict_of(found),
        "arms": queries.arms_of(found, member),
    }
    return render(request, "evaluation/retrieval.html", context)


@require_safe
def record_json(request: HttpRequest, retrieval_id: UUID) -> HttpResponse:
    """The registration as a file."""
    member = member_of(request)
    found = queries.study_or_404(member, retrieval_id)
    answer = HttpResponse(queries.record_file(found, member).encode(), content_type="application/json")
    answer["Content-Disposition"] = f'attachment; filename="study-{found.pk}-record.json"'
    return answer


def _form(member: Member, task: Task, request: HttpRequest) -> RetrievalForm:
    lines = teachers.lines_for(member, task)
    return RetrievalForm(
        request.POST if request.method == "POST" else None,
        miniatures=queries.miniatures_for(member),
        teachers=[line.teacher for line in lines if line.can_be_asked and can_judge(line.teacher)],
    )
