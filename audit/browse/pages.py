"""The trail's page under Settings, and the same as a file."""

from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from audit.browse import queries
from audit.browse.queries import TrailFilter, require_admin, trail_csv
from audit.seals import queries as seals_queries
from audit.trail import ACTS
from web.whole_numbers import whole_number


class TrailFilterForm(forms.Form):
    act = forms.ChoiceField(
        label="Action",
        required=False,
        choices=[("", "All actions"), *ACTS.items()],
        widget=forms.Select(attrs={"aria-label": "Action"}),
    )
    who = forms.CharField(label="Who", max_length=150, required=False)
    subject = forms.CharField(label="Id of the object", max_length=64, required=False)
    since = forms.DateField(label="From", required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label="To", required=False, widget=forms.DateInput(attrs={"type": "date"}))

    @property
    def asked(self) -> TrailFilter:
        """Filter of the submitted form. An invalid field filters nothing and shows its error."""
        self.full_clean()
        chosen = {name: value for name, value in self.cleaned_data.items() if value}
        return TrailFilter(**chosen)


@require_safe
def index(request: HttpRequest) -> HttpResponse:
    require_admin(request.user)
    form = TrailFilterForm(request.GET)
    criteria, before = form.asked, request.GET.get("before", "")
    lines, following = queries.page(criteria, before=whole_number(before, otherwise=None))
    context = {
        "section": "settings",
        "tab": "audit",
        "form": form,
        "lines": lines,
        "next": following,
        "is_first": not before,
        "is_narrowed": criteria != queries.TrailFilter(),
        "seal": seals_queries.last_seal(),
    }
    return render(request, "audit/index.html", context)


@require_safe
def csv_file(request: HttpRequest) -> StreamingHttpResponse:
    require_admin(request.user)
    lines = trail_csv(queries.all_lines(TrailFilterForm(request.GET).asked))
    answer = StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer
