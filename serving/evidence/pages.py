"""The page of a miniature's evidence files: how each stands, having one made, downloading it."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe

from members.session import member_of
from serving.evidence import files
from serving.evidence.download import response
from training.miniatures import queries
from web.errors import Refusal

if TYPE_CHECKING:
    from training.models import Miniature


@require_http_methods(["GET", "HEAD", "POST"])
def evidence(request: HttpRequest, miniature_id: UUID) -> HttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    refusal = None
    if request.method == "POST":
        try:
            files.request_file(miniature, with_rows=request.POST.get("rows") == "1", by=member_of(request))
        except Refusal as error:
            refusal = error
        else:
            return redirect("serving:evidence", miniature_id=miniature.pk)
    return _page(request, miniature, refusal)


@require_safe
def download(request: HttpRequest, miniature_id: UUID) -> HttpResponse | StreamingHttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    try:
        return response(miniature, with_rows=request.GET.get("rows") == "1", by=member_of(request))
    except Refusal as refusal:
        return _page(request, miniature, refusal)


def _page(request: HttpRequest, miniature: Miniature, refusal: Refusal | None) -> HttpResponse:
    context = {
        "task": miniature.task,
        "section": "miniatures",
        "miniature": miniature,
        "files": files.both(miniature),
        "days": files.KEPT.days,
        "refusal": refusal,
    }
    return render(request, "serving/evidence.html", context, status=refusal.status if refusal else 200)
