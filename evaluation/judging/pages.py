"""The pages that give an evaluation's answers to a judge: each by itself, or two systems' side by side."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from evaluation.evaluations.queries import evaluation_or_404
from evaluation.judging import answers
from generation.judges.pages import comparison_page, comparison_price_part, price_part, subject_page
from members.session import member_of


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    subject = answers.labelled_subject_of(evaluation_or_404(member_of(request), evaluation_id))
    return subject_page(
        request,
        subject,
        section="evaluation",
        price_url=reverse("evaluation:judge-price", args=[evaluation_id]),
        compare_url=reverse("evaluation:compare", args=[evaluation_id]),
        compare_says="Compare two systems",
    )


@require_POST
def price(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    return price_part(request, answers.subject_of(evaluation_or_404(member_of(request), evaluation_id)))


@require_http_methods(["GET", "HEAD", "POST"])
def compare(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    evaluation = evaluation_or_404(member_of(request), evaluation_id)
    return comparison_page(
        request,
        evaluation.task,
        partial(answers.labelled_pairs_of, evaluation),
        answers.systems_of(evaluation),
        section="evaluation",
        price_url=reverse("evaluation:compare-price", args=[evaluation_id]),
        compare_url=reverse("evaluation:judge", args=[evaluation_id]),
        compare_says="Judge each answer by itself",
    )


@require_POST
def compare_price(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    evaluation = evaluation_or_404(member_of(request), evaluation_id)
    return comparison_price_part(request, evaluation.task, partial(answers.pairs_of, evaluation))
