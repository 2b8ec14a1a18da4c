"""The page that gives an evaluation's answers to a judge."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST

from evaluation.evaluations.queries import evaluation_or_404
from evaluation.judging import answers
from generation.judges.pages import price_part, subject_page
from members.session import member_of


@require_http_methods(["GET", "HEAD", "POST"])
def judge(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    subject = answers.subject_of(evaluation_or_404(member_of(request), evaluation_id))
    price_url = reverse("evaluation:judge-price", args=[evaluation_id])
    return subject_page(request, subject, section="evaluation", price_url=price_url)


@require_POST
def price(request: HttpRequest, evaluation_id: UUID) -> HttpResponse:
    return price_part(request, answers.subject_of(evaluation_or_404(member_of(request), evaluation_id)))
