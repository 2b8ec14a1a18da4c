"""Pages of web research: order it, watch it, and read what was stored of a record's pages."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from generation.research import launch
from generation.research import queries as selectors
from generation.research.forms import ResearchForm
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, require, task_or_404
from web.http.form_errors import submit


@require_http_methods(["GET", "HEAD", "POST"])
def research_list(request: HttpRequest, slug: str) -> HttpResponse:
    member, task = member_of(request), task_or_404(member_of(request), slug)
    may_lead, status = may(member, task, Role.LEAD), 200
    if request.method == "POST":
        require(member, task, Role.LEAD)
    form = ResearchForm(
        request.POST or None,
        sources=selectors.startable_sources(member),
        facts=selectors.given_facts(task),
        can_search=bool(settings.RESEARCH_SEARCH_URL),
    )
    if request.method == "POST":
        made, status = submit(form, lambda _: launch.launch(task, by=member, **form.order()))
        if made is not None:
            return redirect("generation:research", made.pk)
    context = {
        "task": task,
        "section": "sources",
        "form": form,
        "orders": selectors.of_task(member, task)[: selectors.LISTED],
        "may_lead": may_lead,
        "has_place": selectors.accepts_pages(task),
        "contact": settings.RESEARCH_CONTACT,
    }
    return render(request, "generation/research.html", context, status=status)


@require_safe
def research_page(request: HttpRequest, research_id: UUID) -> HttpResponse:
    research = selectors.get(member_of(request), research_id)
    context = {
        "task": research.task,
        "section": "sources",
        "research": research,
        "job": research.job,
        "figures": selectors.counts_of(research),
        "sites": selectors.sites(research),
    }
    return render(request, "generation/research_order.html", context)


@require_safe
def record_pages(request: HttpRequest, record_id: UUID) -> HttpResponse:
    record, pages = selectors.pages_of(member_of(request), record_id)
    context = {"task": record.task, "section": "sources", "record": record, "pages": pages}
    return render(request, "generation/research_pages.html", context)
