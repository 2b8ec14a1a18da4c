"""A text of a draft or a fact of its record as plain text: what is too long to be drawn on the desk at once."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_GET

from members.session import member_of
from review.checks.mends import text_at
from review.passages import offer_lines, written
from review.selectors import desk


@require_GET
def draft_text(request: HttpRequest, draft_id: UUID) -> HttpResponse:
    """`?path=body` of the draft, or `?fact=page` of its record."""
    draft = desk.draft_or_404(member_of(request), draft_id)
    spec, path, fact = draft.task_version.spec, request.GET.get("path", ""), request.GET.get("fact", "")
    if path.split(".")[0] in {field.name for field in spec.output_schema}:
        text = text_at(draft.fields, path)
    elif fact in {field.name for field in spec.input_schema}:
        text = written(draft.record.facts.get(fact))
    elif fact:
        text = dict(offer_lines(spec.offer)).get(fact, "")
    else:
        raise Http404("There is no such text.")
    return HttpResponse(
        text,
        content_type="text/plain; charset=utf-8",
        headers={"X-Content-Type-Options": "nosniff", "Cache-Control": "private, no-store"},
    )
