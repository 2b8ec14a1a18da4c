"""Pages of miniatures: the registry, one with its lineage, and writing with it on the spot."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from members.session import member_of
from review.sources.judge_records.queries import is_withheld
from review.states import Role
from review.tasks.permissions import may, may_ask, task_or_404
from training.miniatures import cost, lineage, writing, written_text, zip_stream
from training.miniatures import queries as selectors
from training.miniatures.forms import RecordForm
from web.errors import Refusal
from web.http.htmx import is_htmx
from web.http.pagination import numbered_page

if TYPE_CHECKING:
    from jobs.models import Job
    from training.models import Miniature


@require_safe
def index(request: HttpRequest, slug: str) -> HttpResponse:
    task = task_or_404(member_of(request), slug)
    context = {
        "task": task,
        "section": "miniatures",
        "page": numbered_page(selectors.listed(member_of(request), task=task), request.GET.get("page")),
        "may_ask": may_ask(member_of(request), task),
    }
    return render(request, "training/miniatures.html", context)


@require_safe
def detail(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = selectors.miniature_or_404(member_of(request), miniature_id)
    job = _writing(miniature, request)
    facts = written_text.facts_of(job) if job else written_text.example_facts(miniature)
    form = RecordForm(miniature.run.task_version.spec, initial=facts)
    return render(request, "training/miniature.html", _context(request, miniature, form, job=job))


@require_POST
def write(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = selectors.miniature_or_404(member_of(request), miniature_id)
    form = RecordForm(miniature.run.task_version.spec, request.POST)
    try:
        job = writing.request_text(miniature, record=form.record(), by=member_of(request))
    except Refusal as refusal:
        if is_htmx(request):
            return render(request, "training/_writing.html", {"miniature": miniature, "refusal": refusal})
        context = _context(request, miniature, form, refusal=refusal)
        return render(request, "training/miniature.html", context, status=refusal.status)
    if is_htmx(request):
        return render(request, "training/_writing.html", written_text.context(miniature, job))
    return redirect(f"{request.path.removesuffix('write/')}?writing={job.pk}#writing")


@require_safe
def writing_part(request: HttpRequest, miniature_id: UUID, job_id: UUID) -> HttpResponse:
    miniature = selectors.miniature_or_404(member_of(request), miniature_id)
    job = selectors.writing_or_404(miniature, job_id)
    return render(request, "training/_writing.html", written_text.context(miniature, job))


@require_safe
def archive(request: HttpRequest, miniature_id: UUID) -> HttpResponseBase:
    miniature = selectors.miniature_or_404(member_of(request), miniature_id)
    return zip_stream.answer(request, zip_stream.archive(miniature))


def _writing(miniature: Miniature, request: HttpRequest) -> Job | None:
    job_id = request.GET.get("writing")
    if not job_id or is_withheld(member_of(request), miniature.task):
        return None
    try:
        return selectors.writing_or_404(miniature, UUID(job_id))
    except ValueError:
        return None


def _context(
    request: HttpRequest,
    miniature: Miniature,
    form: RecordForm,
    *,
    job: Job | None = None,
    refusal: Refusal | None = None,
) -> dict[str, Any]:
    costs = cost.miniature_costs(miniature)
    withheld = is_withheld(member_of(request), miniature.task)
    return {
        "task": miniature.task,
        "section": "miniatures",
        "miniature": miniature,
        "run": miniature.run,
        "summary": miniature.summary,
        "lineage": lineage.miniature_lineage(miniature),
        "cost": costs.own,
        "with_starts": costs.with_starts,
        "mails": selectors.mails_of(member_of(request), miniature),
        "form": form,
        "refusal": refusal,
        "is_withheld": withheld,
        "may_write": may(member_of(request), miniature.task, Role.REVIEWER) and not withheld,
        **(written_text.context(miniature, job) if job else {}),
    }
