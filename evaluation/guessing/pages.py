"""The page of ten blind pairs."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from evaluation.evaluations import queries
from evaluation.guessing import guessing
from members.session import member_of


@require_http_methods(["GET", "HEAD", "POST"])
def guess(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    member = member_of(request)
    evaluation = queries.evaluation_or_404(member, evaluation_id)
    may_see = queries.may_see_texts(member, evaluation.task)
    pairs = guessing.pairs_of(evaluation, member) if may_see and guessing.fits(evaluation) else []
    choices = {pair.key: request.POST.get(pair.key, "") for pair in pairs}
    result = guessing.read(choices, pairs) if request.method == "POST" else None
    if result:
        guessing.keep(member, result)
    context = {
        "task": evaluation.task,
        "section": "evaluation",
        "evaluation": evaluation,
        "pairs": [(pair, choices[pair.key]) for pair in pairs],
        "result": result,
        "may_see": may_see,
        "is_incomplete": request.method == "POST" and result is None,
    }
    return render(request, "evaluation/guess.html", context, status=422 if context["is_incomplete"] else 200)
