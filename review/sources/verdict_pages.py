"""The page on which an export of verdicts is matched: columns, what its words mean, and who its reviewers are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from members.session import member_of
from review.sources.forms import (
    DetailsForm,
    ReadingForm,
    defaults_from,
    mapping_rows,
    offer,
    reviewers_from,
    unfilled,
    verdicts_from,
)
from review.sources.imports import uploads
from review.sources.imports.verdicts import REVIEWER, JudgedPreview, import_decisions, read_judged_preview
from review.sources.pages import import_summary
from review.states import Role, SourceKind
from review.tasks import team
from review.tasks.permissions import task_or_404
from review.tasks.queries import latest_version
from web.errors import Refusal

MEANINGS = (("accept", "accept"), ("edit", "edit"), ("reject", "reject"), ("leave_out", "leave the row out"))
REVIEWERS_SHOWN = 200


@require_http_methods(["GET", "HEAD", "POST"])
def columns(request: HttpRequest, slug: str, name: str) -> HttpResponse:
    member = member_of(request)
    task = task_or_404(member, slug, least=Role.LEAD)
    filename, post = request.GET.get("filename", ""), request.POST.dict()
    try:
        path = uploads.path_of(name)
    except Refusal as gone:
        messages.error(request, f"{gone.message} {gone.hint}")
        return redirect("review:import", task.slug)
    spec, refusal = latest_version(task).spec, None
    form = DetailsForm(request.POST or None, initial={"name": filename.rsplit(".", 1)[0]})
    reading = ReadingForm(request.POST or request.GET)
    chosen: dict[str, Any] = {"choices": reading.choices()}
    try:
        shown = read_judged_preview(path, spec=spec, task=task, **chosen)
    except Refusal as unread:
        refusal, chosen = unread, {}
        shown = read_judged_preview(path, spec=spec)
    if request.method == "POST" and refusal is None:
        chosen |= {
            "mapping": reading.mapping(post, shown.preview),
            "defaults": defaults_from(post),
            "verdicts": verdicts_from(post),
        }
        shown = read_judged_preview(path, spec=spec, task=task, **chosen)
        if post.get("do") == "import" and form.is_valid():
            try:
                result = import_decisions(
                    task,
                    path,
                    by=member,
                    filename=filename,
                    reviewers=reviewers_from(post),
                    **chosen,
                    **form.cleaned_data,
                )
            except Refusal as error:
                refusal = error
            else:
                uploads.drop_upload(name)
                words = import_summary(result.rows_added, result.rows_known, result.rows_bad, SourceKind.DECISIONS)
                messages.success(request, words)
                return redirect("review:source", result.source.pk)
    lacking = unfilled(shown.preview, chosen.get("defaults", {}))
    context = {
        "task": task,
        "section": "sources",
        "filename": filename,
        "seen": shown,
        "file": shown.preview,
        "rows": mapping_rows(shown.preview),
        "unfilled": lacking,
        "is_fact_missing": any(line["is_required"] and not line["value"] for line in lacking),
        "offer": offer(shown.good, shown.preview.rows_bad, refusal),
        "reading": reading,
        "form": form,
        "refusal": refusal,
        "meanings": MEANINGS,
        "team": team.team_of(member, task),
        "reviewers": _reviewers(shown, reviewers_from(post)),
        "needs_reviewer": REVIEWER not in shown.preview.mapping.values(),
        "one_reviewer": chosen.get("defaults", {}).get(REVIEWER, ""),
    }
    return render(request, "review/sources/judged.html", context, status=refusal.status if refusal else 200)


def _reviewers(preview: JudgedPreview, chosen: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {"name": name, "count": count, "username": chosen.get(name, "")}
        for name, count in preview.reviewers[:REVIEWERS_SHOWN]
    ]
