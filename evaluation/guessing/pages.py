"""The page of ten blind pairs."""

from __future__ import annotations

from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from evaluation.evaluations import queries
from evaluation.guessing import guessing
from members.session import member_of


@require_http_methods(["GET", "HEAD", "POST"])
def guess(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    member = member_of(request)
    evaluation = queries.evaluation_or_404(member, evaluation_id)
    queries.require_texts(member, evaluation.task)
    if not guessing.fits(evaluation):
        raise Http404("This evaluation has no texts of a miniature and its teacher.")
    pairs = guessing.pairs_of(evaluation, member)
    choices = {pair.key: request.POST.get(pair.key, "") for pair in pairs}
    result = guessing.read(choices, pairs) if request.method == "POST" else None
    context = {
        "task": evaluation.task,
        "section": "evaluation",
        "evaluation": evaluation,
        "pairs": [(pair, choices[pair.key]) for pair in pairs],
        "result": result,
        "is_incomplete": request.method == "POST" and result is None,
    }
    return render(request, "evaluation/guess.html", context, status=422 if context["is_incomplete"] else 200)
