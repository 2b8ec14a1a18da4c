"""The trail's page under Settings, and the same as a file."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from audit import selectors
from audit.csv_lines import lines_of
from audit.forms import FilterForm
from audit.permissions import require_admin


@never_cache
@require_safe
def index(request: HttpRequest) -> HttpResponse:
    require_admin(request.user)
    form = FilterForm(request.GET)
    asked, before = form.asked, request.GET.get("before", "")
    lines, following = selectors.page(asked, before=int(before) if before.isdecimal() else None)
    context = {
        "section": "settings", "tab": "audit", "form": form, "lines": lines, "next": following,
        "is_first": not before, "is_narrowed": asked != selectors.Asked(), "seal": selectors.last_seal(),
    }  # fmt: skip
    return render(request, "audit/index.html", context)


@never_cache
@require_safe
def csv_file(request: HttpRequest) -> StreamingHttpResponse:
    require_admin(request.user)
    lines = lines_of(selectors.all_lines(FilterForm(request.GET).asked))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer
