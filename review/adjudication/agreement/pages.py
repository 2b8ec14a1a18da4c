"""The page on which the team of a task sees how far they agree."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from members.session import member_of
from review.adjudication import agreement
from review.adjudication.agreement import AgreementReport, figures
from review.desk import lead_queue
from review.states import Role
from review.tasks.permissions import may, task_or_404


@require_safe
def page(request: HttpRequest, slug: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug)
    is_lead = may(member, task, Role.LEAD)
    report = agreement.report(task)
    context = {
        **lead_queue.tabs(member, task),
        "is_lead": is_lead,
        "report": report,
        "enough": agreement.ENOUGH,
        "lines": [{"of": line, "words": figures.of_figures(line)} for line in report.lines],
        "pairs": [
            {
                "of": pair,
                "one": report.names.get(pair.one, "?"),
                "other": report.names.get(pair.other, "?"),
                "words": figures.of_pair(pair),
            }
            for pair in report.pairs
            if is_lead or member.pk in (pair.one, pair.other)
        ],
        "weeks": _weeks(report),
        "weeks_words": figures.of_weeks(len(report.weeks)),
    }
    return render(request, "review/agreement/index.html", context)


def _weeks(report: AgreementReport) -> dict[str, Any]:
    rows = [
        {
            "name": f"{week.monday:%-d %b %Y}",
            "value": week.alpha.value,
            "lo": week.alpha.low,
            "hi": week.alpha.high,
            "n": week.alpha.units,
            "colour": 1,
        }
        for week in report.weeks
    ]
    return {"rows": rows, "x": {"label": "Krippendorff's alpha of the verdict", "zero": True}}
