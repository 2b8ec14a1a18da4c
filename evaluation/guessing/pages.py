"""The page of ten blind pairs, one at a time; the form carries the choices so far."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from evaluation.evaluations import queries
from evaluation.guessing import guessing
from members.session import member_of
from web.http.htmx import is_htmx


@require_http_methods(["GET", "HEAD", "POST"])
def guess(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    member = member_of(request)
    evaluation = queries.evaluation_or_404(member, evaluation_id)
    may_see = queries.may_see_texts(member, evaluation.task)
    pairs = guessing.pairs_of(evaluation, member) if may_see and guessing.fits(evaluation) else []
    choices = {pair.key: side for pair in pairs if (side := request.POST.get(pair.key)) in guessing.SIDES}
    if "back" in request.POST and choices:
        choices.popitem()
    result = guessing.read(choices, pairs)
    if result:
        guessing.keep(member, result)
    context = {
        "task": evaluation.task,
        "section": "evaluation",
        "evaluation": evaluation,
        "pairs": [(pair, choices.get(pair.key, "")) for pair in pairs],
        "pair": next((pair for pair in pairs if pair.key not in choices), None),
        "number": len(choices) + 1,
        "result": result,
        "may_see": may_see,
    }
    return render(request, "evaluation/_guess.html" if is_htmx(request) else "evaluation/guess.html", context)
