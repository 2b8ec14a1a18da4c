"""Pages of exports: the files of a version, how to pull them, and sending them to a hub."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from members.reauthentication import require_recent
from members.session import member_of
from review.forms.exports import PushForm
from review.permissions import may
from review.selectors import datasets as selectors
from review.selectors import export_table
from review.selectors import versions as version_selectors
from review.services import pushing
from review.states import Role
from web.errors import Refusal
from web.forms import show_refusal


@require_http_methods(["GET", "POST"])
def version_export(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    member = member_of(request)
    dataset = selectors.dataset_or_404(member, slug)
    version = version_selectors.by_number_or_404(dataset, number)
    form = PushForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        chosen = dict(form.cleaned_data)
        chosen["formats"] = tuple(chosen["formats"])
        try:
            job = pushing.push(version, by=member, **chosen)
            messages.success(request, "The version is on its way to the hub.")
            return redirect("jobs:detail", job_id=job.pk)
        except Refusal as refusal:
            show_refusal(form, refusal)
    context = {
        "task": dataset.task,
        "section": "datasets",
        "dataset": dataset,
        "version": version,
        "lines": export_table.lines(version),
        "labels": version.counts.get("labels", {}),
        "pairs": version.counts.get("pairs", {}),
        "form": form,
        "may_lead": may(member, dataset.task, Role.LEAD),
        "site": _site(request),
    }
    return render(request, "review/exports/version.html", context, status=422 if form.errors else 200)


@require_GET
def snippets(request: HttpRequest) -> HttpResponse:
    """A part of the tokens page: how to pull the newest version with a token."""
    version = export_table.newest_frozen(member_of(request))
    return render(request, "review/exports/_snippets.html", {"version": version, "site": _site(request)})


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")
