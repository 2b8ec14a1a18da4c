"""Pages of a miniature's formats: what there is, ordering one, downloading it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from members.recent_login.reauthentication import require_recent
from members.session import member_of
from review.datasets.forms import HubForm
from review.sources.judge_records.queries import is_withheld
from review.states import Role
from review.tasks.permissions import may
from training.exports import formats, hub_push
from training.miniatures import queries, zip_stream
from web.errors import Refusal
from web.http.form_errors import submit


class MiniatureHubForm(HubForm):
    """Destination on a hub, and the hash of the preview that the member read."""

    sha256 = forms.CharField(max_length=64)

    def __init__(self, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.fields["private"].help_text = "A repository that is public already is refused."


@require_http_methods(["GET", "HEAD", "POST"])
def exports(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    refusal = None
    if request.method == "POST":
        try:
            formats.request_export(miniature, format=request.POST.get("format", ""), by=member_of(request))
        except Refusal as error:
            refusal = error
        else:
            return redirect("training:miniature-exports", miniature_id=miniature.pk)
    withheld = is_withheld(member_of(request), miniature.task)
    context: dict[str, Any] = {
        "task": miniature.task,
        "section": "miniatures",
        "miniature": miniature,
        "offers": formats.export_options(miniature),
        "may_export": may(member_of(request), miniature.task, Role.LEAD) and not withheld,
        "is_withheld": withheld,
        "refusal": refusal,
    }
    return render(request, "training/exports.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def send_to_hub(request: HttpRequest, miniature_id: UUID, target: str) -> HttpResponse:
    member = member_of(request)
    miniature = queries.miniature_or_404(member, miniature_id)
    preview = hub_push.preview(miniature, target=target, by=member)
    form = MiniatureHubForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        require_recent(request)
        job, _ = submit(form, lambda values: hub_push.push(miniature, target=target, by=member, **values))
        if job:
            messages.success(request, "The miniature is on its way to the hub.")
            return redirect("jobs:detail", job_id=job.pk)
    context = {
        "task": miniature.task,
        "section": "miniatures",
        "miniature": miniature,
        "preview": preview,
        "form": form,
    }
    return render(request, "training/hub.html", context, status=422 if form.errors else 200)


@require_safe
def download(request: HttpRequest, miniature_id: UUID, target: str) -> HttpResponseBase:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    export = formats.ready_or_404(miniature, target)
    return zip_stream.answer(request, zip_stream.exported(export))
