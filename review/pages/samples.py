"""The sample file on the import page: to be downloaded, or taken in by one click."""

from __future__ import annotations

from django.contrib import messages
from django.http import FileResponse, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.pages.import_words import said
from review.permissions import require, task_or_404
from review.samples import COMPANIES
from review.services.imports import import_records, uploads
from review.states import Role, SourceKind
from web.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def companies(request: HttpRequest, slug: str) -> HttpResponseBase:
    member = member_of(request)
    task = task_or_404(member, slug)
    if request.method != "POST":
        return FileResponse(COMPANIES.path.open("rb"), as_attachment=True, filename=COMPANIES.filename)
    require(member, task, Role.LEAD)
    try:
        result = import_records(
            task, COMPANIES.path, by=member, filename=COMPANIES.filename, name=COMPANIES.name,
            provenance=COMPANIES.provenance,
        )  # fmt: skip
    except Refusal as refusal:
        return _match_by_hand(request, slug, refusal)
    messages.success(request, said(result.rows_added, result.rows_known, result.rows_bad, SourceKind.RECORDS))
    return redirect("review:source", result.source.pk)


def _match_by_hand(request: HttpRequest, slug: str, refusal: Refusal) -> HttpResponse:
    """A task with facts of its own cannot guess what the columns are for; its lead can say so on the next page."""
    messages.warning(request, f"{refusal.message} Say which column fills which fact.")
    with COMPANIES.path.open("rb") as file:
        name = uploads.keep(iter(lambda: file.read(2**16), b""))
    query = urlencode({"kind": SourceKind.RECORDS.value, "filename": COMPANIES.filename})
    return redirect(f"{reverse('review:import-columns', args=[slug, name])}?{query}")
