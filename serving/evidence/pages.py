"""The evidence file of a miniature, for a browser."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, StreamingHttpResponse
from django.views.decorators.http import require_GET

from members.session import member_of
from serving.evidence import make
from serving.evidence.download import response
from training.miniatures import queries


@require_GET
def download(request: HttpRequest, miniature_id: UUID) -> StreamingHttpResponse:
    miniature = queries.miniature_or_404(member_of(request), miniature_id)
    file = make.make(miniature, by=member_of(request), with_rows=request.GET.get("rows") == "1")
    return response(file, miniature)
