"""The page of a task's rounds: one button, the progress of the round under way, and what the last one came to."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from evaluation.rounds import queries, start_round
from members.session import member_of
from review.states import Role
from review.tasks.permissions import may, may_ask, task_or_404
from training.runs.run_request import why_no_classifier
from web.errors import Refusal


@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, slug: str) -> HttpResponse:
    task, refusal = task_or_404(member_of(request), slug), None
    if request.method == "POST":
        try:
            start_round.start(task, by=member_of(request))
            return redirect("evaluation:round", task.slug)
        except Refusal as error:
            refusal = error
    context = {
        "task": task,
        "section": "training",
        "round": queries.last(task),
        "refusal": refusal,
        "why_not": why_no_classifier(task),
        "may_lead": may(member_of(request), task, Role.LEAD),
        "may_ask": may_ask(member_of(request), task),
    }
    return render(request, "evaluation/round.html", context, status=refusal.status if refusal else 200)
